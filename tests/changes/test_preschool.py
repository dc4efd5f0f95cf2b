"""A kindergarten record is imported, found by name and number, and continued by the pupil who enters school."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from tests.changes.admissions import FIRST, admissions, child, issued
from tests.factories import TODAY, actor, pupil, school
from tests.web.registered import one_called, register
from xueji.audit.models import Event
from xueji.changes.actions import preschool
from xueji.changes.actions.admissions import arrivals
from xueji.changes.models import PreschoolRecord
from xueji.changes.queries.particulars import kindergarten_of
from xueji.changes.rules.preschool import KEYS, kept_number
from xueji.changes.rules.roster_steps import State
from xueji.students.models import Identifier

pytestmark = pytest.mark.usefixtures("db")

REGISTRAR = f"r{FIRST}"
NUMBER = "L330902201909010017"


def kindergarten_child(n: int = 0, **changed: Any) -> dict[str, str]:
    """Return what a kindergarten knows of the n-th child of the lists."""
    kept = {key: value for key, value in pupil(n).items() if key not in ("class_number", "entered_on")}
    row = (
        kept
        | {"name": child(n)["name"], "document_number": child(n)["document_number"]}
        | {"kindergarten": "向阳幼儿园", "kindergarten_from": "2023-09", "student_number": NUMBER}
        | changed
    )
    return {key: str(value) for key, value in row.items() if value and key in KEYS}


def imported(*children: dict[str, str], is_dry_run: bool = False) -> preschool.Imported:
    return preschool.import_records(
        preschool.from_values(children),
        file_name="学前.csv",
        by=actor("o330000"),
        today=TODAY,
        is_dry_run=is_dry_run,
    )


def records() -> int:
    return PreschoolRecord.everywhere.using("owner").count()


def test_a_dry_run_writes_nothing_and_an_import_writes_each_child_once() -> None:
    assert imported(kindergarten_child(), is_dry_run=True).accepted == 1
    assert records() == 0
    for _ in range(2):
        assert imported(kindergarten_child(0), kindergarten_child(1)).accepted == 2
    assert records() == 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"document_number": "330902201909019110"}, "id-check-digit"),
        ({"document_number": ""}, "missing"),
        ({"kindergarten": ""}, "missing"),
        ({"kindergarten_from": "去年"}, "date-format"),
    ],
)
def test_a_row_with_a_fault_is_told_and_left_out(wrong: dict[str, str], code: str) -> None:
    done = imported(kindergarten_child(0, **wrong), kindergarten_child(1))
    assert (done.rows, done.accepted, done.rejected) == (2, 1, 1)
    assert {(one.row, one.code) for one in done.findings} == {(1, code)}


def test_name_and_number_together_find_the_record() -> None:
    imported(kindergarten_child())
    found, values = preschool.find(
        name=child(0)["name"], document_number=child(0)["document_number"], by=actor(REGISTRAR), today=TODAY
    )
    assert found.kindergarten == "向阳幼儿园"
    assert values["member1_name"] == "合成家长"
    assert "student_number" not in values


@pytest.mark.parametrize("asked", [{"name": "别人"}, {"document_number": child(1)["document_number"]}])
def test_a_miss_and_another_name_are_answered_alike_and_recorded(asked: dict[str, str]) -> None:
    imported(kindergarten_child())
    known = {"name": child(0)["name"], "document_number": child(0)["document_number"]} | asked
    with pytest.raises(preschool.NoRecord):
        preschool.find(**known, by=actor(REGISTRAR), today=TODAY)
    assert [e.after for e in Event.objects.using("owner").filter(act="preschool.find")] == [{"found": False}]


def test_the_pupil_keeps_the_link_and_the_number() -> None:
    imported(kindergarten_child())
    register(pupil(0, name=child(0)["name"], document_number=child(0)["document_number"]))
    student = one_called(child(0)["name"])
    assert student.preschool_record == PreschoolRecord.everywhere.using("owner").get().id
    assert kindergarten_of(student.preschool_record) == "向阳幼儿园"
    number = Identifier.everywhere.using("owner").get(scheme="S", student_id=student.id)
    assert bytes(number.index) == settings.XUEJI_KEY_RING.blind_index("S", NUMBER)


def test_an_admitted_child_with_a_record_need_not_be_typed() -> None:
    imported(kindergarten_child())
    issued([child(0)])
    batch = arrivals.report(
        [admissions()[0].id],
        class_number="2026101",
        school=school(FIRST),
        by=actor(REGISTRAR),
        today=TODAY,
    )
    assert (batch.state, batch.accepted) == (State.WITH_LEADER, 1)


@pytest.mark.parametrize(
    ("number", "document", "kept"),
    [
        pytest.param(NUMBER, "330902201909019119", NUMBER, id="provisional"),
        pytest.param("G330902201909019119", "330902201909019119", "G330902201909019119", id="formal"),
        pytest.param("G330902201909019119", "330902201909019120", None, id="formal-of-another-document"),
        pytest.param("", None, None, id="none"),
        pytest.param("X330902201909019119", None, None, id="no-number"),
    ],
)
def test_a_number_is_kept_where_it_can_be_the_childs(
    number: str, document: str | None, kept: str | None
) -> None:
    assert kept_number(number, document) == kept
