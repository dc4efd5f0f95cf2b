"""Wrong data, answered alike at every door: typed into the form, in a workbook, and over HTTP.

The table is what other systems were seen to store, to cut off, to change or to fall over.
"""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import openpyxl
import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from tests.factories import TODAY, actor, pupil, resident_number, school
from xueji.access.actions import issue_api_token
from xueji.access.models import Appointment
from xueji.access.scope import national
from xueji.changes.actions import rosters
from xueji.changes.actions.examination import DOUBTFUL
from xueji.changes.models import RosterBatch, RosterClaim, RosterRow
from xueji.changes.queries import findings
from xueji.changes.rules.roster_columns import SHORT
from xueji.changes.rules.roster_steps import Act

pytestmark = pytest.mark.usefixtures("db")

REGISTRAR, SCHOOL = "r2133000001", "2133000001"
NUMBER = pupil()["document_number"]
OTHER_BIRTH = {"document_type": "护照", "document_number": "E1234567", "nationality": "法国", "sex": "女"}


@dataclass(frozen=True)
class Answer:
    """What a door says of one pupil: whether a roster was made of it, and the codes of what is wrong."""

    is_kept: bool
    codes: set[str] = field(default_factory=set)


# The doors -------------------------------------------------------------------------------


def form(values: dict[str, Any]) -> Answer:
    batch, found = rosters.enrol_one(values, school=school(), by=actor(REGISTRAR), today=TODAY, door="form")
    return Answer(batch is not None, {one.code for one in findings.of_checked(found.checked)})


def workbook(values: dict[str, Any]) -> Answer:
    content = workbook_of(values)
    dry = rosters.check_file(content, file_name="新生.xlsx", school=school(), today=TODAY)
    batch, _ = imported(content)
    with national("commands") as using:
        kept = {one.code for one in findings.of_batch(batch.id, using=using)}
    assert {one.code for one in findings.of_checked(dry.checked)} == kept
    return Answer(batch.submitted_by is not None, kept)


def http(values: dict[str, Any]) -> Answer:
    dry = posted("/pupils/check", values).json()
    answer = posted("/pupils", values, key=str(uuid.uuid4()))
    assert answer.status_code in (201, 202, 422), answer.content
    content = answer.json()
    codes = {one["code"] for one in content["findings"]}
    # A dry run says nothing of what may be somebody else's child.
    assert {one["code"] for one in dry["findings"]} == codes - set(DOUBTFUL)
    return Answer(answer.status_code != 422, codes)


DOORS: dict[str, Callable[[dict[str, Any]], Answer]] = {"form": form, "workbook": workbook, "http": http}


def token() -> str:
    with national("commands") as using:
        appointment = Appointment.objects.using(using).get(pk=actor(REGISTRAR).appointment_id)
        return issue_api_token(appointment, name="测试", now=timezone.now(), using=using)


def posted(address: str, values: dict[str, Any], key: str = "") -> Any:
    return Client().post(
        f"/api/v1{address}",
        {"school": SCHOOL, "pupil": values},
        content_type="application/json",
        headers={"Authorization": f"Bearer {token()}", "Idempotency-Key": key},
    )


def workbook_of(*rows: dict[str, Any], headers: dict[str, str] | None = None) -> bytes:
    """Return an .xlsx in the short layout; `headers` replaces some of its headers."""
    book = openpyxl.Workbook()
    sheet = book.active
    columns = [f.column for f in SHORT]
    sheet.append([(headers or {}).get(column.key, column.header_zh) for column in columns])
    for row in rows:
        sheet.append([row.get(column.key) for column in columns])
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def imported(content: bytes) -> tuple[RosterBatch, bool]:
    return rosters.import_file(
        content, file_name="新生.xlsx", school=school(), by=actor(REGISTRAR), today=TODAY
    )


