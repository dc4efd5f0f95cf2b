"""A child process that reads the XML of a workbook for what the reader of its cells loses.

The cells are opened by a library that returns values as text: that a cell is a formula,
an error, a yes/no, a number too long for its 15 digits, a date or a number shown with
leading zeros is no longer seen in it. This process streams the sheets, finds exactly
such cells, and writes them as lines `sheet,row,column,kind,text` (row from 1 and column
from 0 as in the sheet). It also proves that no part unpacks to more than it declares,
and finds the last row that holds a value. It imports nothing outside the standard library.

Standard input: one JSON object (path, marks, sheets, seconds, memory_bytes, max_row).
Standard output: one JSON object, either {"last_rows": [...]} or {"refused": ..., ...}.
"""

from __future__ import annotations

import html
import json
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from xueji.spreadsheets.child_limits import limit_this_process

CHUNK_BYTES = 4 << 20
MAX_CELL_BYTES = 16 << 20  # a cell holds 32,767 characters at most

FORMULA, ERROR, BOOLEAN, LONG_NUMBER, DATE, PADDED = range(6)

_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NOT_FORMAT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_DATE_LETTERS = re.compile(r"[ymdhse]|年|月|日", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_REFERENCE = re.compile(rb"([A-Za-z]{1,3})([0-9]{1,7})")
_SAFE_TEXT = re.compile(rb"[#\w./!?+\- ]{1,40}")
_DIGITS = re.compile(rb"[0-9]+")


class Refuse(Exception):
    """The workbook is refused; `facts` become the answer."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.facts: dict[str, object] = {"refused": code, **facts}


class Styles(NamedTuple):
    """The cell styles (by number) that show a date, and those that show leading zeros (with width)."""

    dates: frozenset[bytes]
    padded: dict[bytes, int]


class Cell(NamedTuple):
    """Where a cell stands, its opening tag's attributes, and its value as the XML has it."""

    row: int
    column: int
    attributes: dict[bytes, bytes]
    value: bytes


def main() -> None:
    """Scan the workbook named on standard input and answer on standard output."""
    job = json.load(sys.stdin)
    limit_this_process(memory_bytes=job["memory_bytes"], seconds=job["seconds"])
    try:
        answer = _scan(job)
    except Refuse as refused:
        answer = refused.facts
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        answer = {"refused": "truncated"}
    json.dump(answer, sys.stdout)


def _scan(job: dict[str, Any]) -> dict[str, Any]:
    sheet_entries = [sheet["entry"] for sheet in job["sheets"]]
    with zipfile.ZipFile(job["path"]) as archive, open(job["marks"], "w", encoding="ascii") as marks:
        for entry in archive.infolist():
            if entry.filename not in sheet_entries and not entry.filename.lower().startswith("xl/media/"):
                for _ in _chunks(archive, entry):
                    pass
        styles = _styles(archive)
        last_rows = []
        for number, sheet in enumerate(job["sheets"]):
            scan = SheetScan(styles, number, marks)
            for chunk in _chunks(archive, archive.getinfo(sheet["entry"])):
                scan.feed(chunk)
            scan.finish()
            last_rows.append(scan.last_row)
    return {"last_rows": last_rows}


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what a part unpacks to; refuse a part that is longer than declared or defines entities."""
    with open(str(archive.filename), "rb") as file:
        file.seek(entry.header_offset)
        header = file.read(30)
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile
        file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
        left = entry.compress_size
        unpack = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
        total = 0
        while left > 0:
            packed = file.read(min(left, 256 << 10))
            if not packed:
                raise EOFError
            left -= len(packed)
            while packed:
                chunk = packed if unpack is None else unpack.decompress(packed, CHUNK_BYTES)
                packed = b"" if unpack is None else unpack.unconsumed_tail
                if total == 0 and re.search(rb"<!\s*(?:DOCTYPE|ENTITY)", chunk, re.IGNORECASE):
                    raise Refuse("bomb", about="entities")
                total += len(chunk)
                if total > entry.file_size:
                    raise Refuse("bomb", about="size")
                yield chunk
        if unpack is not None and not unpack.eof:
            raise EOFError


def _styles(archive: zipfile.ZipFile) -> Styles:
    content = next(
        (archive.read(name) for name in archive.namelist() if name.lower() == "xl/styles.xml"), b""
    )
    codes: dict[int, str] = {}
    for tag in re.finditer(rb"<(?:\w+:)?numFmt\s([^>]*)>", content):
        attributes = _attributes(tag[1])
        number = attributes.get(b"numFmtId", b"")
        if _DIGITS.fullmatch(number):
            codes[int(number)] = html.unescape(attributes.get(b"formatCode", b"").decode("utf-8", "replace"))
    dates: set[bytes] = set()
    padded: dict[bytes, int] = {}
    block = re.search(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", content, re.DOTALL)
    if block is not None:
        for index, tag in enumerate(re.finditer(rb"<(?:\w+:)?xf(?=[\s/>])([^>]*)>", block[0])):
            number = _attributes(tag[1]).get(b"numFmtId", b"0")
            format_id = int(number) if _DIGITS.fullmatch(number) else 0
            code = codes.get(format_id, "")
            if format_id in _DATE_FORMATS or _shows_date(code):
                dates.add(b"%d" % index)
            elif re.fullmatch(r"0{2,}", code):
                padded[b"%d" % index] = len(code)
    return Styles(frozenset(dates), padded)


def _shows_date(code: str) -> bool:
    return code.lower() != "general" and bool(_DATE_LETTERS.search(_NOT_FORMAT_CODE.sub("", code)))


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    return {name: double or single for name, double, single in _ATTRIBUTE.findall(tag)}


class SheetScan:
    """One sheet on its way through: fed with chunks of its XML, it writes the cells that matter."""

    def __init__(self, styles: Styles, number: int, marks: IO[str]) -> None:
        self.styles = styles
        self.number = number
        self.marks = marks
        self.last_row = 0
        self._rest = b""
        self._started = False
        self._ended = False
        self._prefix = b""
        self._counts = False  # cells carry no reference, so they are counted
        self._row = 0
        self._column = -1

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the sheet; a cell cut in two waits for its other half."""
        if self._ended:
            return
        content = self._rest + chunk
        if not self._started:
            at = content.find(b"sheetData")
            if at < 0:
                self._rest = content[-MAX_CELL_BYTES:]
                return
            self._start(content, at)
        end = content.find(b"</" + self._prefix + b"sheetData>")
        if end >= 0:
            self._ended = True
            self._look(content[:end])
            self._rest = b""
            return
        cut = content.rfind(b"<" + self._prefix + b"c ")
        if self._counts:
            cut = max(cut, *(content.rfind(b"<" + self._prefix + tag) for tag in (b"c>", b"row")))
        if cut <= 0:
            if len(content) > MAX_CELL_BYTES:
                raise Refuse("bomb", about="cell")
            self._rest = content
            return
        self._rest = content[cut:]
        if len(self._rest) > MAX_CELL_BYTES:
            raise Refuse("bomb", about="cell")
        # The row's own tag may be cut off from its cells, so the row number is remembered.
        self._look(content[:cut])

    def finish(self) -> None:
        """Take what is left when the sheet ended without its closing tag."""
        if self._rest and not self._ended and self._started:
            self._look(self._rest)

    def _start(self, content: bytes, at: int) -> None:
        self._started = True
        prefix = re.search(rb"<(\w+:)?sheetData", content[: at + 9])
        self._prefix = b"" if prefix is None or prefix[1] is None else prefix[1]
        name = re.escape(self._prefix)
        self._cell = re.compile(b"<" + name + rb"c(?=[\s/>])([^>]*)>")
        self._row_tag = re.compile(b"<" + name + rb"row(?=[\s/>])([^>]*)>")
        self._value = re.compile(
            rb"\s*(?:<"
            + name
            + rb"f\b[^>]*(?:/>|>[^<]*</"
            + name
            + rb"f>))?\s*<"
            + name
            + rb"v[^>]*>([^<]*)<"
        )
        self._formula = re.compile(b"<" + name + rb"f[ />]")
        self._formula_next = re.compile(rb"\s*" + self._formula.pattern)
        self._type = re.compile(rb' t="[be]"')
        styles = b"|".join(sorted(self.styles.dates | self.styles.padded.keys()))
        self._style = re.compile(rb' s="(?:' + styles + rb')"') if styles else None
        self._long = re.compile(
            b"<" + name + rb"""c(?=\s)(?![^>]* t=["'](?:s|str|inlineStr|d)["'])[^>]*>\s*"""
            b"<" + name + rb"v>-?(?:[0-9]{16,}|[0-9]\.?[0-9]*[eE]\+?(?:1[5-9]|[2-9][0-9]))"
        )
        first = self._cell.search(content, at)
        self._counts = first is not None and b"r" not in _attributes(first[1])

    def _look(self, content: bytes) -> None:
        if self._counts:
            self._count(content)
            return
        self._find_last_row(content)
        seen: set[int] = set()
        opening = b"<" + self._prefix + b"c"
        finders = [self._formula, self._type, self._long, *([self._style] if self._style else [])]
        for finder in finders:
            for hit in finder.finditer(content):
                at = content.rfind(opening, 0, hit.start() + len(opening))
                if at < 0 or at in seen:
                    continue
                tag = self._cell.match(content, at)
                if tag is None or (finder in (self._type, self._style) and tag.end() < hit.start()):
                    continue
                attributes = _attributes(tag[1])
                place = _REFERENCE.fullmatch(attributes.get(b"r", b""))
                if place is None:
                    continue
                seen.add(at)
                cell = Cell(int(place[2]), _column_index(place[1]), attributes, self._value_of(content, tag))
                self._judge(cell, has_formula=self._has_formula(content, tag))

    def _find_last_row(self, content: bytes) -> None:
        name = self._prefix
        value = max(content.rfind(b"<" + name + b"v>"), content.rfind(b"<" + name + b"t>"),
                    content.rfind(b"<" + name + b"t "))  # fmt: skip
        at = content.rfind(b"<" + name + b"c ", 0, value) if value >= 0 else -1
        tag = self._cell.match(content, at) if at >= 0 else None
        if tag is not None:
            place = _REFERENCE.fullmatch(_attributes(tag[1]).get(b"r", b""))
            if place is not None:
                self.last_row = max(self.last_row, int(place[2]))

    def _count(self, content: bytes) -> None:
        tokens = re.compile(b"(" + self._row_tag.pattern + b")|" + self._cell.pattern)
        for token in tokens.finditer(content):
            if token[1] is not None:
                number = _attributes(token[2]).get(b"r", b"")
                self._row = int(number) if _DIGITS.fullmatch(number) else self._row + 1
                self._column = -1
                continue
            attributes = _attributes(token[3])
            place = _REFERENCE.fullmatch(attributes.get(b"r", b""))
            self._column = self._column + 1 if place is None else _column_index(place[1])
            value = self._value_of(content, token)
            if value or b"inlineStr" in attributes.values():
                self.last_row = max(self.last_row, self._row)
            cell = Cell(self._row, self._column, attributes, value)
            self._judge(cell, has_formula=self._has_formula(content, token))

    def _value_of(self, content: bytes, tag: re.Match[bytes]) -> bytes:
        value = None if tag[0].endswith(b"/>") else self._value.match(content, tag.end())
        return b"" if value is None else value[1]

    def _has_formula(self, content: bytes, tag: re.Match[bytes]) -> bool:
        return not tag[0].endswith(b"/>") and self._formula_next.match(content, tag.end()) is not None

    def _judge(self, cell: Cell, *, has_formula: bool) -> None:
        if has_formula:
            self._mark(cell, FORMULA, b"")
        kind = cell.attributes.get(b"t", b"n")
        style = cell.attributes.get(b"s", b"")
        if kind == b"e":
            self._mark(cell, ERROR, cell.value)
        elif kind == b"b":
            self._mark(cell, BOOLEAN, cell.value)
        elif kind == b"n" and cell.value:
            if style in self.styles.dates:
                self._mark(cell, DATE, cell.value)
            elif style in self.styles.padded:
                self._mark(cell, PADDED, b"%d" % self.styles.padded[style])
            if _is_long(cell.value):
                self._mark(cell, LONG_NUMBER, cell.value)

    def _mark(self, cell: Cell, kind: int, text: bytes) -> None:
        safe = text.decode() if _SAFE_TEXT.fullmatch(text) else ""
        self.marks.write(f"{self.number},{cell.row},{cell.column},{kind},{safe}\n")


def _is_long(value: bytes) -> bool:
    """Return whether a stored number has more than the 15 digits that Excel keeps."""
    try:
        return abs(float(value)) >= 1e15
    except ValueError:
        return False


def _column_index(letters: bytes) -> int:
    index = 0
    for letter in letters.upper():
        index = index * 26 + letter - 64
    return index - 1


if __name__ == "__main__":
    main()
