"""The State Council's yearly notice of days off (国务院办公厅关于部分节假日安排的通知), and its file.

The file is a table of comma-separated text: a header, then one row per run of days.

    年份,节日,安排,开始,结束
    2026,元旦,放假,2026-01-01,2026-01-03
    2026,元旦,上班,2026-01-04,

A file is one whole notice. An amended notice is the whole of it again, with the amendment.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from xueji.lib.errors import Refused
from xueji.lib.working_days import SATURDAY

HEADERS: Final = (
    ("年份", "节日", "安排", "开始", "结束"),
    ("year", "holiday", "kind", "first", "last"),
)
KINDS: Final = {"放假": False, "off": False, "上班": True, "work": True}  # arrangement → is it worked

# What every notice arranges. Source: 全国年节及纪念日放假办法, article 2, as in force since 2008.
FESTIVALS: Final = ("元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆")
YEARS: Final = range(2008, 2100)
NEW_YEAR: Final = "元旦"
DECEMBER: Final = 12
# The days around New Year are arranged by the notice of the new year: from this day of December on.
FIRST_OF_DECEMBER: Final = 25
LONGEST: Final = 15  # days; the longest run so far had ten, so what is longer is a slip of the pen
NAME_LENGTH: Final = 40

DAY: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})", re.ASCII)


class NoticeUnfit(Refused):
    """A file that is not one whole notice without contradiction; nothing of it is taken."""

    code = "notice-unfit"


@dataclass(frozen=True)
class NoticeDay:
    """A day that a notice names: off, or worked although it is a weekend."""

    on: date
    is_working: bool
    name: str


@dataclass(frozen=True)
class Notice:
    """One year's notice, its days in order. Those around New Year may lie in the December before."""

    year: int
    days: tuple[NoticeDay, ...]


def title(year: int) -> str:
    """Return the title under which the notice of a year is published."""
    return f"国务院办公厅关于{year}年部分节假日安排的通知"


def decoded(content: bytes) -> str:
    """Return the text of a file, as spreadsheets write it: UTF-8 or GB 18030. Raises NoticeUnfit."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NoticeUnfit(
        "文件不是文本。请用电子表格软件另存为“CSV UTF-8（逗号分隔）”后再导入。",
        "The file is not text. Save it from your spreadsheet as “CSV UTF-8 (comma delimited)” and import it again.",
    )


def read_notice(text: str) -> Notice:
    """Return the notice that a file holds, its days in order.

    Raises NoticeUnfit with the line, the reason and the remedy.
    """
    year: int | None = None
    days: dict[date, NoticeDay] = {}
    lines: dict[date, int] = {}
    for number, cells in _rows(text):
        said = _year(number, cells[0])
        if year is not None and said != year:
            raise _unfit(
                number,
                f"年份 {said} 与前面的 {year} 不同。一个文件只写一年的通知，请分开导入。",
                f"the year {said} differs from {year} above. A file holds the notice of one year; import them apart.",
            )
        year = said
        for day in _days(number, year, cells):
            if day.on in days:
                raise _unfit(
                    number,
                    f"{day.on} 已在第 {lines[day.on]} 行写过。每一天只能写一次，请对照通知删改。",
                    f"{day.on} is on line {lines[day.on]} already. Name each day once; check it against the notice.",
                )
            days[day.on], lines[day.on] = day, number
    if year is None:
        raise NoticeUnfit(
            "文件中没有任何安排。请按“年份,节日,安排,开始,结束”逐行填写通知的全部内容。",
            "The file arranges nothing. Fill in the whole notice, one row per run of days: year,holiday,kind,first,last.",
        )
    _require_festivals(days)
    return Notice(year, tuple(days[on] for on in sorted(days)))


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows below the header, each with its line, as five cells; comments and blank lines are left out."""
    has_header = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip('\ufeff \t"').startswith("#"):
            continue
        cells = _cells(number, line)
        if not any(cells):
            continue
        while len(cells) > len(HEADERS[0]) and not cells[-1]:
            cells.pop()
        if not has_header:
            if tuple(cell.lstrip("\ufeff").lower() for cell in cells) not in HEADERS:
                raise _unfit(
                    number,
                    "应为表头“年份,节日,安排,开始,结束”，请补上这一行。",
                    "the header is missing; begin with the row year,holiday,kind,first,last.",
                )
            has_header = True
            continue
        if len(cells) == len(HEADERS[0]) - 1:
            cells.append("")  # a single day needs no comma after it
        if len(cells) != len(HEADERS[0]):
            raise _unfit(
                number,
                f"有 {len(cells)} 格，应为 5 格：年份,节日,安排,开始,结束。节日名称中请用顿号，不用逗号。",
                f"{len(cells)} cells instead of 5: year,holiday,kind,first,last. Write no comma inside a name.",
            )
        yield number, cells


