"""Changes in one database: transfers over all desks through the actions, a full inbox, a promotion."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from django.utils import timezone

from xueji.access.scope import Actor, national
from xueji.bench.end_to_end import actor_at
from xueji.bench.subjects import COUNTY, signed_in
from xueji.lib.school_years import school_year
from xueji.organisations.queries import authority_of
from xueji.status.actions import cases, papers, promotion
from xueji.status.actions.drafts import drafted
from xueji.status.rules.kinds import BY_CODE

TRANSFER = BY_CODE["transfer"]
REASON = "household"
GRADES = (2, 3, 4, 5, 8)
PAPER = b"%PDF-1.4 made up for a measurement"

# Pupils of schools spread over the nation, each beside a class of the same grade at a school of another county.
PAIRS = """
WITH classes AS (
    SELECT c.id, c.place, g.number AS grade, g.stage,
        row_number() OVER (PARTITION BY g.stage, g.number ORDER BY hashint8(c.id)) AS at,
        count(*) OVER (PARTITION BY g.stage, g.number) AS of
    FROM organisations_class c JOIN organisations_grade g ON g.id = c.grade_id
    JOIN organisations_school l ON l.organisation_id = c.school_id AND l.state = 'open'
    WHERE c.closed_on IS NULL AND g.number = ANY(%(grades)s)
        AND (SELECT sum(h.count) FROM students_headcount h WHERE h.class_of_id = c.id) BETWEEN 5 AND 45
        AND (SELECT count(DISTINCT a.role) FROM access_appointment a WHERE a.place = c.place AND a.until IS NULL
            AND a.role IN ('registrar', 'leader')) = 2
)
SELECT pupil.student_id, one.place, other.id, other.place
FROM classes one JOIN classes other ON other.stage = one.stage AND other.grade = one.grade
    AND other.at = one.at %% one.of + 1 AND other.place / 1000000 <> one.place / 1000000
CROSS JOIN LATERAL (
    SELECT e.student_id FROM students_enrolment e
    WHERE e.class_of_id = one.id AND e.ended_on IS NULL AND e.state = '01'
        AND NOT EXISTS (SELECT 1 FROM status_case k WHERE k.student_id = e.student_id)
        AND NOT EXISTS (SELECT 1 FROM changes_case k WHERE k.student_id = e.student_id AND k.closed_on IS NULL)
    ORDER BY e.student_id LIMIT %(each)s) pupil