def registered(values: dict[str, Any], identifier: str = SCHOOL) -> None:
    """Carry a pupil over all desks."""
    batch, found = rosters.enrol_one(
        values, school=school(identifier), by=actor(f"r{identifier}"), today=TODAY, door="form"
    )
    assert batch is not None, found.checked.findings
    county = "330902" if identifier == SCHOOL else "510104"
    for username in (f"l{identifier}", f"o{county}"):
        rosters.decide(batch.id, act=Act.APPROVE, by=actor(username), today=TODAY)


# The table -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A pupil with something wrong. `codes` are the findings; one that is kept although is a problem record."""

    name: str
    changed: dict[str, Any]
    codes: str
    is_kept: bool = False
    already: dict[str, Any] | None = None
    where: str = SCHOOL


TABLE = (
    Case("nothing-wrong", {}, "", is_kept=True),
    Case("same-pupil-again", {"phone": "13900001111"}, "already-enrolled", already={}),
    Case(
        "same-pupil-at-another-school",
        {"phone": "13900001111"},
        "already-enrolled",
        already={"class_number": "2026101"},
        where="2151000001",
    ),
    Case("number-used-under-another-name", {"name": "测另名"}, "to-be-checked", is_kept=True, already={}),
    Case("same-person-without-number", {}, "same-person-suspected", is_kept=True, already={}),
    Case(
        "wrong-check-digit",
        {"document_number": NUMBER[:-1] + "0123456789"[int(NUMBER[-1] == "0")]},
        "id-check-digit",
    ),
    Case("letters-in-the-number", {"document_number": NUMBER[:10] + "ABCD" + NUMBER[14:]}, "id-check-digit"),
    Case("number-of-letters-only", {"document_number": "ABCDEFGHIJKLMNOPQR"}, "id-check-digit"),
    Case(
        "hyphens-in-the-number",
        {"document_number": f"{NUMBER[:6]}-{NUMBER[6:14]}-{NUMBER[14:]}"},
        "id-length",
    ),
    Case("fifteen-digits", {"document_number": "330902190901901"}, "id-length"),
    Case("31-february", {**OTHER_BIRTH, "birth_on": "2019-02-31"}, "birth-impossible"),
    Case(
        "31-february-in-the-number",
        {"document_number": resident_number(1, birth="20190231")},
        "birth-impossible",
    ),
    Case("letters-as-birth-date", {**OTHER_BIRTH, "birth_on": "abcdef"}, "date-format"),
    Case("iso-text-as-birth-date", {**OTHER_BIRTH, "birth_on": "2019-05-06"}, "", is_kept=True),
    Case("birth-in-2099", {**OTHER_BIRTH, "birth_on": "2099-05-06"}, "birth-impossible"),
    Case(
        "birth-in-2099-in-the-number",
        {"document_number": resident_number(1, birth="20990506")},
        "birth-impossible",
    ),
    Case("no-birth-date", {**OTHER_BIRTH}, "missing"),
    Case("no-month-of-entry", {"entered_on": None}, "", is_kept=True),
    Case("31-february-as-entry", {"entered_on": "2026-02-31"}, "date-format"),
    Case("thirteenth-month-as-entry", {"entered_on": "202613"}, "date-format"),
    Case("letters-as-entry", {"entered_on": "September"}, "date-format"),
    Case("no-name", {"name": None}, "missing"),
    Case("blanks-as-name", {"name": " 　 "}, "missing"),
    Case("given-name-after-the-dot-alone", {"name": "·涵"}, "name-characters"),
    Case("digits-in-the-name", {"name": "张3"}, "name-characters"),
    Case("unknown-class", {"class_number": "2026999"}, "unknown-class"),
    Case("no-class", {"class_number": None}, "missing"),
    Case("sex-banana", {"sex": "Banana"}, "unknown-code"),
    Case("name-of-80-characters", {"name": "长" * 80}, "too-long"),
    Case("formula-as-name", {"name": "@张三"}, "formula"),
    Case("sex-unknown", {**OTHER_BIRTH, "birth_on": "2019-05-06", "sex": "未知的性别"}, "unknown-code"),
    Case("sex-unknown-that-the-number-says", {"sex": "未知的性别"}, "", is_kept=True),
)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_every_door_answers_wrong_data_alike(case: Case, door: str) -> None:
    if case.already is not None:
        values = pupil(**case.already)
        if case.name == "same-person-without-number":
            values = pupil(
                **{
                    **case.already,
                    "document_type": "其他",
                    "document_number": None,
                    "birth_on": "20190901",
                    "sex": "女",
                }
            )
            case = Case(**{**vars(case), "changed": {"document_number": resident_number(0, sex="2")}})
        registered(values, case.where)
    answer = DOORS[door](pupil(**case.changed))
    assert answer.codes == set(case.codes.split())
    assert answer.is_kept is case.is_kept


