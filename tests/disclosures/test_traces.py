"""`xueji trace`: whose file a leaked one was, from all of it, from a part, sorted anew, or as CSV."""

from __future__ import annotations

import json
import random
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.disclosures import leaving
from tests.disclosures.leaving import AUDITOR, as_csv, cells, fetched, in_force, made, opened
from tests.factories import TODAY, actor, pupil
from tests.status.cases import class_id
from tests.web.registered import register
from xueji.access.scope import NotAllowed, acting
from xueji.disclosures.actions import class_lists
from xueji.disclosures.actions.class_lists import NoList
from xueji.disclosures.actions.traces import Report, trace
from xueji.disclosures.models import Approval, Canary, Disclosure
from xueji.spreadsheets.rules.refusals import WorkbookRefused

pytestmark = pytest.mark.usefixtures("kept_db")
PUPILS = 240
# Without codes, numbers and invented pupils: what a careful thief leaves.
CAREFUL = ("姓名", "性别", "出生日期", "年级", "班级", "民族", "联系电话")


@pytest.fixture(scope="module")
def leaked(kept_db: None) -> dict[str, Any]:
    """The workbooks of two exports of the same pupils to two recipients, opened."""
    leaving.colleagues()
    register(*(pupil(at, class_number=f"202610{1 + at % 3}") for at in range(PUPILS)))
    found = {}
    for recipient in ("合成民政局", "合成卫健局"):
        export = made(in_force(recipient=recipient))
        kept = Disclosure.everywhere.using("owner").get(export_id=export.pk)
        invented = {one.name for one in Canary.everywhere.using("owner").filter(disclosure=kept)}
        found[recipient] = (kept.pk, cells(opened(fetched(export))), opened(fetched(export)), invented)
    return found


def careful(rows: list[list[str]], invented: set[str]) -> list[list[str]]:
    """Return the rows without the notice, columns that mark them, and invented pupils."""
    at = [rows[1].index(header) for header in CAREFUL]
    return [[row[index] for index in at] for row in rows[2:] if row[0] not in invented]


def told(report: Report) -> Any:
    """Return the only file that a trace is sure of."""
    (one,) = report.sure
    return one.left.id


@pytest.mark.parametrize("recipient", ["合成民政局", "合成卫健局"])
def test_a_whole_file_says_whose_it_was(leaked: dict[str, Any], recipient: str) -> None:
    disclosure, _rows, workbook, invented = leaked[recipient]
    report = trace(workbook, name="泄露.xlsx", by=actor(AUDITOR))
    first = report.files[0]
    assert told(report) == disclosure
    assert first.left.recipient == recipient
    assert first.evidence.canaries == len(invented) == 7
    assert first.evidence.codes == first.evidence.rows == PUPILS + 7
    assert first.evidence.steps_alike == first.evidence.steps
    assert report.files[1].evidence.confidence < 0.01


@pytest.mark.parametrize("recipient", ["合成民政局", "合成卫健局"])
def test_a_twentieth_of_it_sorted_anew_as_text_and_without_what_is_visible_says_it_too(
    leaked: dict[str, Any], recipient: str
) -> None:
    disclosure, rows, _workbook, invented = leaked[recipient]
    part = random.Random(5).sample(careful(rows, invented), PUPILS // 20)
    report = trace(as_csv(sorted(part)), name="名单.csv", by=actor(AUDITOR))
    assert told(report) == disclosure
    assert (report.rows, report.known_rows) == (12, 12)
    assert report.files[0].evidence.canaries == report.files[0].evidence.codes == 0


def test_the_invented_pupils_alone_say_it(leaked: dict[str, Any]) -> None:
    disclosure, rows, _workbook, invented = leaked["合成卫健局"]
    numbers = [[row[3]] for row in rows[2:] if row[0] in invented]
    assert told(trace(as_csv([["号码"], *numbers]), name="a.csv", by=None)) == disclosure


def test_a_list_of_guessed_pupils_is_nobody_s_file_and_tells_other_offices_nothing(
    leaked: dict[str, Any],
) -> None:
    guessed = as_csv(
        [["姓名", "证件号"], *([pupil(at)["name"], pupil(at)["document_number"]] for at in range(3))]
    )
    own = trace(guessed, name="a.csv", by=actor(AUDITOR))
    assert (own.sure, len(own.files)) == ((), 2)
    from tests import factories

    factories.account("u510000", 510_000 * 1_000_000, "auditor")
    other = trace(guessed, name="a.csv", by=actor("u510000"))
    assert (other.files, other.others, other.known_rows) == ((), 2, 0)
    with pytest.raises(NotAllowed):
        trace(guessed, name="a.csv", by=actor("o330902"))


def test_the_command_says_it_with_its_evidence(leaked: dict[str, Any], tmp_path: Path) -> None:
    disclosure, _rows, workbook, _invented = leaked["合成民政局"]
    (tmp_path / "泄露.xlsx").write_bytes(workbook)
    out = StringIO()
    call_command("trace", str(tmp_path / "泄露.xlsx"), "--json", stdout=out)
    first = json.loads(out.getvalue())["files"][0]
    assert (first["disclosure"], first["recipient"]) == (str(disclosure), "合成民政局")
    assert first["confidence"] > 0.9999
    assert first["evidence"]["canaries"] == 7
    call_command("trace", str(tmp_path / "泄露.xlsx"), stdout=(words := StringIO()))
    assert "合成民政局" in words.getvalue().splitlines()[0]


def test_what_is_no_table_is_refused(leaked: dict[str, Any]) -> None:
    with pytest.raises(WorkbookRefused):
        trace(b"\xff\xd8\xff", name="照片.xlsx", by=None)


# Class lists ------------------------------------------------------------------------------------


def test_a_class_list_is_small_written_down_and_traced_to_who_took_it(leaked: dict[str, Any]) -> None:
    registrar = actor("r2133000001")
    with acting(registrar.scope):
        taken = class_lists.take(class_id("2133000001", "2026101"), by=registrar, today=TODAY)
    rows = cells(taken.content)
    assert registrar.username in rows[0][0]
    assert rows[1] == ["姓名", "性别", "出生日期", "班级", "班内学号", "就读方式", "核对码"]
    assert len(rows) - 2 == PUPILS / 3
    kept = Disclosure.everywhere.using("owner").get(export__isnull=True)
    assert (Approval.everywhere.using("owner").get(pk=kept.approval_id).statute, kept.rows, kept.by) == (
        "school-duty",
        80,
        registrar.account_id,
    )
    without_codes = as_csv([row[:-1] for row in rows[2:42]])
    report = trace(without_codes, name="a.csv", by=actor(AUDITOR))
    assert told(report) == kept.pk
    assert registrar.username in report.files[0].left.by


def test_a_class_of_another_school_an_empty_one_and_another_role_get_no_list(leaked: dict[str, Any]) -> None:
    for username, school, number, error in (
        ("r2133000002", "2133000001", "2026101", NoList),
        ("r2133000001", "2133000001", "2025103", NoList),
        ("l2133000001", "2133000001", "2026101", NotAllowed),
    ):
        by = actor(username)
        with acting(by.scope), pytest.raises(error):
            class_lists.take(class_id(school, number), by=by, today=TODAY)
