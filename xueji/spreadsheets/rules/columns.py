"""Columns of a workbook, and how the headers that people write are matched with them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

HEADER_ROWS = 5  # the header stands in one of the first five rows of the sheet
REASON_HEADER = "退回原因 / Reason"
ORIGINAL_ROW_HEADER = "原行号"
# A corrected file carries these two; they are ours, so a second upload does not report them.
RETURNED_HEADERS = (REASON_HEADER, ORIGINAL_ROW_HEADER)

_BLANKS = re.compile(r"[\s\u200b\u200c\u200d\u2060\ufeff]+")
_REQUIRED_MARKS = re.compile(r"^[*★]+|(?:[*★]|\((?:必填|required)\))+$")


@dataclass(frozen=True)
class Column:
    """One column: the name programs use, the headers people use, and what helps to fill it in."""

    key: str
    header_zh: str
    header_en: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    note_zh: str = ""
    note_en: str = ""
    choices: tuple[str, ...] | None = None
    width: float = 12
    example: str = ""


@dataclass(frozen=True)
class HeaderMatch:
    """What each cell of a header row stands for; indexes count the cells from 0."""

    found: dict[str, int]
    unknown: list[tuple[int, str]]
    missing_required: list[Column]
    repeated: list[tuple[int, str]]
    returned: list[int]


def plain(header: str) -> str:
    """Return a header as it is compared: half-width, without blanks and required marks, lower case."""
    text = _BLANKS.sub("", unicodedata.normalize("NFKC", header)).casefold()
    while (stripped := _REQUIRED_MARKS.sub("", text)) != text:
        text = stripped
    return text


def header_index(columns: Sequence[Column]) -> dict[str, str]:
    """Return the key for every accepted header: Chinese, English, both with a slash, aliases."""
    accepted: dict[str, str] = {}
    for column in columns:
        both = f"{column.header_zh}/{column.header_en}"
        for header in (column.header_zh, column.header_en, both, *column.aliases):
            if header:
                accepted.setdefault(plain(header), column.key)
    return accepted


def match_headers(cells: Sequence[str | None], columns: Sequence[Column]) -> HeaderMatch:
    """Return which cell of a header row is which column.

    Of two cells with the same header the first counts, the other is `repeated`. The
    columns that a corrected file adds are `returned`. Empty cells are left out.
    """
    accepted = header_index(columns)
    ours = {plain(header) for header in RETURNED_HEADERS}
    found: dict[str, int] = {}
    unknown: list[tuple[int, str]] = []
    repeated: list[tuple[int, str]] = []
    returned: list[int] = []
    for index, cell in enumerate(cells):
        text = plain(cell or "")
        if not text:
            continue
        key = accepted.get(text)
        if key is None:
            if text in ours:
                returned.append(index)
            else:
                unknown.append((index, (cell or "").strip()))
        elif key in found:
            repeated.append((index, (cell or "").strip()))
        else:
            found[key] = index
    missing = [column for column in columns if column.required and column.key not in found]
    return HeaderMatch(found, unknown, missing, repeated, returned)


def enough_matches(columns: Sequence[Column]) -> int:
    """Return how many headers make a row the header: two, and half of the required columns."""
    required = sum(column.required for column in columns)
    return max(min(2, len(columns)), (required + 1) // 2)


def find_header_row(
    rows: Sequence[Sequence[str | None]], columns: Sequence[Column]
) -> tuple[int, HeaderMatch] | None:
    """Return index and match of the row with most known headers; None if no row has enough."""
    best: tuple[int, HeaderMatch] | None = None
    for index, cells in enumerate(rows):
        match = match_headers(cells, columns)
        if best is None or len(match.found) > len(best[1].found):
            best = (index, match)
    if best is None or len(best[1].found) < enough_matches(columns):
        return None
    return best


def column_letters(index: int) -> str:
    """Return the letters that a spreadsheet shows for the column with this index from 0: 0 is A."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
