"""Files that are broken, disguised or built to do harm: each gets one clear sentence."""

import io
import re
import struct
import zipfile

import openpyxl
import pytest

from tests.spreadsheets.workbooks import (
    COLUMNS,
    HEADER,
    header_row,
    parts,
    rows_workbook,
    saved,
    sheet,
    text_cell,
    workbook,
    zipped,
)
from xueji.spreadsheets import reader
from xueji.spreadsheets.reader import read
from xueji.spreadsheets.rules.limits import OpeningLimits
from xueji.spreadsheets.rules.refusals import SENTENCES, WorkbookRefused

SOUND = parts(sheet(header_row() + f'<row r="2">{text_cell("A2", "张三")}</row>'))
LAUGHS = b'<!DOCTYPE a [<!ENTITY a "ha">' + b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in b"bcdefghij"
) + b"]>"  # fmt: skip


def with_part(name, content):
    return zipped({**SOUND, name: content})


def zip_bomb():
    return with_part("xl/worksheets/sheet1.xml", sheet(header_row() + " " * 300_000_000))


def understated():
    """A sheet of 200 MB whose directory entry says that it has 4 KB."""
    content = zipped({**SOUND, "xl/worksheets/sheet1.xml": sheet(header_row() + " " * 200_000_000)})
    true_size = struct.pack("<L", len(sheet(header_row())) + 200_000_000)
    assert content.count(true_size) == 2
    return content.replace(true_size, struct.pack("<L", 4096))


def many_parts():
    return zipped(SOUND | {f"xl/media/image{number}.png": b"" for number in range(5_000)})


def huge_directory():
    return zipped(SOUND | {f"{number:03}{'x' * 60_000}": b"" for number in range(50)})


def overlapping():
    """Two hundred parts that all unpack the same bytes."""
    content = zipped(SOUND | {"xl/one.bin": bytes(range(256)) * 12_000}, level=0)
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a") as archive:
        one = archive.getinfo("xl/one.bin")
        for number in range(150):
            twin = zipfile.ZipInfo(f"xl/twin{number}.bin")
            twin.header_offset, twin.CRC = one.header_offset, one.CRC
            twin.compress_size, twin.file_size = one.compress_size, one.file_size
            twin.compress_type = one.compress_type
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
        archive._didModify = True
    return file.getvalue()


def twin_parts():
    file = io.BytesIO(zipped(SOUND))
    with zipfile.ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/worksheets/sheet1.xml", sheet(header_row()))
    return file.getvalue()


def locked_part():
    """A zip whose parts ask for a password."""
    content = bytearray(zipped(SOUND))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(mark), bytes(content)):
            content[found.start() + offset] |= 1
    return bytes(content)


def unknown_packing():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in SOUND.items():
            archive.writestr(name, content)
    return file.getvalue()


def huge_dimension():
    cells = f'<row r="2">{text_cell("A2", "张三")}</row><row r="1048576">{text_cell("XFD1048576", "x")}</row>'
    return zipped(parts(sheet(header_row() + cells)))


def wide_and_deep():
    """Few cells, but the rectangle around them has 3,000 million."""
    cells = "".join(f'<row r="{row}">{text_cell(f"XFD{row}", "x")}</row>' for row in (2, 190_000))
    return zipped(parts(sheet(header_row() + cells)))


