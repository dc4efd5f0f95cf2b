"""Both layouts of a roster, in every way that programs and people write them: read to the same typed values."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import string
from collections.abc import Callable
from datetime import date
from typing import Any

import openpyxl
import polars as pl
import pytest
import xlsxwriter

from tests.changes.admissions import issued
from tests.changes.rosters_as_csv import as_csv, child, nameless
from tests.changes.whole_import import carry_over
from tests.factories import PLACES, TODAY, resident_number, school
from xueji.changes.actions import rosters
from xueji.changes.queries.findings import of_checked
from xueji.changes.rules.roster_columns import FIELDS, NATIONAL, SHORT, Field
from xueji.changes.rules.roster_findings import ALREADY_HERE, BY_CODE, Severity

pytestmark = pytest.mark.usefixtures("db")

Sheet = list[list[Any]]
Writer = Callable[[Sheet], bytes]

RARE = "𠮷"  # beyond the basic plane, in GB 18030 by four bytes


def full_value(f: Field, n: int) -> str:
    """Return what the n-th pupil has in a column of the national layout; every column is filled."""
    key = f.column.key
    own = {
        "school_identifier": "2133000001",
        "name": ("合成甲", f"合成{RARE}", "阿依古丽·合成", "Mary Synthetic")[n % 4],
        "document_number": resident_number(n, birth="20190901", sex="2"),
        "class_number": "2026101",
        "sex": "女",
        "birth_on": "20190901",
        "entered_on": "202609",
        "member2_document_number": resident_number(30 + n, birth="19850101"),
        "member1_document_number": resident_number(40 + n, birth="19850101", sex="2"),
        "member1_name": "合成母亲",
        "member2_name": "合成父亲",
        "member1_is_guardian": "是",
        "entry_mode": "就近入学",
    }
    if key in own:
        return own[key]
    by_kind = {
        "name": "合成旧名",
        "division": "330902",
        "phone": f"1390000000{n}",
        "postcode": "316000",
        "number": "1.5",
        "yesno": "否",
    }
    if f.kind in by_kind:
        return by_kind[f.kind]
    if f.code_list is not None:
        return f.column.choices[0] if f.column.choices else f.code_list.rows[0].zh
    return f.column.example or f"合成{n}"


def code_of(f: Field, value: str) -> str:
    """Return the code of a label."""
    return value if f.code_list is None else f.code_list.code_by_value[value]


def sheet_of(
    fields: tuple[Field, ...], pupils: int = 4, *, codes: bool = False, seed: int | None = None
) -> Sheet:
    """Return header and rows; with a seed, the columns in another order."""
    order = list(fields)
    if seed is not None:
        random.Random(seed).shuffle(order)
    rows = [[full_value(f, n) for f in order] for n in range(pupils)]
    if codes:
        rows = [[code_of(f, value) for f, value in zip(order, row, strict=True)] for row in rows]
    return [[f.column.header_zh for f in order], *rows]


def openpyxl_file(sheet: Sheet) -> bytes:
    book = openpyxl.Workbook()
    for row in sheet:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xlsxwriter_file(sheet: Sheet) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        page = book.add_worksheet("名册")
        for at, row in enumerate(sheet):
            page.write_row(at, 0, row)
    return file.getvalue()


def csv_file(encoding: str) -> Writer:
    def write(sheet: Sheet) -> bytes:
        text = io.StringIO()
        csv.writer(text).writerows(sheet)
        return text.getvalue().encode(encoding)

    return write


WRITERS = {
    "openpyxl.xlsx": openpyxl_file,
    "xlsxwriter.xlsx": xlsxwriter_file,
    "utf-8.csv": csv_file("utf-8"),
    "utf-8-bom.csv": csv_file("utf-8-sig"),
    "gb18030.csv": csv_file("gb18030"),
}


def check(content: bytes, name: str) -> rosters.Examined:
    return rosters.check_file(content, file_name=name, school=school(), today=TODAY)


def typed(found: rosters.Examined) -> list[dict[str, Any]]:
    """Return the rows as they will be kept: codes, dates, and text put right."""
    columns = [
        f"code_{f.column.key}" if f.code_list is not None else f.column.key
        for f in FIELDS
        if f.kind not in {"date", "month"}
    ]
    return found.checked.rows.select(
        *columns, "birth", "entered", "sex_final", "scheme", "class_id"
    ).to_dicts()


def codes_of(found: rosters.Examined) -> set[str]:
    return set(found.checked.findings["code"].to_list())


@pytest.fixture
def national() -> list[dict[str, Any]]:
    return typed(check(xlsxwriter_file(sheet_of(NATIONAL)), "a.xlsx"))


def test_a_national_workbook_with_every_column_filled_is_accepted(national: list[dict[str, Any]]) -> None:
    found = check(xlsxwriter_file(sheet_of(NATIONAL)), "a.xlsx")
    assert found.roster.layout == "national"
    assert found.checked.findings.rows() == []
    assert found.accepted.height == 4
    assert len(NATIONAL) == 71
    for row in national:
        assert all(value is not None for value in row.values())
    assert national[0]["birth"] == date(2019, 9, 1)
    assert national[0]["entered"] == date(2026, 9, 1)
    assert [row["name"] for row in national] == ["合成甲", f"合成{RARE}", "阿依古丽·合成", "Mary Synthetic"]


@pytest.mark.parametrize("name", sorted(WRITERS))
@pytest.mark.parametrize("codes", [False, True], ids=["labels", "codes"])
def test_the_national_layout_reads_the_same_whoever_wrote_it(
    name: str, codes: bool, national: list[dict[str, Any]]
) -> None:
    found = check(WRITERS[name](sheet_of(NATIONAL, codes=codes, seed=len(name))), name)
    assert found.checked.findings.rows() == []
    assert typed(found) == national


@pytest.mark.parametrize("name", sorted(WRITERS))
@pytest.mark.parametrize("codes", [False, True], ids=["labels", "codes"])
def test_the_short_layout_reads_the_same_whoever_wrote_it(name: str, codes: bool) -> None:
    expected = typed(check(xlsxwriter_file(sheet_of(SHORT)), "a.xlsx"))
    found = check(WRITERS[name](sheet_of(SHORT, codes=codes, seed=len(name))), name)
    assert found.roster.layout == "short"
    assert found.checked.findings.rows() == []
    assert typed(found) == expected


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_unknown_columns_are_told_and_ignored_and_the_header_may_stand_in_row_three(
    name: str, national: list[dict[str, Any]]
) -> None:
    header, *rows = sheet_of(NATIONAL, seed=3)
    sheet = [
        ["合成小学新生名册", *[""] * len(header)],
        ["填表人：合成", *[""] * len(header)],
        [*header[:5], "备注栏", *header[5:]],
        *([*row[:5], "随便写", *row[5:]] for row in rows),
    ]
    found = check(WRITERS[name](sheet), name)
    assert found.roster.ignored == ["备注栏"]
    assert typed(found) == national
    assert found.checked.rows["row"].to_list() == [4, 5, 6, 7]


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_trailing_empty_rows_vanish_and_inner_ones_keep_the_numbers_of_the_others(name: str) -> None:
    header, *rows = sheet_of(SHORT)
    empty = ["" for _ in header]
    found = check(
        WRITERS[name]([header, rows[0], empty, rows[1], *[empty] * 30, ["  " for _ in header]]), name
    )
    assert found.rows == 2
    assert found.checked.rows["row"].to_list() == [2, 4]


# What people write, put right and told.

BORN = date(2019, 9, 1)
SPELLINGS = {
    "digits": "20190901",
    "hyphens": "2019-09-01",
    "slashes": "2019/9/1",
    "full-stops": "2019.9.1",
    "chinese": "2019年9月1日",
    "full-width": "２０１９０９０１",
    "with-a-time": "2019-09-01 00:00:00",
    "day-count": "43709",
}


def of_one(
    values: dict[str, Any], writer: Writer = WRITERS["utf-8.csv"], name: str = "a.csv"
) -> rosters.Examined:
    keys = list(values)
    headers = {f.column.key: f.column.header_zh for f in FIELDS}
    return check(writer([[headers[key] for key in keys], [values[key] for key in keys]]), name)


@pytest.mark.parametrize("spelling", sorted(SPELLINGS))
@pytest.mark.parametrize("name", ["xlsxwriter.xlsx", "utf-8.csv"])
def test_a_date_is_read_in_every_spelling(spelling: str, name: str) -> None:
    found = of_one({**nameless(0), "birth_on": SPELLINGS[spelling]}, WRITERS[name], name)
    assert found.checked.findings.rows() == []
    assert found.checked.rows["birth"].to_list() == [BORN]


def test_a_date_may_be_a_date_cell_or_a_number_cell() -> None:
    for cell in (BORN, 20190901, 43709):
        found = of_one({**nameless(0), "birth_on": cell}, openpyxl_file, "a.xlsx")
        assert found.checked.rows["birth"].to_list() == [BORN], cell


@pytest.mark.parametrize(
    "written", ["202609", "2026-09", "2026年9月", "2026/9", "2026.09", "20260901", "２０２６０９"]
)
def test_a_month_of_entry_is_read_in_every_spelling(written: str) -> None:
    found = of_one({**child(0), "entered_on": written})
    assert found.checked.findings.rows() == []
    assert found.checked.rows["entered"].to_list() == [date(2026, 9, 1)]


X_NUMBER = next(number for n in range(50) if (number := resident_number(n, birth="20190901")).endswith("X"))
FULL_WIDTH = str.maketrans(string.digits + "X", "０１２３４５６７８９Ｘ")


@pytest.mark.parametrize(
    ("key", "written", "meant"),
    [
        pytest.param("document_number", X_NUMBER.lower(), X_NUMBER, id="lower-case-x"),
        pytest.param("document_number", X_NUMBER.translate(FULL_WIDTH), X_NUMBER, id="full-width-digits"),
        pytest.param(
            "document_number",
            f" {X_NUMBER[:6]} {X_NUMBER[6:14]}\u3000{X_NUMBER[14:]} ",
            X_NUMBER,
            id="blanks",
        ),
        pytest.param("document_number", f"\u200b{X_NUMBER}\ufeff", X_NUMBER, id="marks-without-width"),
        *(
            pytest.param("name", f"合成{dot}古丽", "合成·古丽", id=f"middle-dot-{ord(dot):04X}")
            for dot in "•・．‧∙⋅･.。"
        ),
        pytest.param("name", "合 成", "合成", id="blank-in-a-name"),
        pytest.param("class_number", "２０２６１０１", "2026101", id="full-width-class"),
        pytest.param("phone", "139 0000 0001", "13900000001", id="blanks-in-a-phone"),
        pytest.param("phone", "+86 13900000001", "13900000001", id="country-code"),
        pytest.param("present_address", "  合成路 1  号 ", "合成路 1 号", id="blanks-in-an-address"),
    ],
)
def test_what_is_meant_is_read_and_told(key: str, written: str, meant: str) -> None:
    found = of_one({**child(0), "document_number": X_NUMBER, key: written})
    assert found.checked.findings.rows() == []
    assert found.checked.rows[key].to_list() == [meant]
    assert found.checked.notes == {key: {"normalised": 1}}


@pytest.mark.parametrize(
    ("key", "written", "told"),
    [
        ("birth_on", "2019-09-01", 1),
        ("birth_on", "2019年9月1日", 1),
        ("birth_on", "20190901", 0),
        ("birth_on", "2019-13-01", 0),
        ("entered_on", "2026-09", 1),
        ("entered_on", "202609", 0),
    ],
)
def test_a_date_in_another_spelling_is_told(key: str, written: str, told: int) -> None:
    notes = of_one({**child(0), key: written}).checked.notes
    assert notes.get(key, {"normalised": 0}) == {"normalised": told}


def test_a_number_cell_of_a_class_is_its_number() -> None:
    found = of_one({**child(0), "class_number": 2026101}, xlsxwriter_file, "a.xlsx")
    assert found.checked.findings.rows() == []
    assert found.accepted.height == 1


# Every finding is produced, and says what it has to say.


def lost_digits() -> rosters.Examined:
    return of_one({**child(0), "document_number": 330902201909019001}, xlsxwriter_file, "a.xlsx")


def shifted() -> rosters.Examined:
    lines = as_csv([child(0), child(1)]).decode().splitlines()
    return check("\n".join([lines[0], lines[1] + ",多一格", lines[2]]).encode(), "a.csv")


def of_another_school() -> rosters.Examined:
    header, *rows = sheet_of(NATIONAL)
    rows[0][header.index("学校标识码")] = "2151000001"
    return check(xlsxwriter_file([header, *rows]), "a.xlsx")


def enrolled_already(identifier: str = "2151000001", **changed: str) -> rosters.Examined:
    carry_over(as_csv([child(0)]), name="a.csv", identifier=identifier)
    return of_one({**child(0), **changed})


def admitted(*more: str) -> rosters.Examined:
    """Check a child whom the authorities of other schools admitted to theirs."""
    for identifier in ("2133000002", *more):
        county = f"o{PLACES[identifier] // 1_000_000}"
        row = {key: child(0)[key] for key in ("name", "document_number")} | {"school_identifier": identifier}
        issued([row], by=county)
    return of_one(child(0))


def twice() -> rosters.Examined:
    return check(as_csv([child(0), child(1), {**child(0), "name": "合成又来"}]), "a.csv")


def known_person() -> rosters.Examined:
    carry_over(as_csv([nameless(0)]), name="a.csv", identifier="2151000001")
    return of_one(nameless(0))


def with_values(
    make: Callable[[int], dict[str, str]] = child, **changed: str
) -> Callable[[], rosters.Examined]:
    return lambda: of_one({**make(0), **changed})


def wrong_digit(number: str) -> str:
    return number[:-1] + ("0" if number[-1] != "0" else "1")


# code: (column it stands at, how it comes about)
PRODUCED: dict[str, list[tuple[str, Callable[[], rosters.Examined]]]] = {
    "missing": [
        ("name", with_values(name="")),
        ("document_number", with_values(document_number="")),
        ("birth_on", with_values(nameless, birth_on="")),
        ("sex", with_values(nameless, sex="")),
        ("phone", with_values(phone="", member1_phone="")),
        ("member1_relation", with_values(member1_relation="")),
    ],
    "not-own-school": [("school_identifier", of_another_school)],
    "unknown-code": [
        ("entry_mode", with_values(entry_mode="体育特招")),
        ("ethnicity", with_values(ethnicity="火星族")),
        ("sex", with_values(sex="Banana")),
        ("household_division", with_values(household_division="999999")),
    ],
    "id-length": [
        ("document_number", with_values(document_number="330902190901001")),
        ("document_number", lost_digits),
        ("document_number", with_values(nameless, document_number="é", nationality="法国")),
        ("member1_document_number", with_values(member1_document_number="123")),
    ],
    "id-check-digit": [
        ("document_number", with_values(document_number=wrong_digit(child(0)["document_number"]))),
        ("document_number", with_values(document_number="33090220190901900A")),
    ],
    "id-division": [
        (
            "document_number",
            with_values(document_number=resident_number(0, birth="20190901", division="009999")),
        )
    ],
    "id-birth-mismatch": [("birth_on", with_values(birth_on="20190902"))],
    "id-sex-mismatch": [("sex", with_values(sex="女"))],
    "birth-impossible": [
        ("birth_on", with_values(nameless, birth_on="2019-02-31")),
        ("birth_on", with_values(nameless, birth_on="20990901")),
        ("birth_on", with_values(nameless, birth_on="19190901")),
        ("document_number", with_values(document_number=resident_number(0, birth="20190231"))),
    ],
    "age-out-of-range": [("birth_on", with_values(nameless, birth_on="20100901"))],
    "date-format": [
        ("birth_on", with_values(nameless, birth_on="去年九月")),
        ("entered_on", with_values(entered_on="九月")),
    ],
    "entry-out-of-range": [
        ("entered_on", with_values(entered_on="199009")),
        ("entered_on", with_values(entered_on="209909")),
    ],
    "name-characters": [
        ("name", with_values(name="合成9")),
        ("member1_name", with_values(member1_name="?!")),
    ],
    "formula": [
        ("name", with_values(name="@合成")),
        ("present_address", with_values(present_address="=1+1")),
    ],
    "too-long": [
        ("name", with_values(name="合" * 51)),
        ("present_address", with_values(present_address="路" * 201)),
    ],
    "phone-format": [("phone", with_values(phone="12345"))],
    "postcode-format": [("postcode", with_values(postcode="31600"))],
    "number-format": [("distance_km", with_values(distance_km="很远"))],
    "unknown-class": [("class_number", with_values(class_number="2026199"))],
    "guardian-missing": [
        ("member1_name", with_values(member1_name="", member1_relation="")),
        ("member1_name", with_values(member1_is_guardian="否")),
    ],
    "duplicate-in-file": [("document_number", twice)],
    "columns-shifted": [("name", shifted)],
    "already-enrolled": [
        ("document_number", enrolled_already),
        ("document_number", lambda: enrolled_already("2133000001")),
    ],
    "to-be-checked": [("document_number", lambda: enrolled_already(name="合成异名"))],
    "same-person-suspected": [("name", known_person)],
    "admitted-elsewhere": [("document_number", admitted)],
    "admission-disputed": [("document_number", lambda: admitted("2133000003"))],
}


def test_every_code_is_produced_by_the_table_below() -> None:
    assert set(PRODUCED) == set(BY_CODE)


@pytest.mark.parametrize(
    ("code", "column", "produce"),
    [
        pytest.param(code, column, produce, id=f"{code}-{at}")
        for code, ways in PRODUCED.items()
        for at, (column, produce) in enumerate(ways)
    ],
)
def test_a_finding_stands_at_its_cell_and_is_a_whole_sentence_in_both_languages(
    code: str, column: str, produce: Callable[[], rosters.Examined]
) -> None:
    found = produce()
    hits = found.checked.findings.filter((pl.col("code") == code) & (pl.col("column") == column))
    assert hits.height == 1, found.checked.findings.rows()
    params = json.loads(hits["params"][0])
    row = ALREADY_HERE if params.get("here") else BY_CODE[code]
    wanted = {
        name
        for text in (row.zh, row.en, row.remedy_zh, row.remedy_en)
        for _, name, _, _ in string.Formatter().parse(text)
        if name is not None
    }
    assert wanted - {"header", "header_en"} <= {
        name for name, value in params.items() if value not in (None, "")
    }
    (told,) = [one for one in of_checked(found.checked) if (one.code, one.key) == (code, column)]
    for message in (told.message_zh, told.message_en):
        assert not set(message) & set("{}"), message
    # What the finding quotes may be Chinese, what it says in English is not.
    said = told.message_en
    for value in params.values():
        # A list of examples is joined as each language joins one.
        for text in (str(value), str(value).replace("、", ", ")):
            said = said.replace(text, "")
    assert not re.search(r"[\u4e00-\u9fff]", said), said
    rejected = set(found.checked.rejected_rows().to_list())
    assert (told.row in rejected) == (row.severity is not Severity.WARNING)


def test_a_bad_row_never_stops_a_good_one() -> None:
    content = as_csv(
        [child(0), {**child(1), "name": "合成9"}, child(2), {**child(3), "class_number": "无"}, child(4)]
    )
    batch = carry_over(content, name="a.csv", identifier="2133000001")
    assert (batch.rows, batch.accepted, batch.rejected, batch.registered) == (5, 3, 2, 3)


def test_the_first_of_two_rows_with_one_number_stands() -> None:
    found = twice()
    assert found.accepted["row"].to_list() == [2, 3]


def test_a_warning_does_not_keep_a_row_out() -> None:
    found = with_values(nameless, birth_on="20100901")()
    assert codes_of(found) == {"age-out-of-range"}
    assert found.accepted.height == 1