# What only a file can have ----------------------------------------------------------------


def found_in(content: bytes) -> tuple[RosterBatch, set[tuple[int, str]]]:
    """Import a workbook; return its batch and the code of each finding with its row."""
    batch, _ = imported(content)
    with national("commands") as using:
        told = findings.of_batch(batch.id, using=using)
    return batch, {(one.row, one.code) for one in told}


def test_a_bad_date_in_row_three_stops_no_other_row() -> None:
    wrong = {**OTHER_BIRTH, "birth_on": "2019-02-31"}
    rows = [pupil(0), pupil(1), pupil(2, **wrong), pupil(3), pupil(4)]
    batch, told = found_in(workbook_of(*rows))
    assert told == {(4, "birth-impossible")}
    assert (batch.rows, batch.accepted, batch.rejected) == (5, 4, 1)


@pytest.mark.parametrize("value", [date(2019, 5, 6), 20190506, "2019/5/6", "2019.5.6", "2019年5月6日"])
def test_a_date_is_read_however_the_cell_holds_it(value: object) -> None:
    batch, told = found_in(workbook_of(pupil(0, **OTHER_BIRTH) | {"birth_on": value}))
    assert (told, batch.accepted) == (set(), 1)
    with national("commands") as using:
        assert RosterRow.everywhere.using(using).get().birth_on == date(2019, 5, 6)


def test_a_header_with_a_blank_is_the_header_it_is() -> None:
    batch, told = found_in(workbook_of(pupil(), headers={"name": "姓 名", "document_number": " 身份证件号 "}))
    assert (told, batch.accepted) == (set(), 1)


def test_a_row_without_number_is_not_blamed_for_the_row_before() -> None:
    registered(pupil(0))
    unnumbered = pupil(1, document_type="其他", document_number=None, birth_on="20190901", sex="女")
    batch, told = found_in(workbook_of(pupil(0, phone="13900001111"), unnumbered))
    assert told == {(2, "already-enrolled")}
    assert batch.accepted == 1


def test_a_name_is_never_cut_off() -> None:
    for length in (50, 51):
        content = workbook_of(pupil(length, name="长" * length))
        accepted = rosters.check_file(content, file_name="新生.xlsx", school=school(), today=TODAY).accepted
        assert accepted["name"].to_list() == (["长" * 50] if length == 50 else [])


# Twice at once ---------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
def test_two_equal_submissions_at_once_make_one_pupil(door: str) -> None:
    content, values = workbook_of(pupil()), pupil()
    calls: dict[str, Callable[[], Any]] = {
        "form": lambda: form(values),
        "workbook": lambda: imported(content),
        "http": lambda: posted("/pupils", values, key="k"),
    }
    start = threading.Barrier(2)
    failed: list[BaseException] = []

    def run() -> None:
        start.wait()
        try:
            calls[door]()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    with national("commands") as using:
        assert RosterBatch.everywhere.using(using).get().accepted == 1
        assert RosterRow.everywhere.using(using).count() == 1
        assert RosterClaim.everywhere.using(using).count() == 1
