"""Whatever business shows of pupils by name leaves a reading: rosters, problem records, who leaves, who moves, who is away."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.changes.rosters_as_csv import as_csv
from tests.changes.test_problems import the_case
from tests.factories import PLACES, TODAY, actor, pupil, school
from tests.status.cases import HERE, enrolled, filed
from tests.status.leavers import last_grade, older
from tests.web.registered import LEADER, OFFICER, REGISTRAR, as_, one_called, register
from tests.web.test_api import Caller
from xueji.access.scope import acting
from xueji.changes.actions import rosters
from xueji.changes.models import RosterBatch
from xueji.organisations.models import Class
from xueji.status.actions import class_requests, graduations
from xueji.students.queries import readings_of

pytestmark = pytest.mark.usefixtures("db")


def seen(student: UUID, username: str = OFFICER) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return how a pupil was looked at, the newest first: what it was, by which duty, which fields."""
    by = actor(username)
    with acting(by.scope):
        return [(one.act, one.duty, one.fields) for one in readings_of(student, by=by).rows]


def test_a_roster_shows_its_pupils_to_whoever_decides_and_keeps_that() -> None:
    register(pupil(1, name="测试甲"))
    batch = RosterBatch.everywhere.using("owner").get()
    assert as_(OFFICER).get(f"/rosters/{batch.id}/").status_code == 200
    (reading,) = seen(one_called("测试甲").pk)
    assert reading == ("pupils.list", "roster.view", ("name", "sex", "birth", "class", "document"))


def test_a_problem_record_and_the_list_of_them_keep_who_saw_the_pupil() -> None:
    register(pupil(0, name="测试甲"))
    batch, _ = rosters.receive(
        as_csv([pupil(0, name="合成异名")]), file_name="甲.csv", school=school(), by=actor(REGISTRAR)
    )
    rosters.check_batch(batch.id, today=TODAY)
    rosters.submit(batch.id, by=actor(REGISTRAR), today=TODAY)
    case, student = the_case(), one_called("测试甲").pk
    as_(OFFICER).get("/problems/?tab=open")
    as_(OFFICER).get(f"/problems/{case.id}/")
    Caller(OFFICER).get(f"/problems/{case.id}")
    Caller(OFFICER).get("/problems")
    assert [(duty, fields) for _act, duty, fields in seen(student)] == [
        ("problems.view", ("name", "problem")),
        ("problems.view", ("identity", "problem")),
        ("problems.view", ("identity", "problem")),
        ("problems.view", ("name", "problem")),
    ]


def test_who_looks_at_those_who_leave_is_kept() -> None:
    register(pupil(1, name="测试甲", class_number="2025101"))
    older(of=2025, entry_year=2020)
    student = one_called("测试甲").pk
    asked = graduations.begin(last_grade(entry_year=2020), by=actor(REGISTRAR), today=TODAY)
    as_(LEADER).get(f"/graduations/{asked.id}/")
    Caller(LEADER).get(f"/status/graduations/{asked.id}")
    assert [fields for _act, _duty, fields in seen(student)] == [("name", "class", "graduation")] * 2


def test_a_change_read_over_the_api_is_kept_as_the_page_keeps_it() -> None:
    student = enrolled("测试甲", 1)
    case = filed(
        "suspension", student, {"reason": "10", "since": "2026-09-10", "until": "2027-06-30"}, by=REGISTRAR
    )
    as_(OFFICER).get(f"/changes/{case.id}/")
    Caller(OFFICER).get(f"/status/cases/{case.id}")
    assert [fields for _act, _duty, fields in seen(student)] == [("change",), ("change",)]


def test_who_looks_at_those_who_change_class_is_kept() -> None:
    student = enrolled("测试甲", 1)
    grade = Class.everywhere.using("owner").get(place=PLACES[HERE], number="2026101").grade_id
    by = actor(REGISTRAR)
    with acting(by.scope):
        asked = class_requests.propose(grade, {student: "2026102"}, by=by, today=TODAY)
    as_(LEADER).get(f"/class-requests/{asked}/")
    Caller(LEADER).get(f"/status/class-requests/{asked}")
    assert [fields for _act, _duty, fields in seen(student)] == [("name", "class")] * 2
