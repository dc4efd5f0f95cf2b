"""`xueji roster_template`: the workbook that a school fills in."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from django.core.management import call_command

from tests.factories import TODAY, pupil, school
from xueji.changes.actions import rosters
from xueji.changes.rules.roster_columns import NATIONAL, SHORT

pytestmark = pytest.mark.usefixtures("db")


@pytest.mark.parametrize(("layout", "columns"), [("short", len(SHORT)), ("national", 71)])
def test_a_pupil_written_into_the_template_passes_the_checks(
    tmp_path: Path, layout: str, columns: int
) -> None:
    path = tmp_path / "模板.xlsx"
    call_command("roster_template", str(path), "--school", "2133000001", "--layout", layout)
    book = openpyxl.load_workbook(path)
    sheet = book["新生名册"]
    assert sheet.max_column == columns
    assert not sheet.protection.sheet
    fields = NATIONAL if layout == "national" else SHORT
    values = pupil(0) | {"school_identifier": "2133000001"}
    for at, field in enumerate(fields, start=1):
        sheet.cell(3, at).value = values.get(field.column.key)
    book.save(path)
    found = rosters.check_file(path.read_bytes(), file_name=path.name, school=school(), today=TODAY)
    assert (found.rows, found.accepted.height, found.roster.layout) == (1, 1, layout)


@pytest.mark.parametrize(
    ("out", "identifier", "remedy"),
    [
        ("missing/x.xlsx", "2133000001", "请核对"),
        ("x.xlsx", "2133009999", "请核对"),
        ("x.csv", "2133000001", "应以 .xlsx 结尾"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_sentence(
    tmp_path: Path, out: str, identifier: str, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        call_command("roster_template", str(tmp_path / out), "--school", identifier)
    assert left.value.code == 2
    assert remedy in capsys.readouterr().err
    assert not (tmp_path / out).exists()
