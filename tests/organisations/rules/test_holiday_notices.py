"""The file of a notice: read whole, or refused with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji.organisations.rules.holiday_notices import HEADERS, Notice, NoticeUnfit, decoded, read_notice
from xueji.organisations.rules.known_notices import known_notices

HEADER = "年份,节日,安排,开始,结束"
OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def written(notice: Notice) -> str:
    """Return a notice as a file with one row a day."""
    rows = [
        f"{notice.year},{day.name},{'上班' if day.is_working else '放假'},{day.on},{day.on}"
        for day in notice.days
    ]
    return "\n".join([HEADER, *rows])


def known(year: int) -> Notice:
    return next(notice for notice in known_notices() if notice.year == year)


def documented() -> str:
    """Return the example of the operators' page."""
    blocks = OPERATIONS.read_text(encoding="utf-8").split("```")
    return next(block for block in blocks if HEADER in block)


def test_the_documented_example_is_the_notice_of_2026() -> None:
    assert read_notice(documented()) == known(2026)


@pytest.mark.parametrize("notice", [n for n in known_notices() if n.year >= 2008], ids=lambda n: str(n.year))
def test_every_past_notice_can_be_written_as_a_file(notice: Notice) -> None:
    assert read_notice(written(notice)) == notice


def test_english_words_slashes_comments_and_empty_cells_of_a_spreadsheet_are_read() -> None:
    text = (
        written(known(2026))
        .replace(HEADER, "# notice,,,,\n\nYear,Holiday,Kind,First,Last,,")
        .replace("放假", "Off")
        .replace("上班", "work")
        .replace("2026-01-01,2026-01-01", "2026/1/1,,")
    )
    assert read_notice("\ufeff" + text) == known(2026)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_as_spreadsheets_write_it_is_text(encoding: str) -> None:
    assert read_notice(decoded(written(known(2025)).encode(encoding))) == known(2025)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(NoticeUnfit) as refused:
        decoded(b"\x80\xff\x00")
    assert "CSV" in refused.value.zh
    assert "CSV" in refused.value.en


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param("2026,春节,放假", "3 格", id="cells-missing"),
        pytest.param("2026,国庆节,中秋节,放假,2026-10-08,2026-10-08", "6 格", id="comma-in-the-name"),
        pytest.param("26,春节,放假,2026-02-24,", "年份“26”无效", id="year-short"),
        pytest.param("2007,春节,放假,2026-02-24,", "年份“2007”无效", id="year-before-the-seven-holidays"),
        pytest.param("２０２６,春节,放假,2026-02-24,", "无效", id="year-in-wide-digits"),
        pytest.param("2027,元旦,放假,2027-01-01,", "与前面的 2026 不同", id="two-notices"),
        pytest.param("2026,,放假,2026-02-24,", "节日名称", id="no-name"),
        pytest.param("2026,春\x00节,放假,2026-02-24,", "节日名称", id="name-with-control-character"),
        pytest.param(f"2026,{'春' * 41},放假,2026-02-24,", "节日名称", id="name-too-long"),
        pytest.param("2026,春节,休息,2026-02-24,", "安排“休息”无效", id="kind-unknown"),
        pytest.param("2026,春节,放假,2月24日,", "不是日期", id="day-in-words"),
        pytest.param("2026,春节,放假,2026-02-30,", "不是日期", id="day-that-does-not-exist"),
        pytest.param("2026,春节,放假,,", "不是日期", id="day-missing"),
        pytest.param("2026,春节,放假,2026-03-05,2026-03-03", "早于开始日期", id="ends-before-it-begins"),
        pytest.param("2026,春节,放假,2026-07-01,2026-07-16", "超过 15 天", id="run-too-long"),
        pytest.param("2026,元旦,放假,2027-01-01,", "不属于 2026 年", id="day-of-the-year-after"),
        pytest.param("2026,春节,放假,2025-12-31,", "不属于 2026 年", id="only-new-year-reaches-back"),
        pytest.param("2026,元旦,放假,2025-12-24,", "不属于 2026 年", id="reaches-back-too-far"),
        pytest.param("2026,春节,上班,2026-03-03,", "是星期二", id="working-day-on-a-tuesday"),
        pytest.param("2026,春节,上班,2026-03-07,2026-03-09", "是星期一", id="run-of-work-into-monday"),
        pytest.param("2026,春节,上班,2026-10-03,", "已在第", id="off-and-worked"),
        pytest.param("2026,国庆节,放假,2026-10-07,2026-10-08", "已在第", id="day-named-twice"),
        pytest.param(f"2026,{'春' * 200_000},放假,2026-02-24,", "无法按逗号分格", id="cell-without-end"),
    ],
)
def test_a_row_that_cannot_stand_refuses_the_file_and_names_its_line(row: str, reason: str) -> None:
    text = written(known(2026)) + "\n" + row
    with pytest.raises(NoticeUnfit) as refused:
        read_notice(text)
    line = len(known(2026).days) + 2
    assert refused.value.zh.startswith(f"第 {line} 行：")
    assert reason in refused.value.zh
    assert refused.value.en.startswith(f"Line {line}: ")


def test_a_day_named_twice_is_refused_with_both_lines() -> None:
    with pytest.raises(NoticeUnfit, match=r"第 4 行：2026-01-02 已在第 2 行"):
        read_notice(
            f"{HEADER}\n2026,元旦,放假,2026-01-01,2026-01-02\n# …\n2026,元旦,放假,2026-01-02,2026-01-03"
        )


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing", HEADER, f"{HEADER}\n\n"])
def test_a_file_without_rows_is_refused(text: str) -> None:
    with pytest.raises(NoticeUnfit, match="没有任何安排"):
        read_notice(text)


def test_a_file_without_header_is_refused_at_its_first_line() -> None:
    with pytest.raises(NoticeUnfit, match=r"第 1 行：应为表头"):
        read_notice("2026,元旦,放假,2026-01-01,2026-01-03")


def test_a_file_that_leaves_out_holidays_is_refused_with_their_names() -> None:
    lines = [line for line in written(known(2026)).splitlines() if "端午" not in line and "清明" not in line]
    with pytest.raises(NoticeUnfit, match="清明、端午"):
        read_notice("\n".join(lines))


def test_new_year_may_reach_back_into_december() -> None:
    days = {day.on: day.is_working for day in read_notice(written(known(2019))).days}
    assert (days[date(2018, 12, 29)], days[date(2018, 12, 31)]) == (True, False)


@given(st.text() | st.lists(st.sampled_from([*',#\n"-/', "2026", "春节", "放假", "2026-01-01"])).map("".join))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    for header in ("", ",".join(HEADERS[0]) + "\n"):
        with pytest.raises(NoticeUnfit):
            read_notice(header + text)