def declared_dimension():
    """The sheet says that it is huge and holds one row."""
    content = sheet(header_row() + f'<row r="2">{text_cell("A2", "张三")}</row>')
    return zipped(parts(content.replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')))


def string_bomb():
    """One long text, shown by 150,000 cells."""
    shared = f'<sst xmlns="x"><si><t>{"张" * 32_000}</t></si></sst>'.encode()
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(2, 150_002))
    return zipped(parts(sheet(header_row() + cells), shared=shared))


def laughing_strings():
    shared = LAUGHS + b'<sst xmlns="x"><si><t>&j;</t></si></sst>'
    return zipped(parts(sheet(header_row() + '<row r="2"><c r="A2" t="s"><v>0</v></c></row>'), shared=shared))


def laughing_sheet():
    return with_part("xl/worksheets/sheet1.xml", LAUGHS + sheet(header_row()))


def laughing_index():
    return with_part("xl/workbook.xml", LAUGHS + SOUND["xl/workbook.xml"])


def foreign_entity():
    outside = b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    content = outside + sheet(header_row() + f'<row r="2">{text_cell("A2", "&a;")}</row>')
    return with_part("xl/worksheets/sheet1.xml", content)


def endless_cell():
    return with_part(
        "xl/worksheets/sheet1.xml",
        sheet(header_row() + f'<row r="2">{text_cell("A2", "".join(map(str, range(5_000_000))))}</row>'),
    )


def too_many_rows():
    cells = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(2, 200_003))
    return zipped(parts(sheet(header_row() + cells)))


def header_in_row_six():
    return rows_workbook(["名册"], [], [], [], [], HEADER, ["张三", "1"])


def hidden_only():
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    book.create_sheet("别的")
    book.active.sheet_state = "hidden"
    book.active = 1
    return saved(book)


