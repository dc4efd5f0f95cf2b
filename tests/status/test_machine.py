"""Everything that offices may try with changes, in any order, by anybody: what is true stays true after each step.

`XUEJI_STEPS` says how many steps are tried; without it few, so that an ordinary run stays short. Each commit tries
other ones than the one before, and the same commit the same ones again: its name is the salt of all that is drawn.
`XUEJI_SALT` sets another one.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.factories import AUTHORITIES, SCHOOLS, TODAY, account, actor, school
from tests.status.cases import truth_of
from tests.status.invariants import broken
from tests.status.seniors import SENIOR, SENIOR_SICHUAN, seated, senior_school
from xueji.access.scope import Actor, national
from xueji.config.environment import REPOSITORY
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.status.actions import cases
from xueji.status.rules.kind import Field, Input, Kind, Starter
from xueji.status.rules.kinds import KINDS
from xueji.status.rules.papers import PAPERS
from xueji.status.rules.plans import Plan
from xueji.status.rules.steps import OPEN, STEPS, Act, State


def commit() -> str:
    """Return the name of the commit that is tested; "0" in a copy without its history."""
    told = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    return told.stdout.strip() or "0"


SALT = os.environ.get("XUEJI_SALT") or commit()
STEPS_OF_A_RUN = 40
STEPS_TO_TRY = int(os.environ.get("XUEJI_STEPS", "600"))
PUPILS = 3
# One step in so many is tried by somebody who has nothing to do with it.
WRONG = 4
OWNED = (
    "status_turn", "status_decision", "status_effect", "status_mark", "status_placement", "status_casepaper",
    "status_sealedcopy", "status_tracking", "status_notice", "status_case", "status_paper", "students_identifier",
    "students_familymember", "students_enrolment",
)  # fmt: skip
PEOPLE = (
    *(f"{role}{identifier}" for identifier in (*(one[2] for one in SCHOOLS), SENIOR, SENIOR_SICHUAN) for role in "rl"),
    *(f"{role}{code:06d}" for code in AUTHORITIES for role in "ola"),
)  # fmt: skip

taken = 0
# Accepted acts by kind and act, and refusals by their code: to see that the steps come to something.
seen: Counter[str] = Counter()


class Nation:
    """What all runs share: schools, classes, people. Made once, as it is not what is tried."""

    def __init__(self) -> None:
        primary = [school(one[2]) for one in SCHOOLS]
        self.schools = [*primary, senior_school(), senior_school(SENIOR_SICHUAN)]
        # An office of a chain of one of the provinces, which no other test needs.
        for role in ("officer", "leader"):
            account(f"{role[0]}510100", 510100_000000, role)
        self.people = [actor(name) for name in (*PEOPLE, "o510100", "l510100")]
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                """SELECT c.id, c.place, g.number FROM organisations_class c
                   JOIN organisations_grade g ON g.id = c.grade_id ORDER BY c.id"""
            )
            self.classes: list[tuple[int, int, int]] = cursor.fetchall()
        self.identifiers = [one.identifier for one in self.schools]

    def at(self, place: int, role: str) -> Actor:
        """Return who has this role at an office."""
        return next(one for one in self.people if (one.place, one.role.value) == (place, role))


class Changes(RuleBasedStateMachine):
    """Pupils, their cases, and a calendar that goes on."""

    nation: Nation

    @initialize(seed=st.integers(0, 2**16))
    def enrol(self, seed: int) -> None:
        drawn = random.Random(f"{SALT} {seed}")
        self.today, self.steps = TODAY, 0
        self.cases: list[UUID] = []
        self.accepted: dict[UUID, int] = {}
        # What was true of the pupil before and after an effect, until it is undone.
        self.effects: dict[UUID, tuple[Any, Any]] = {}
        self.filings: dict[UUID, tuple[Any, Any]] = {}
        self.pupils: list[UUID] = []
        for n in range(PUPILS):
            at = drawn.choice(self.nation.schools)
            grade = drawn.choice([11, 12] if at.kind == "342" else [7, 8] if at.kind == "311" else [1, 2])
            pupil = seated(f"测{chr(0x4E00 + n)}", at, grade=grade)
            self.pupils.append(pupil)
            self.give_papers(pupil, at.place)

    def give_papers(self, pupil: UUID, place: int) -> None:
        with connections["owner"].cursor() as cursor:
            for paper in PAPERS:
                cursor.execute(
                    """INSERT INTO status_paper (student_id, id, place, kind, file_name, media_type, sha256, size,
                           content, office, filed_by, filed_on)
                       VALUES (%s, %s, %s, %s, 'a.pdf', 'application/pdf', %s, 1, 'x', %s, 0, %s)""",
                    [pupil, uuid7.new(), place, paper.kind, paper.kind, place, TODAY],
                )

    def teardown(self) -> None:
        """Every case that is still open can be closed; then the pupils leave."""
        if not hasattr(self, "pupils"):
            return
        self.every_case_can_end()
        with connections["owner"].cursor() as cursor:
            for table in OWNED:
                cursor.execute(f"DELETE FROM {table} WHERE student_id = ANY(%s)", [self.pupils])
            cursor.execute("DELETE FROM students_student WHERE id = ANY(%s)", [self.pupils])
            cursor.execute("DELETE FROM students_headcount")

    def every_case_can_end(self) -> None:
        for case_id in self.cases:
            for _ in range(10):
                row = self.row(case_id)
                if row["state"] not in OPEN:
                    break
                if row["effect_on"] is None:
                    self.accept(case_id, cases.withdraw, by=self.starter_of(row))
                else:
                    self.accept(case_id, cases.approve, by=self.decider_of(row))
            assert self.row(case_id)["state"] not in OPEN
        assert broken() == []

    @rule(seed=st.integers(0, 2**64))
    def try_something(self, seed: int) -> None:
        """Let somebody try one act, filings and approvals more often than the rest: they carry cases on."""
        self.steps += 1
        drawn = random.Random(f"{SALT} {seed} {self.steps}")
        weights = {
            self.file: 5, self.approve: 9, self.refuse: 1, self.send_back: 1, self.answer: 2, self.withdraw: 1,
            self.undo: 2, self.release: 1, self.wait: 2,
        }  # fmt: skip
        (act,) = drawn.choices(list(weights), weights=list(weights.values()))
        act(drawn.randrange(2**32))

    # Filing ------------------------------------------------------------------------------

    def file(self, seed: int) -> None:
        drawn = random.Random(seed)
        # Most of what is drawn cannot be filed: look ahead a few times for something that can.
        for _ in range(6):
            pupil, kind, typed, by, given = self.something_to_file(drawn)
            try:
                ahead = cases.look_ahead(
                    kind, pupil, typed, by=by, today=self.today, papers=[one[1] for one in given]
                )
                is_clear = not ahead.faults and not ahead.stops
            except Refused:
                is_clear = False
            if is_clear:
                break
        before, was, found = self.fingerprint(), truth_of(pupil), None
        try:
            filed = cases.file_case(
                kind.code, pupil, typed, by=by, today=self.today, paper_ids=[one[0] for one in given]
            )
        except Refused as refused:
            found = refused
        seen[why(kind.code, found) if found else f"{kind.code} file"] += 1
        assert is_clear == (found is None), found
        if found is not None:
            assert self.fingerprint() == before
            return
        assert filed.state is (State.WAITING if filed.waits_for else State.WITH_DESK)
        if truth_of(pupil) != was:
            self.filings[filed.id] = (was, truth_of(pupil))
        self.cases.append(filed.id)
        self.accepted[filed.id] = 1

    def something_to_file(self, drawn: random.Random) -> tuple[UUID, Kind, dict[str, Any], Actor, list[Any]]:
        """Return a pupil, a kind, what is stated, who files, and the papers."""
        pupil, kind = drawn.choice(self.pupils), drawn.choice(KINDS)
        place, grade = self.place_of(pupil)
        fitting = [at for _id, at, number in self.nation.classes if number == grade and at != place]
        target = drawn.choice(fitting if fitting else self.nation.classes[0][1:2])
        typed = {
            field.key: self.typed(field, kind, place, target, grade, drawn)
            for field in kind.fields
            if field.is_required or drawn.random() < 2 / len(kind.fields)
        }
        by = self.filer(kind, place, target, drawn)
        return pupil, kind, typed, by, self.papers_of(pupil) if drawn.random() < 0.9 else []

    def typed(
        self, field: Field, kind: Kind, place: int, target: int, grade: int, drawn: random.Random
    ) -> Any:
        """Return something that somebody might state: often sensible, sometimes not."""
        match field.input:
            case Input.CLASS:
                goal = target if kind.starter is Starter.RECEIVING_SCHOOL else place
                near = [id_ for id_, at, number in self.nation.classes if at == goal and number == grade]
                here = [id_ for id_, at, _number in self.nation.classes if at == goal]
                return drawn.choice(near if near and drawn.random() < 0.7 else here)
            case Input.CODE:
                assert field.codes is not None
                return drawn.choice(list(field.codes.by_code))
            case Input.DAY:
                days = (60, 380) if field.key == "until" else (-20, 1)
                return (self.today + timedelta(days=drawn.randint(*days))).isoformat()
            case Input.SCHOOL:
                return drawn.choice(self.nation.identifiers)
            case Input.NUMBER:
                return str(drawn.choice([0, 3, 20, 60]))
            case Input.YES:
                return drawn.choice(["1", "0"])
            case _:
                return drawn.choice(["说明", "王测试", "330902", "1"])

    def filer(self, kind: Kind, place: int, target: int, drawn: random.Random) -> Actor:
        if drawn.randrange(WRONG) == 0:
            return drawn.choice(self.nation.people)
        match kind.starter:
            case Starter.RECEIVING_SCHOOL:
                return self.nation.at(target, "registrar")
            case Starter.AUTHORITY:
                return self.nation.at(place // 10**6 * 10**6, "officer")
            case _:
                return self.nation.at(place, "registrar")

    # Moving ------------------------------------------------------------------------------

    def approve(self, seed: int) -> None:
        case_id, by, version = self.drawn(seed, self.decider_of)
        if case_id is None:
            return
        try:
            ahead = cases.foresee(case_id, by=by, today=self.today).plan
        except Refused:
            ahead = None
        before, was = truth_of(self.pupil_of(case_id)), self.row(case_id)
        if self.tried(case_id, cases.approve, by=by, version=version, is_foreseen=ahead is not None):
            now = self.row(case_id)
            if now["effect_on"] is not None and was["effect_on"] is None:
                assert ahead is not None
                self.compare(ahead, case_id)
                # What filing wrote is taken back too.
                earlier, filed = self.filings.get(case_id, (before, before))
                if before == filed:
                    self.effects[case_id] = (earlier, truth_of(self.pupil_of(case_id)))
            elif was["effect_on"] is None:
                assert truth_of(self.pupil_of(case_id)) == before

    def refuse(self, seed: int) -> None:
        case_id, by, version = self.drawn(seed, self.decider_of)
        if case_id is None:
            return
        reasons = [one.code for one in cases.kind_of(self.row(case_id)["kind"]).refusals]
        reason = random.Random(seed).choice([*reasons, "没有名额"])
        self.tried(case_id, cases.refuse, by=by, version=version, reason_code=reason)

    def send_back(self, seed: int) -> None:
        case_id, by, version = self.drawn(seed, self.decider_of)
        if case_id is not None:
            reason = "请补正" if seed % 5 else " "
            self.tried(case_id, cases.send_back, by=by, version=version, reason=reason)

    def answer(self, seed: int) -> None:
        case_id, by, version = self.drawn(seed, self.starter_of)
        if case_id is not None:
            self.tried(case_id, cases.answer, by=by, version=version)

    def withdraw(self, seed: int) -> None:
        case_id, by, version = self.drawn(seed, self.starter_of)
        if case_id is not None:
            self.tried(case_id, cases.withdraw, by=by, version=version)

    def undo(self, seed: int) -> None:
        case_id, by, version = self.drawn(seed, self.undoer_of, among=list(self.effects))
        if case_id is None:
            return
        pupil = self.pupil_of(case_id)
        now = truth_of(pupil)
        before, after = self.effects[case_id]
        if self.tried(case_id, cases.undo, by=by, version=version, reason="误办"):
            del self.effects[case_id]
            if now == after:
                assert truth_of(pupil) == before

    def release(self, seed: int) -> None:
        case_id, _by, _version = self.drawn(seed, self.starter_of)
        if case_id is not None:
            cases.release(case_id, today=self.today)

    def wait(self, seed: int) -> None:
        days = (1, 3, 8, 40)[seed % 4]
        self.today = min(self.today + timedelta(days=days), date(2027, 6, 1))

    @invariant()
    def what_is_true_stays_true(self) -> None:
        global taken
        taken += 1
        if not hasattr(self, "pupils"):
            return
        assert broken() == []
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                """SELECT case_id, count(*) FROM status_decision WHERE by <> 0 AND student_id = ANY(%s)
                   GROUP BY case_id""",
                [self.pupils],
            )
            assert dict(cursor.fetchall()) == self.accepted

    # What the steps share ------------------------------------------------------------------

    def drawn(self, seed: int, who: Any, among: list[UUID] | None = None) -> tuple[UUID | None, Any, Any]:
        """Return a case, who acts on it, and the version this person looked at."""
        drawn = random.Random(seed)
        of = self.cases if among is None else among
        if not of:
            return None, None, None
        is_open = self.open_cases() if among is None else of
        case_id = drawn.choice(is_open if is_open and drawn.random() < 0.9 else of)
        row = self.row(case_id)
        by = drawn.choice(self.nation.people) if drawn.randrange(WRONG) == 0 else who(row)
        version = drawn.choice([None, row["version"], row["version"], row["version"] - 1])
        return case_id, by, version

    def tried(self, case_id: UUID, act: Any, *, is_foreseen: bool = False, **said: Any) -> bool:
        """Try an act: it is accepted, or refused and nothing changed. Return whether it was accepted."""
        before, row, found = self.fingerprint(), self.row(case_id), None
        try:
            self.accept(case_id, act, **said)
        except Refused as refused:
            found = refused
        seen[found.code if found else f"{row['kind']} {act.__name__}"] += 1
        if found is not None:
            assert self.fingerprint() == before
            stale = said["version"] not in (None, row["version"])
            assert stale or not is_foreseen, f"foreseen, and refused all the same: {found}"
            return False
        name = Act({"send_back": "return"}.get(act.__name__, act.__name__))
        targets = {step.target for step in STEPS if step.source == row["state"] and step.act is name}
        assert self.row(case_id)["state"] in targets
        return True

    def accept(self, case_id: UUID, act: Any, **said: Any) -> None:
        act(case_id, today=self.today, **said)
        self.accepted[case_id] += 1

    def compare(self, ahead: Plan, case_id: UUID) -> None:
        """The dry run said what the run wrote, ids of new rows and fresh ciphers aside."""
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                """SELECT "table", before IS NULL, after IS NULL, before, after FROM status_effect
                   WHERE case_id = %s AND moment = 'effect' ORDER BY ordinal""",
                [case_id],
            )
            written = [(row[0], row[1], row[2], shape(row[3]), shape(row[4])) for row in cursor.fetchall()]
        foreseen = [
            (one.table.value, one.before is None, one.after is None, shape(one.before), shape(one.after))
            for one in ahead.writes
        ]
        assert written == foreseen

    def starter_of(self, row: dict[str, Any]) -> Actor:
        place = row["starter_place"]
        return self.nation.at(place, "registrar" if place % 10**6 else "officer")

    def decider_of(self, row: dict[str, Any]) -> Actor:
        place = row["desk_place"]
        return self.nation.at(place, "leader" if place % 10**6 else "officer")

    def undoer_of(self, row: dict[str, Any]) -> Actor:
        with national("status") as using:
            undoers = cases.undoers_of(cases.locked(row["id"], using))
        there = [one for one in self.nation.people if one.place in undoers and one.role == "officer"]
        return there[0] if there else self.nation.people[0]

    def open_cases(self) -> list[UUID]:
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "SELECT id FROM status_case WHERE student_id = ANY(%s) AND closed_on IS NULL ORDER BY id",
                [self.pupils],
            )
            return [row[0] for row in cursor.fetchall()]

    def row(self, case_id: UUID) -> dict[str, Any]:
        names = ("id", "kind", "state", "desk_place", "starter_place", "effect_on", "version", "student_id")
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(names)} FROM status_case WHERE id = %s", [case_id])
            return dict(zip(names, cursor.fetchone(), strict=True))

    def pupil_of(self, case_id: UUID) -> UUID:
        return UUID(str(self.row(case_id)["student_id"]))

    def place_of(self, pupil: UUID) -> tuple[int, int]:
        """Return where a pupil is or was, and in which grade."""
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                """SELECT s.place, g.number FROM students_student s JOIN students_enrolment e ON e.student_id = s.id
                   JOIN organisations_class c ON c.id = e.class_of_id JOIN organisations_grade g ON g.id = c.grade_id
                   WHERE s.id = %s ORDER BY e.ended_on DESC NULLS FIRST LIMIT 1""",
                [pupil],
            )
            place, grade = cursor.fetchone()
            return place, grade

    def papers_of(self, pupil: UUID) -> list[tuple[UUID, str]]:
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT id, kind FROM status_paper WHERE student_id = %s", [pupil])
            return cursor.fetchall()

    def fingerprint(self) -> Any:
        """Return what differs after every accepted act."""
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                """SELECT (SELECT coalesce(sum(version), 0) FROM students_student),
                       (SELECT coalesce(sum(version), 0) FROM status_case), (SELECT count(*) FROM status_decision),
                       (SELECT count(*) FROM status_effect), (SELECT count(*) FROM students_enrolment)"""
            )
            return cursor.fetchone()


def why(kind: str, refused: Refused) -> str:
    """Return a refusal in short, with what stood in the way."""
    in_the_way = {one.code for one in refused.obstacles} if isinstance(refused, cases.Stopped) else ()
    return f"{kind}: {' '.join((refused.code, *sorted(in_the_way)))}"


SECRET = ("private", "index", "value")


def shape(image: Any) -> Any:
    """Return a row's image as text, without what is new each time."""
    if isinstance(image, str):
        image = json.loads(image)
    if image is None:
        return None
    return {
        name: json.dumps(value, sort_keys=True, default=str)
        for name, value in image.items()
        if name not in SECRET and name != "id"
    }


@pytest.mark.usefixtures("db")
def test_whatever_is_tried_what_is_true_stays_true() -> None:
    Changes.nation = Nation()
    print(f"salt {SALT}")
    runs = max(1, STEPS_TO_TRY // STEPS_OF_A_RUN)
    run_state_machine_as_test(
        Changes,
        settings=settings(
            max_examples=runs,
            stateful_step_count=STEPS_OF_A_RUN,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate] if "XUEJI_STEPS" in os.environ else tuple(Phase),
        ),
    )
    print(f"{taken} steps, salt {SALT}: {dict(sorted(seen.items()))}")