def _cells(number: int, line: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line]), [])]
    except csv.Error as error:
        raise _unfit(
            number,
            "无法按逗号分格，请用电子表格软件另存为“CSV UTF-8（逗号分隔）”。",
            "cannot be split into cells; save the file from your spreadsheet as “CSV UTF-8 (comma delimited)”.",
        ) from error


def _year(number: int, text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) in YEARS:
        return int(text)
    raise _unfit(
        number,
        f"年份“{text}”无效，应为 {YEARS[0]} 至 {YEARS[-1]} 的四位数字。",
        f"“{text}” is no year; write four digits, {YEARS[0]} to {YEARS[-1]}.",
    )


def _days(number: int, year: int, cells: list[str]) -> Iterator[NoticeDay]:
    """Yield the days of one row."""
    _, name, kind, first_text, last_text = cells
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        raise _unfit(
            number,
            f"节日名称应为 1 至 {NAME_LENGTH} 个字，如“春节”。",
            f"the holiday needs a name of 1 to {NAME_LENGTH} characters, in Chinese, such as 春节.",
        )
    if kind.lower() not in KINDS:
        raise _unfit(
            number,
            f"安排“{kind}”无效，只能写“放假”或“上班”。",
            f"the kind “{kind}” is neither off nor work.",
        )
    is_working = KINDS[kind.lower()]
    first = _day(number, first_text)
    last = _day(number, last_text) if last_text else first
    if last < first:
        raise _unfit(
            number,
            f"结束日期 {last} 早于开始日期 {first}，请对照通知改正。",
            f"the last day {last} comes before the first, {first}; check both against the notice.",
        )
    if (last - first).days >= LONGEST:
        raise _unfit(
            number,
            f"{first} 至 {last} 超过 {LONGEST} 天，请核对起止日期。",
            f"{first} to {last} is longer than {LONGEST} days; check both days.",
        )
    for n in range((last - first).days + 1):
        on = first + timedelta(days=n)
        _require_of_year(number, year, on, name)
        if is_working and on.weekday() < SATURDAY:
            raise _unfit(
                number,
                f"{on} 是星期{'一二三四五'[on.weekday()]}，本来就上班。“上班”只写调休的星期六、星期日，请核对日期。",
                f"{on} is a {on:%A} and worked anyway. Only Saturdays and Sundays become working days; check the day.",
            )
        yield NoticeDay(on, is_working, name)


def _day(number: int, text: str) -> date:
    found = DAY.fullmatch(text)
    try:
        if found:
            return date(*map(int, found.groups()))
    except ValueError:
        pass  # such as 30 February: told below like any other
    raise _unfit(
        number,
        f"“{text}”不是日期，请写成 2026-01-01 的样子。",
        f"“{text}” is no day; write it as 2026-01-01.",
    )


def _require_of_year(number: int, year: int, on: date, name: str) -> None:
    turn = date(year - 1, DECEMBER, FIRST_OF_DECEMBER)
    if on.year == year or (NEW_YEAR in name and turn <= on < date(year, 1, 1)):
        return
    raise _unfit(
        number,
        f"{on} 不属于 {year} 年。除元旦可从上年 12 月 {FIRST_OF_DECEMBER} 日起外，只写当年的日期。",
        f"{on} is not in {year}. Only New Year (元旦) may reach back to {FIRST_OF_DECEMBER} December; check the day.",
    )


def _require_festivals(days: dict[date, NoticeDay]) -> None:
    named = {day.name for day in days.values() if not day.is_working}
    missing = [festival for festival in FESTIVALS if not any(festival in name for name in named)]
    if missing:
        raise NoticeUnfit(
            f"缺少节日的放假安排：{'、'.join(missing)}。文件应包含通知的全部节日，补全后再导入。",
            f"No day off for {', '.join(missing)}. The file has to hold every holiday of the notice; complete it.",
        )


def _unfit(number: int, zh: str, en: str) -> NoticeUnfit:
    return NoticeUnfit(f"第 {number} 行：{zh}", f"Line {number}: {en}")
