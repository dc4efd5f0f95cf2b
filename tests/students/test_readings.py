"""Who read a pupil's record is kept, sealed with all else, and told to who holds the pupil."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import connections

from tests.factories import actor, pupil
from tests.web.registered import LEADER, OFFICER, REGISTRAR, as_, one_called, register, text_of
from tests.web.test_api import Caller
from xueji.access.scope import acting
from xueji.audit.readings import list_id
from xueji.audit.rules.digests import digest
from xueji.students.actions import LIST_FIELDS, note_listed
from xueji.students.queries import Readings, readings_of

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def children() -> tuple[UUID, UUID]:
    register(pupil(1, name="测试甲"), pupil(2, name="测试乙"))
    return one_called("测试甲").pk, one_called("测试乙").pk


def readings(student: UUID, username: str = REGISTRAR, **more: int) -> Readings:
    by = actor(username)
    with acting(by.scope):
        return readings_of(student, by=by, **more)


def test_a_page_an_answer_and_a_list_each_leave_who_when_what_and_by_which_duty(
    children: tuple[UUID, UUID],
) -> None:
    as_(OFFICER).get(f"/pupils/{children[0]}/")
    Caller(LEADER).get(f"/pupils/{children[0]}")
    as_(REGISTRAR).get("/pupils/")
    found = readings(children[0]).rows
    assert [(one.act, one.duty) for one in found] == [
        ("pupils.list", "students.view"),
        ("pupil.read", "students.view"),
        ("pupil.read", "students.view"),
    ]
    assert found[0].fields == LIST_FIELDS
    assert "contact" in found[1].fields
    assert found[0].office
    assert found[0].reader
    assert [one.act for one in readings(children[1]).rows] == ["pupils.list"]


def test_a_school_learns_the_office_above_but_not_the_person(children: tuple[UUID, UUID]) -> None:
    as_(OFFICER).get(f"/pupils/{children[0]}/")
    (at_school,) = readings(children[0]).rows
    (at_county,) = readings(children[0], OFFICER).rows
    assert (at_school.reader, bool(at_school.office)) == ("", True)
    assert at_county.reader == actor(OFFICER).name


def test_the_same_list_is_kept_once_whatever_its_order(children: tuple[UUID, UUID]) -> None:
    by = actor(REGISTRAR)
    with acting(by.scope):
        for listed in (children, children[::-1], children):
            note_listed(listed, by=by, fields=("name",), duty="students.view")
        note_listed((), by=by, fields=("name",), duty="students.view")
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT student_id, list_id FROM audit_listing")
        rows = cursor.fetchall()
    assert len(rows) == 2
    # The id is a hash of the pupils: a list that was changed no longer has its id.
    assert {listed for _student, listed in rows} == {list_id(student for student, _listed in rows)}
    assert list_id([uuid4()]) not in {listed for _student, listed in rows}
    assert len(readings(children[0]).rows) == 3


def test_the_pages_show_who_read_and_reading_is_no_part_of_the_history(children: tuple[UUID, UUID]) -> None:
    as_(OFFICER).get(f"/pupils/{children[0]}/")
    page = text_of(as_(REGISTRAR).get(f"/pupils/{children[0]}/"))
    assert "谁查看过" in page
    assert "打开记录" in page
    assert "pupil.read" not in page
    whole = text_of(as_(REGISTRAR).get(f"/pupils/{children[0]}/readers/"))
    assert "查看学生" in whole or "打开记录" in whole
    assert as_("r2133000003").get(f"/pupils/{children[0]}/readers/").status_code == 404
    assert as_(REGISTRAR).get(f"/pupils/{children[0]}/readers/?after=x").status_code == 404


def test_long_lists_of_readers_go_on_behind_the_page(children: tuple[UUID, UUID]) -> None:
    for _ in range(3):
        as_(OFFICER).get(f"/pupils/{children[0]}/")
    first = readings(children[0], limit=2)
    assert len(first.rows) == 2
    assert first.next is not None
    rest = readings(children[0], limit=2, before=first.next)
    assert (len(rest.rows), rest.next) == (1, None)
    assert len({one.id for one in (*first.rows, *rest.rows)}) == 3


def test_a_look_that_was_refused_leaves_nothing(children: tuple[UUID, UUID]) -> None:
    assert as_("r2133000003").get(f"/pupils/{children[0]}/").status_code == 404
    assert readings(children[0]).rows == ()


def test_readings_are_sealed_like_all_else(children: tuple[UUID, UUID]) -> None:
    as_(OFFICER).get(f"/pupils/{children[0]}/")
    from xueji.audit import sealing

    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT row_hash FROM audit_event WHERE act = 'pupil.read'")
        (kept,) = cursor.fetchone()
        cursor.execute(sealing.EVENTS, [-1, 0, 2**62, 0])
        hashes = [digest(sealing._entry(row)) for row in cursor.fetchall()]
    assert bytes(kept) in hashes
