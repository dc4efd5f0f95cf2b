"""Changes on their way in the synthetic nation: one at each kind of desk, filed and decided by the verbs of everybody's work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.access.queries import actor_named
from xueji.access.rules import places
from xueji.access.rules.permissions import Role
from xueji.access.scope import Actor, national
from xueji.status.actions import cases, papers
from xueji.status.actions.drafts import drafted
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.routes import Party
from xueji.synthetic.rules.nation import Nation, PlannedSchool

PAPER = b"%PDF-1.4 synthetic, invented for demonstration"
# A grade that no province closes to transfers.
GRADE = 3

CLASS = """
SELECT c.id FROM organisations_class c JOIN organisations_grade g ON g.id = c.grade_id
JOIN organisations_school s ON s.organisation_id = c.school_id
WHERE s.identifier = %s AND g.number = %s ORDER BY c.number LIMIT 1
"""
PUPILS = """
SELECT e.student_id FROM students_enrolment e JOIN organisations_class c ON c.id = e.class_of_id
JOIN organisations_grade g ON g.id = c.grade_id JOIN organisations_school s ON s.organisation_id = e.school_id
WHERE s.identifier = %s AND g.number = %s AND e.ended_on IS NULL AND e.state = '01'
ORDER BY e.student_id LIMIT 12
"""


@dataclass(frozen=True)
class Planned:
    """A change to be filed: how many days ago, how many desks approve it, a day after the other."""

    kind: str
    of: PlannedSchool  # the school that holds the pupil
    by: PlannedSchool  # the school that files
    days_ago: int
    approvals: int
    typed: dict[str, Any]


def leave_changes(nation: Nation, *, today: date) -> int:
    """Leave changes on the desks of two schools and two authorities, late ones too; return how many.

    A nation without three primary schools in two provinces has none.
    """
    schools = [one for county in nation.counties for one in county.schools if one.kind == "211"]
    if not schools:
        return 0
    here, *others = schools
    near = next((one for one in others if one.place // 10**6 == here.place // 10**6), None)
    far = next((one for one in others if one.place // 10**10 != here.place // 10**10), None)
    if near is None or far is None:
        return 0
    pupils = {school.identifier: _pupils(school) for school in (here, near, far)}
    filed = 0
    for planned in _planned(here, near, far, today):
        student = next(pupils[planned.of.identifier], None)
        if student is not None:
            _send(planned, student, today=today)
            filed += 1
    return filed


def _planned(here: PlannedSchool, near: PlannedSchool, far: PlannedSchool, today: date) -> Iterator[Planned]:
    into = {school.identifier: {"class_id": _class(school)} for school in (here, near, far)}
    moved = {"reason": "household", "note": "举家迁居"}
    rest = {"reason": "10", "since": str(today), "until": str(today + timedelta(days=180))}
    yield Planned("transfer", near, here, 3, 0, into[here.identifier] | moved)
    yield Planned("transfer", far, here, 9, 1, into[here.identifier] | moved)
    # The county of the first school lets this one lie.
    yield Planned("transfer", far, here, 30, 1, into[here.identifier] | moved)
    yield Planned("transfer", here, far, 12, 2, into[far.identifier] | moved)
    yield Planned("transfer", here, far, 15, 3, into[far.identifier] | moved)
    yield Planned("transfer", near, here, 20, 3, into[here.identifier] | moved)
    yield Planned("suspension", here, here, 4, 1, rest)
    yield Planned("suspension", here, here, 20, 2, rest)


def _send(planned: Planned, student: UUID, *, today: date) -> None:
    """File a change as its registrar would, and let desk after desk approve."""
    on = today - timedelta(days=planned.days_ago)
    by = _at(planned.by.place, Role.REGISTRAR, on)
    kind = BY_CODE[planned.kind]
    needs = cases.look_ahead(kind, student, planned.typed, by=by, today=on)
    with drafted(kind.code, student, by=by, today=on):
        given = [
            papers.file_paper(
                student, kind=need.kind, file_name="合成材料.pdf", content=PAPER, by=by, today=on
            )
            for need in kind.papers(needs.facts, needs.payload)
        ]
    filed = cases.file_case(planned.kind, student, planned.typed, by=by, today=on, paper_ids=given)
    for nth in range(planned.approvals):
        day = min(today, on + timedelta(days=nth + 1))
        with national("synthetic") as using:
            case = cases.locked(filed.id, using)
        if case.effect_on is not None:
            return
        is_school = case.desk.party in (Party.SCHOOL, Party.RECEIVING_SCHOOL, Party.SENDING_SCHOOL)
        cases.approve(
            filed.id, by=_at(case.desk_place, Role.LEADER if is_school else Role.OFFICER, day), today=day
        )


def _at(place: int, role: Role, on: date) -> Actor:
    """Return who acts in a role at an office of the synthetic nation."""
    if places.serial_of(place):
        with national("synthetic") as using, connections[using].cursor() as cursor:
            cursor.execute("SELECT identifier FROM organisations_school WHERE place = %s", [place])
            (name,) = cursor.fetchone()
    else:
        name = places.division_of(place)
    return actor_named(f"{role[0]}{name}", today=on)[0]


def _class(school: PlannedSchool) -> int:
    with national("synthetic") as using, connections[using].cursor() as cursor:
        cursor.execute(CLASS, [school.identifier, GRADE])
        return int(cursor.fetchone()[0])


def _pupils(school: PlannedSchool) -> Iterator[UUID]:
    with national("synthetic") as using, connections[using].cursor() as cursor:
        cursor.execute(PUPILS, [school.identifier, GRADE])
        return iter([row[0] for row in cursor.fetchall()])