def truncated():
    content = rows_workbook(HEADER, *[["张三", str(number)] for number in range(500)])
    return content[: len(content) * 2 // 3]


def damaged():
    """The packed bytes of the sheet are overwritten, the directory is whole."""
    content = bytearray(zipped({**SOUND, "xl/worksheets/sheet1.xml": sheet(header_row() * 50)}))
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        at = archive.getinfo("xl/worksheets/sheet1.xml").header_offset + 80
    content[at : at + 60] = b"\xff" * 60
    return bytes(content)


def half_xml():
    return with_part("xl/worksheets/sheet1.xml", sheet(header_row() + '<row r="2"><c r="A2"><')[:-24])


def old_excel():
    return bytes.fromhex("D0CF11E0A1B11AE1") + bytes(2_000) + "Workbook".encode("utf-16-le") + bytes(500)


def with_password():
    return bytes.fromhex("D0CF11E0A1B11AE1") + bytes(900) + "EncryptedPackage".encode("utf-16-le") + bytes(90)


def open_document():
    return zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<a/>"})


def csv_file(text, encoding="utf-8"):
    return (",".join(HEADER) + "\n" + text).encode(encoding)


REFUSED = [
    ("empty.xlsx", lambda: b"", "not-a-workbook"),
    ("text.xlsx", lambda: csv_file("张三,1"), "not-a-workbook"),
    ("page.xls", lambda: b"<html><table><tr><td>x</td></tr></table></html>", "not-a-workbook"),
    ("old.xls", old_excel, "not-a-workbook"),
    ("sheet.ods", open_document, "not-a-workbook"),
    ("any.zip", lambda: zipped({"a.txt": b"x"}), "not-a-workbook"),
    ("random.xlsx", lambda: bytes(range(256)) * 40, "not-a-workbook"),
    ("password.xlsx", with_password, "encrypted"),
    ("locked-part.xlsx", locked_part, "encrypted"),
    ("truncated.xlsx", truncated, "truncated"),
    ("start-only.xlsx", lambda: b"PK\x03\x04", "truncated"),
    ("end-only.xlsx", lambda: b"PK\x03\x04" + b"PK\x05\x06" + b"\xff" * 18, "bomb"),
    ("damaged.xlsx", damaged, "truncated"),
    ("half-xml.xlsx", half_xml, "unreadable"),
    ("other-packing.xlsx", unknown_packing, "unreadable"),
    ("no-index.xlsx", lambda: with_part("xl/workbook.xml", b"<workbook"), "unreadable"),
    ("hidden-only.xlsx", hidden_only, "no-header"),
    ("zip-bomb.xlsx", zip_bomb, "bomb"),
    ("understated.xlsx", understated, "bomb"),
    ("many-parts.xlsx", many_parts, "bomb"),
    ("huge-directory.xlsx", huge_directory, "bomb"),
    ("overlapping.xlsx", overlapping, "bomb"),
    ("twin-parts.xlsx", twin_parts, "bomb"),
    ("laughing-strings.xlsx", laughing_strings, "bomb"),
    ("laughing-sheet.xlsx", laughing_sheet, "bomb"),
    ("laughing-index.xlsx", laughing_index, "bomb"),
    ("foreign-entity.xlsx", foreign_entity, "bomb"),
    ("endless-cell.xlsx", endless_cell, "bomb"),
    ("huge-dimension.xlsx", huge_dimension, "too-many-rows"),
    ("wide-and-deep.xlsx", wide_and_deep, "too-large"),
    ("string-bomb.xlsx", string_bomb, "too-large"),
    ("too-many-rows.xlsx", too_many_rows, "too-many-rows"),
    ("no-header.xlsx", lambda: rows_workbook(["甲", "乙"], ["1", "2"]), "no-header"),
    ("header-in-row-six.xlsx", header_in_row_six, "no-header"),
    ("blank.xlsx", lambda: workbook(lambda page: None), "no-header"),
    ("blank.csv", lambda: b"", "no-header"),
    ("no-header.csv", lambda: b"a,b\n1,2\n", "no-header"),
    ("open-quote.csv", lambda: csv_file('张三,"1\n李四,2\n'), "unreadable"),
    ("stray-quote.csv", lambda: csv_file('"张"三,1\n'), "unreadable"),
    ("long-quote.csv", lambda: csv_file('"' + "x" * 5_000_000), "unreadable"),
    ("picture.csv", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, "encoding"),
    ("broken-utf-16.csv", lambda: b"\xff\xfe" + b"\x00\xd8" * 3, "encoding"),
    ("zeros.csv", lambda: csv_file("张三,\0"), "encoding"),
    ("too-many-rows.csv", lambda: csv_file("张三,1\n" * 230_000), "too-many-rows"),
    ("flood-of-commas.csv", lambda: csv_file(("," * 1_900 + "\n") * 11_000), "too-large"),
    ("too-many-columns.csv", lambda: csv_file("," * 5_000), "too-large"),
]


@pytest.mark.parametrize(("name", "make", "code"), [pytest.param(*case, id=case[0]) for case in REFUSED])
def test_a_file_that_cannot_be_used_is_refused_in_one_sentence(name, make, code):
    with pytest.raises(WorkbookRefused) as refused:
        read(make(), columns=COLUMNS, name=name)
    assert refused.value.code == code
    assert refused.value.zh.startswith(f"“{name}”")
    assert refused.value.zh.endswith("。")
    assert name in refused.value.en
    assert refused.value.en.endswith(".")
    assert "{" not in refused.value.zh + refused.value.en


def test_the_sentence_says_in_which_row_a_late_header_stands():
    with pytest.raises(WorkbookRefused, match="表头在第 6 行"):
        read(header_in_row_six(), columns=COLUMNS, name="x.xlsx")


def test_a_workbook_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(reader, "opening_limits", lambda declared: OpeningLimits(2 << 30, 0))
    with pytest.raises(WorkbookRefused) as refused:
        read(zipped(SOUND), columns=COLUMNS, name="slow.xlsx")
    assert refused.value.code == "time-limit"


def test_every_reason_for_a_refusal_is_met_by_a_file():
    assert {code for _, _, code in REFUSED} | {"time-limit"} == set(SENTENCES)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: zipped(SOUND), id="sound"),
        pytest.param(declared_dimension, id="declared-dimension"),
        pytest.param(lambda: with_part("xl/vbaProject.bin", b"Attribute VB_Name"), id="macros-are-not-run"),
        pytest.param(lambda: with_part("xl/externalLinks/link1.xml", b"<a/>"), id="links-are-not-followed"),
        pytest.param(
            lambda: with_part("xl/media/image1.png", bytes(3_000_000)), id="pictures-are-not-opened"
        ),
    ],
)
def test_a_strange_but_harmless_workbook_is_read(make):
    assert read(make(), columns=COLUMNS, name="x.xlsx").frame["name"].to_list() == ["张三"]