ORDER BY hashint8(other.id), pupil.student_id
"""


@dataclass(frozen=True)
class Move:
    """One pupil, the school that has it, and the class that will."""

    student_id: UUID
    sender: int
    class_id: int
    receiver: int

    @property
    def typed(self) -> dict[str, Any]:
        return {"class_id": self.class_id, "reason": REASON}


@cache
def at_desk(place: int, role: str, today: date) -> Actor:
    """Return who acts for an office in a role."""
    return actor_at(place, role, today)


@cache
def authority(place: int) -> int:
    with national("bench") as using:
        return authority_of(place, using=using)


def candidates(*, today: date, each: int = 3) -> Iterator[Move]:
    """Yield moves that the rules let pass today, at most `each` from one class into one other, schools mixed."""
    with national("bench") as using, connections[using].cursor() as cursor:
        cursor.execute(PAIRS, {"grades": list(GRADES), "each": each})
        rows = cursor.fetchall()
    for row in rows:
        move = Move(*row)
        registrar = at_desk(move.receiver, "registrar", today)
        ahead = cases.look_ahead(TRANSFER, move.student_id, move.typed, by=registrar, today=today)
        if not any(one.code != "paper-missing" for one in ahead.obstacles):
            yield move


def with_papers(move: Move, *, today: date) -> list[UUID]:
    """File the papers the transfer asks for and return their ids."""
    by = at_desk(move.receiver, "registrar", today)
    ahead = cases.look_ahead(TRANSFER, move.student_id, move.typed, by=by, today=today)
    needs = TRANSFER.papers(ahead.facts, ahead.payload)
    with drafted(TRANSFER.code, move.student_id, by=by, today=today):
        return [
            papers.file_paper(
                move.student_id, kind=need.kind, file_name="a.pdf", content=PAPER, by=by, today=today
            )
            for need in needs
            if need.is_required
        ]


def filed(move: Move, given: Sequence[UUID], *, today: date) -> UUID:
    """File the transfer at its receiving school and return the case."""
    registrar = at_desk(move.receiver, "registrar", today)
    return cases.file_case(
        TRANSFER.code, move.student_id, move.typed, by=registrar, today=today, paper_ids=given
    ).id


def deciders(move: Move, *, today: date) -> list[Actor]:
    """Return who decides, desk after desk; one office once, as late as it can be."""
    desks = [
        (move.receiver, "leader"),
        (authority(move.receiver), "officer"),
        (move.sender, "leader"),
        (authority(move.sender), "officer"),
    ]
    return [at_desk(*desk, today) for at, desk in enumerate(desks) if desk not in desks[at + 1 :]]


def carried(move: Move, given: Sequence[UUID], *, today: date) -> None:
    """Carry one transfer from its filing to its effect."""
    case_id = filed(move, given, today=today)
    for by in deciders(move, today=today):
        cases.approve(case_id, by=by, today=today)


def rate(job: dict[str, Any]) -> dict[str, float]:
    """Carry the job's moves, whose papers lie ready, one after the other; return seconds and how many."""
    today = date.fromisoformat(job["today"])
    moves = [
        (Move(UUID(student), sender, class_id, receiver), [UUID(one) for one in given])
        for student, sender, class_id, receiver, given in job["moves"]
    ]
    for move, _given in moves:
        deciders(move, today=today)
        at_desk(move.receiver, "registrar", today)
    for move, given in moves[: job["warm_up"]]:
        carried(move, given, today=today)
    started = time.monotonic()
    for move, given in moves[job["warm_up"] :]:
        carried(move, given, today=today)
    return {"seconds": time.monotonic() - started, "transfers": len(moves) - job["warm_up"]}


def prepare(job: dict[str, Any]) -> dict[str, Any]:
    """Return moves with their papers, cases that lie on an authority's desk, and who decides them.

    Raises LookupError where the nation is too small for what is asked.
    """
    today = timezone.localdate()
    wanted = job["transfers"] + job["decisions"]
    moves = list(islice(candidates(today=today, each=EACH), wanted))
    if len(moves) < wanted:
        raise LookupError(f"{len(moves)} pupils can be transferred, {wanted} are asked for")
    given = [(move, with_papers(move, today=today)) for move in moves]
    waiting = [(move, on_desk(move, papers, today=today)) for move, papers in given[job["transfers"] :]]
    officers = {
        str(authority(move.receiver)): at_desk(authority(move.receiver), "officer", today)
        for move, _ in waiting
    }
    return {
        "today": today.isoformat(),
        "moves": [
            [str(move.student_id), move.sender, move.class_id, move.receiver, [str(one) for one in papers]]
            for move, papers in given[: job["transfers"]]
        ],
        "decisions": [
            [str(case_id), str(authority(move.receiver)), version] for move, (case_id, version) in waiting
        ],
        "cookies": {place: signed_in(officer) for place, officer in officers.items()},
        "county": filled_inbox(job["open_cases"], today=today) if job["open_cases"] else "",
    }


# More than the classes of a small nation give in one round.
EACH = 8


def on_desk(move: Move, given: Sequence[UUID], *, today: date) -> tuple[UUID, int]:
    """File a transfer and approve it at the receiving school; return the case and its version."""
    case_id = filed(move, given, today=today)
    return case_id, cases.approve(case_id, by=at_desk(move.receiver, "leader", today), today=today).version


# Open cases as a filing and a leader's approval leave them, for pupils of one county that have none.
INBOX = """
WITH pupils AS (
    SELECT s.id, s.place, s.name, gen_random_uuid() AS case_id, row_number() OVER (ORDER BY s.id) AS n
    FROM students_student s WHERE s.place >= %(lo)s AND s.place < %(lo)s + 1000000
        AND NOT EXISTS (SELECT 1 FROM status_case c WHERE c.student_id = s.id AND c.closed_on IS NULL)
        -- Those with papers are about to be transferred.
        AND NOT EXISTS (SELECT 1 FROM status_paper p WHERE p.student_id = s.id)
    ORDER BY s.id LIMIT %(cases)s
), filed AS (
    INSERT INTO status_case (student_id, id, place, kind, state, starter_place, desk_place, at, route, pack_id, name,
        payload, filed_by, filed_on, is_discreet, is_from_paper, version)
    SELECT p.id, p.case_id, p.place, 'suspension', 'with_desk', p.place, %(lo)s, 1, jsonb_build_array(
        jsonb_build_object('party', 'school', 'place', p.place, 'days', 10, 'purpose', 'decide', 'effect', false),
        jsonb_build_object('party', 'authority', 'place', %(lo)s, 'days', 10, 'purpose', 'decide', 'effect', true)),
        (SELECT max(id) FROM organisations_rulepackversion), p.name, '', 0, %(today)s, false, false, 2
    FROM pupils p
)
INSERT INTO status_turn (student_id, case_id, ordinal, place, party, purpose, above, kind, name, from_place,
    is_discreet, days, received_on, due_on, is_provisional, paused_days, act, case_version)
SELECT p.id, p.case_id, 1, %(lo)s, 'authority', 'decide', %(lo)s / 100000000 * 100000000, 'suspension', p.name, p.place,
    false, 10, %(today)s, %(today)s::date + (p.n %% 14)::int, false, 0, '', 2
FROM pupils p
"""


def filled_inbox(open_cases: int, *, today: date) -> str:
    """Put open cases on the desk of the county with the most pupils; return the cookie of its officer."""
    with national("bench") as using, connections[using].cursor() as cursor:
        cursor.execute(COUNTY)
        (county,) = cursor.fetchone()
        cursor.execute(INBOX, {"lo": county * 1_000_000, "cases": open_cases, "today": today})
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE status_case, status_turn")
    return signed_in(at_desk(county * 1_000_000, "officer", today))


# What a promotion writes, ready to be written once more.
RAW_EVENTS = """
CREATE TEMPORARY TABLE raw_event ON COMMIT DROP AS
SELECT subject_id, act, subject_kind, account_id, office, place, batch_id, before, after FROM audit_event
WHERE batch_id = %s AND act = 'status.promotion.promote'
"""
RAW_UPDATE = """
UPDATE organisations_grade g SET number = m.after FROM status_campaigngrade m
WHERE m.campaign_id = %s AND g.id = m.grade_id
"""
RAW_INSERT = """
INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, before, after)
SELECT subject_id, act, subject_kind, account_id, office, place, batch_id, before, after FROM raw_event
"""


def promoted() -> dict[str, Any]:
    """Promote the nation; return the seconds it took, and those of the bare writes, which are taken back."""
    today = timezone.localdate()
    planner = actor_at(0, "officer", today)
    campaign = promotion.plan(area=0, school_year=school_year(today) + 1, by=planner, today=today)
    with connections["owner"].cursor() as cursor:
        # Signing is the work of many offices, not of the night.
        cursor.execute(
            "UPDATE status_campaignschool SET state = 'signed', note = '' WHERE campaign_id = %s",
            [campaign.id],
        )
    promotion.start(campaign.id, by=actor_at(0, "leader", today))
    started = time.monotonic()
    schools = promotion.run(campaign.id)
    seconds = time.monotonic() - started
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(RAW_EVENTS, [campaign.id])
        pupils = cursor.rowcount
        started = time.monotonic()
        cursor.execute(RAW_UPDATE, [campaign.id])
        cursor.execute(RAW_INSERT)
        raw_seconds = time.monotonic() - started
        transaction.set_rollback(True, using="owner")
    return {"seconds": seconds, "raw_seconds": raw_seconds, "schools": schools, "pupils": pupils}
