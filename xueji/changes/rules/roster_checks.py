"""The roster checked, whole columns at once.

Input is a table of text as it stood in the cells; output is the same rows normalised and
typed, and a table of findings. Nothing here knows a database or a clock: what the school
has (classes, identifier) and which day it is are arguments. The form and the API check one
row with the same code.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any

import polars as pl

from xueji.changes.rules.roster_columns import FIELDS, Field
from xueji.changes.rules.roster_findings import BY_CODE, REJECTING
from xueji.lib import date_columns, id_columns, text_columns
from xueji.students.rules.code_lists import (
    ENTRY_MODES,
    ENTRY_MODES_OF_STAGE,
    PUPIL_SEXES,
    entry_mode_in_stage,
)

# Kinds of cells in which a blank never means anything.
TIGHT = frozenset({"document", "class", "school", "postcode", "division", "month", "date", "phone"})
WIDE = r"[\x{FF01}-\x{FF5E}\x{3000}]"

FINDING_SCHEMA = {"row": pl.UInt32, "column": pl.String, "code": pl.String, "params": pl.String}

# Schemes of identifiers (students.Identifier), by document type.
RESIDENT, HONG_KONG, MACAO, TAIWAN, FOREIGN, PASSPORT, OTHER, NO_NUMBER = (
    "R",
    "H",
    "M",
    "T",
    "F",
    "P",
    "O",
    "U",
)
SCHEME_OF_TYPE = {
    "1": RESIDENT,
    "B": RESIDENT,
    "6": HONG_KONG,
    "7": MACAO,
    "8": TAIWAN,
    "9": FOREIGN,
    "A": PASSPORT,
}
RESIDENT_TYPES = ["1", "B"]
NO_DOCUMENT = "Z"

# Usual ages on the cut-off day of the year of entry, by stage; the upper end is generous
# where children repeat or enter late. Compulsory Education Law art. 11: six, seven where
# conditions lack.
USUAL_AGES = {"primary": (6, 8), "junior": (10, 15), "senior": (14, 19)}
OLDEST, YOUNGEST = 40, 2
# Who repeats or comes back entered the stage some years before the class; a roster is made at most a term ahead.
ENTRY_YEARS_OFF = 3
ENTRY_AHEAD = timedelta(days=183)


@dataclass(frozen=True)
class ClassInfo:
    """A class as the check needs it."""

    id: int
    stage: str
    entry_year: int
    grade_number: int


@dataclass(frozen=True)
class School:
    """What the check must know of the school."""

    identifier: str
    classes: Mapping[str, ClassInfo]
    cutoff: tuple[int, int] = (8, 31)  # month and day on which the age of entry counts, set by the province
    known_identifiers: frozenset[str] = frozenset()  # former identifiers of the school


@dataclass(frozen=True)
class Checked:
    """`rows`: one line per row of the file, typed; `findings`: FINDING_SCHEMA; `notes`: what was normalised."""

    rows: pl.DataFrame
    findings: pl.DataFrame
    notes: dict[str, dict[str, int]] = field(default_factory=dict)

    def rejected_rows(self) -> pl.Series:
        """Return the numbers of the rows that a finding keeps from being accepted."""
        codes = [code for code, row in BY_CODE.items() if row.severity in REJECTING]
        return self.findings.filter(pl.col("code").is_in(codes))["row"].unique()


class Findings:
    """Collects masks over the rows and turns those that hit into findings, in one pass over the table."""

    def __init__(self) -> None:
        self.masks: list[pl.Expr] = []
        self.about: list[tuple[str, str, dict[str, Any]]] = []

    def add(self, column: str, code: str, mask: pl.Expr, **params: Any) -> None:
        """Report `code` in `column` wherever `mask` is true. A parameter may be an expression."""
        self.masks.append(mask.fill_null(False).alias(str(len(self.masks))))
        self.about.append((column, code, params))

    def collect(self, rows: pl.DataFrame) -> pl.DataFrame:
        hits = rows.select(self.masks)
        found: list[pl.DataFrame] = []
        for mask, (column, code, params) in zip(hits.iter_columns(), self.about, strict=True):
            if not mask.any():
                continue
            words = [
                (value if isinstance(value, pl.Expr) else pl.lit(value)).cast(pl.String).alias(name)
                for name, value in params.items()
            ]
            found.append(
                rows.filter(mask).select(
                    pl.col("row").cast(pl.UInt32),
                    pl.lit(column).alias("column"),
                    pl.lit(code).alias("code"),
                    (pl.struct(words).struct.json_encode() if words else pl.lit("{}")).alias("params"),
                )
            )
        return pl.concat(found) if found else pl.DataFrame(schema=FINDING_SCHEMA)


class Steps:
    """What is done to the columns, one step after the other, each reading what the ones before left."""

    def __init__(self) -> None:
        self.steps: list[list[pl.Expr]] = []

    def with_columns(self, expressions: Iterable[pl.Expr] = (), **named: pl.Expr) -> Steps:
        """Add a step; chained like the method of a frame that bears this name."""
        self.steps.append([*expressions, *(value.alias(name) for name, value in named.items())])
        return self

    def collect(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows after all steps."""
        # One lazy plan: a roster of one row (a form) pays for few passes, a large one runs parallel.
        lazy = rows.lazy()
        for step in self.steps:
            lazy = lazy.with_columns(step)
        return lazy.collect(engine="in-memory", optimizations=pl.QueryOptFlags.none())


def check(
    frame: pl.DataFrame,
    *,
    school: School,
    today: date,
    divisions: frozenset[str],
    formulas: Sequence[tuple[int, str]] = (),
    lossy_numbers: Sequence[tuple[int, str]] = (),
    shifted: Sequence[int] = (),
    layout: str,
) -> Checked:
    """Return the rows of `frame` normalised and typed, with everything that is wrong with them.

    `frame` has a column `row` (as the spreadsheet numbers it) and text columns named by
    field keys; fields that the file does not have are absent. `formulas` are cells
    (row, field key) that hold a formula, `lossy_numbers` cells whose number has more
    digits than a spreadsheet keeps, `shifted` rows with another number of cells than the header.
    """
    # A column that nobody filled in is as good as absent; workbooks have many of them.
    filled = {key for key in frame.columns if frame[key].null_count() < frame.height}
    present = [f for f in FIELDS if f.column.key in filled]
    absent = [f.column.key for f in FIELDS if f.column.key not in filled]
    raw = frame.with_columns(pl.lit(None, dtype=pl.String).alias(key) for key in absent)
    steps, findings = planned(
        frozenset(filled & KEYS),
        layout,
        today,
        divisions,
        school.identifier,
        school.known_identifiers,
        school.cutoff,
        tuple(school.classes.items()),
    )
    rows = steps.collect(in_usual_width(raw, [f.column.key for f in present]))
    notes = normalisations(raw, rows, [f.column.key for f in present])
    collected = findings.collect(rows)
    extra = [
        pl.DataFrame(
            {"row": [c[0] for c in cells], "column": [c[1] for c in cells]},
            schema={"row": pl.UInt32, "column": pl.String},
        ).with_columns(pl.lit(code).alias("code"), pl.lit(params).alias("params"))
        for cells, code, params in (
            (formulas, "formula", "{}"),
            ([(row, "name") for row in shifted], "columns-shifted", "{}"),
            (
                lossy_numbers,
                "id-length",
                json.dumps(
                    {
                        "expected": "18 位文本（表格软件已丢失末尾数字）",
                        "expected_en": "18 characters as text (the spreadsheet lost its last digits)",
                        "length": 15,
                    }
                ),
            ),
        )
        if cells
    ]
    collected = (
        pl.concat([collected, *extra])
        .filter(pl.col("row").is_in(rows["row"].implode()))
        .unique(["row", "column", "code"], maintain_order=True)
    )
    collected = pl.concat([collected, repetitions(rows)]).sort("row", maintain_order=True)
    return Checked(rows=rows, findings=collected, notes=notes)


# Where a date stands once it is read, and how the standard writes it: other spellings are told.
DATES = {"birth_on": ("stated_birth", r"^[0-9]{8}$"), "entered_on": ("stated_entry", r"^[0-9]{6}$")}
KEYS = frozenset(f.column.key for f in FIELDS)
LISTS = {f.code_list.name: f.code_list for f in FIELDS if f.code_list is not None}


@cache
def _spellings(name: str) -> tuple[pl.Series, pl.Series]:
    """Return what a cell of a coded column may say, without blanks in lower case, and the codes it means."""
    meant = {"".join(text.split()).lower(): code for text, code in LISTS[name].code_by_value.items()}
    return pl.Series(list(meant), dtype=pl.String), pl.Series(list(meant.values()), dtype=pl.String)


@cache
def _as_series(divisions: frozenset[str]) -> pl.Series:
    return pl.Series(sorted(divisions), dtype=pl.String)


@lru_cache(maxsize=128)
def planned(
    filled: frozenset[str],
    layout: str,
    today: date,
    divisions: frozenset[str],
    identifier: str,
    known_identifiers: frozenset[str],
    cutoff: tuple[int, int],
    classes: tuple[tuple[str, ClassInfo], ...],
) -> tuple[Steps, Findings]:
    """Return what is done to the columns of a roster, and what is looked for in them.

    Kept per school and day: who types in one pupil after the other waits for the checks,
    not for their description.
    """
    school = School(identifier, dict(classes), cutoff, known_identifiers)
    present = [f for f in FIELDS if f.column.key in filled]
    absent = [f.column.key for f in FIELDS if f.column.key not in filled]
    findings = Findings()
    normal = normalised(present)

    for f in present:
        key = f.column.key
        findings.add(key, "formula", text_columns.looks_like_formula(pl.col(key)))
        if f.max_length:
            length = pl.col(key).str.len_chars()
            findings.add(key, "too-long", length > f.max_length, limit=f.max_length, length=length)
    coded = [(f.column.key, f.code_list) for f in present if f.code_list is not None]
    normal = normal.with_columns(
        pl.col(key)
        .str.to_lowercase()
        .replace_strict(*_spellings(codes.name), default=None, return_dtype=pl.String)
        .alias(f"code_{key}")
        for key, codes in coded
    )
    normal = normal.with_columns(
        pl.lit(None, dtype=pl.String).alias(f"code_{f.column.key}")
        for f in FIELDS
        if f.code_list is not None and f.column.key in absent
    )
    for key, codes in coded:
        # The standard's unknown and unstated sex are for statistics; where no number speaks, they do not do.
        usable = [codes.by_code[code] for code in PUPIL_SEXES] if key == "sex" else codes.rows
        is_unknown = pl.col(f"code_{key}").is_null()
        if key == "sex":
            is_unknown = is_unknown | (~pl.col("speaks") & ~pl.col("code_sex").is_in(PUPIL_SEXES))
        findings.add(
            key,
            "unknown-code",
            pl.col(key).is_not_null() & is_unknown,
            value=pl.col(key).str.slice(0, 20),
            examples="、".join(row.zh for row in usable[:3]),
        )

    normal = identity(normal, findings, today=today, divisions=divisions)
    normal = placement(normal, findings, school=school, layout=layout, today=today)
    normal = ways_of_entry(normal, findings)
    normal = ages(normal, findings, school=school, today=today)
    particulars(present, findings, divisions)
    guardians(findings, absent)
    required(findings, layout=layout)
    return normal, findings


def in_usual_width(raw: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Return the cells with full-width letters and digits in their usual width; few files have any."""
    if not keys:
        return raw
    wide = raw.select(pl.col(keys).str.contains(WIDE).any()).row(0, named=True)
    turned = [text_columns.half_width(pl.col(key)) for key in keys if wide[key]]
    return raw.with_columns(turned) if turned else raw


def normalised(present: Sequence[Field]) -> Steps:
    """Return the steps to the cells as they are meant: blanks put right, empty text as null.

    Step by step, each reading the column as the step before left it, so that no step is
    computed twice; the steps that few files need are taken where a cell needs them.
    """
    keys = [f.column.key for f in present]
    kinds = {f.column.key: f.kind for f in present}
    plan = Steps()
    if not keys:
        return plan

    def of(*wanted: str) -> list[str]:
        return [key for key in keys if kinds[key] in wanted]

    tight = {f.column.key for f in present if f.kind in TIGHT or f.code_list is not None}
    steps: list[list[pl.Expr]] = [
        [
            text_columns.strip_all_blanks(pl.col(key))
            if key in tight
            else text_columns.squeeze_blanks(pl.col(key))
            for key in keys
        ],
        [
            *(pl.col(key).str.to_uppercase() for key in of("document", "class")),
            *(text_columns.middle_dots(pl.col(key)) for key in of("name")),
            # A number cell of a spreadsheet reads 2026101.0 in some programs.
            *(
                pl.col(key).str.replace(r"^([0-9]+)\.0$", "$1")
                for key in of("school", "postcode", "division", "phone")
            ),
        ],
        [
            *(pl.col(key).str.replace(r"^([0-9]+)\.0$", "$1") for key in of("class")),
            *(
                pl.col(key).str.replace(r"^\+?86[- ]?(1[0-9]{10})$", "$1").str.replace(r"^\+", "00")
                for key in of("phone")
            ),
            # Blanks between the characters of a Han name are set for looks only.
            *(
                pl.when(pl.col(key).str.contains(r"^[\p{Han}· ]+$"))
                .then(pl.col(key).str.replace_all(" ", "", literal=True))
                .otherwise(pl.col(key))
                .alias(key)
                for key in of("name")
            ),
        ],
        [pl.when(pl.col(key) != "").then(pl.col(key)).alias(key) for key in keys],
    ]
    for step in steps:
        if step:
            plan = plan.with_columns(step)
    return plan


def normalisations(raw: pl.DataFrame, normal: pl.DataFrame, keys: list[str]) -> dict[str, dict[str, int]]:
    """Return, per field, in how many cells the text was put right; fields with none are left out."""
    if not keys:
        return {}
    beside = normal.hstack([raw[key].alias(f"raw {key}") for key in keys])

    def was_changed(key: str) -> pl.Expr:
        respelled = (pl.col(f"raw {key}") != pl.col(key)) & pl.col(key).is_not_null()
        if key not in DATES:
            return respelled
        read, plain = DATES[key]
        return respelled | (pl.col(read).is_not_null() & ~pl.col(key).str.contains(plain))

    changed = beside.select(was_changed(key).sum().alias(key) for key in keys).row(0, named=True)
    return {key: {"normalised": int(count)} for key, count in changed.items() if count}


def identity(normal: Steps, findings: Findings, *, today: date, divisions: frozenset[str]) -> Steps:
    """Add scheme, sex and birth date, derived from the number where it has them.

    Permits of residents of Hong Kong, Macao and Taiwan have the shape of a resident number
    with the prefixes 81, 82, 83, whatever document type a school picks for them.
    """
    number, kind = pl.col("document_number"), pl.col("code_document_type")
    normal = normal.with_columns(
        shaped=id_columns.shape_ok(number).fill_null(False),
        long=(number.str.len_chars() == 18).fill_null(False),
    )
    shaped = pl.col("shaped")
    permit = shaped & number.str.contains(r"^8[123]0000")
    resident = number.is_not_null() & (kind.is_in(RESIDENT_TYPES) | permit)
    foreign_card = shaped & (kind == "9")
    speaks = shaped & (resident | foreign_card)
    in_number = date_columns.parse_dates(id_columns.birth_text(number))
    normal = normal.with_columns(
        resident=resident.fill_null(False),
        speaks=speaks.fill_null(False),
        number_birth=pl.when(speaks).then(in_number),
        number_sex=pl.when(speaks).then(id_columns.sex_code(number)),
        stated_birth=date_columns.parse_dates(pl.col("birth_on")),
        stated_birth_problem=date_columns.date_problem(pl.col("birth_on")),
        stated_entry=date_columns.parse_months(pl.col("entered_on")),
    )
    resident, speaks = pl.col("resident"), pl.col("speaks")
    findings.add(
        "document_number",
        "id-length",
        resident & ~pl.col("long"),
        expected="18 位",
        expected_en="18",
        length=number.str.len_chars(),
    )
    findings.add("document_number", "id-check-digit", resident & pl.col("long") & ~shaped)
    findings.add(
        "document_number",
        "id-length",
        ~resident & number.is_not_null() & ~number.str.contains(r"^[0-9A-Z()/-]{4,30}$"),
        expected="4–30 位字母或数字",
        expected_en="4 to 30 letters or digits",
        length=number.str.len_chars(),
    )
    findings.add("document_number", "id-check-digit", speaks & ~id_columns.check_digit_ok(number))
    known = _as_series(divisions).implode()
    prefix = number.str.slice(0, 6)
    findings.add(
        "document_number",
        "id-division",
        resident & shaped & ~prefix.is_in(known) & ~prefix.str.contains(r"^8[123]0000$|^9"),
    )
    findings.add(
        "document_number",
        "birth-impossible",
        speaks & pl.col("number_birth").is_null(),
        why="证件号中的日期不存在",
        why_en="the date inside the number does not exist",
    )
    both = speaks & pl.col("number_birth").is_not_null()
    findings.add(
        "birth_on",
        "id-birth-mismatch",
        both & pl.col("stated_birth").is_not_null() & (pl.col("stated_birth") != pl.col("number_birth")),
    )
    findings.add(
        "sex",
        "id-sex-mismatch",
        speaks & pl.col("code_sex").is_in(["1", "2"]) & (pl.col("code_sex") != pl.col("number_sex")),
    )
    problem = pl.col("stated_birth_problem")
    findings.add("birth_on", "date-format", problem == "date-format")
    findings.add(
        "birth_on",
        "birth-impossible",
        problem == "birth-impossible",
        why="没有这一天",
        why_en="there is no such day",
    )
    normal = normal.with_columns(
        birth=pl.coalesce("number_birth", "stated_birth"),
        sex_final=pl.coalesce("number_sex", "code_sex"),
        scheme=pl.when(number.is_null())
        .then(pl.lit(NO_NUMBER))
        .when(pl.col("resident"))
        .then(pl.lit(RESIDENT))
        .otherwise(kind.replace_strict(SCHEME_OF_TYPE, default=OTHER)),
    )
    where = pl.col("birth").is_not_null()
    findings.add(
        "birth_on",
        "birth-impossible",
        where & (pl.col("birth") > today),
        why="晚于今天",
        why_en="it lies in the future",
    )
    age = today.year - pl.col("birth").dt.year()
    findings.add(
        "birth_on",
        "birth-impossible",
        where & (pl.col("birth") <= today) & ((age > OLDEST) | (age < YOUNGEST)),
        why="年龄约 " + age.cast(pl.String) + " 岁",
        why_en="about " + age.cast(pl.String) + " years of age",
    )
    return normal


def placement(normal: Steps, findings: Findings, *, school: School, layout: str, today: date) -> Steps:
    """Add class, stage and entry year; report rows of other schools and unknown classes."""
    own = [school.identifier, *school.known_identifiers]
    if layout == "national":
        findings.add(
            "school_identifier",
            "not-own-school",
            pl.col("school_identifier").is_not_null() & ~pl.col("school_identifier").is_in(own),
            own=school.identifier,
        )
    classes = school.classes
    number = pl.col("class_number")

    def of(values: dict[str, Any], dtype: Any) -> pl.Expr:
        if not values:
            return pl.lit(None, dtype=dtype)
        return number.replace_strict(values, default=None, return_dtype=dtype)

    normal = normal.with_columns(
        class_id=of({n: c.id for n, c in classes.items()}, pl.Int64),
        stage=of({n: c.stage for n, c in classes.items()}, pl.String),
        entry_year=of({n: c.entry_year for n, c in classes.items()}, pl.Int32),
    )
    findings.add(
        "class_number",
        "unknown-class",
        number.is_not_null() & pl.col("class_id").is_null(),
        value=number.str.slice(0, 16),
        # A school without classes is shown what a number looks like.
        examples="、".join(list(classes)[:3] or ["2026101"]),
    )
    findings.add(
        "entered_on", "date-format", pl.col("entered_on").is_not_null() & pl.col("stated_entry").is_null()
    )
    stated = pl.col("stated_entry")
    years_off = (stated.dt.year() - pl.col("entry_year")).abs()
    findings.add(
        "entered_on",
        "entry-out-of-range",
        stated.is_not_null() & ((years_off > ENTRY_YEARS_OFF) | (stated > today + ENTRY_AHEAD)),
        year=pl.col("entry_year"),
    )
    return normal.with_columns(
        entered=pl.coalesce("stated_entry", pl.date(pl.col("entry_year"), 9, 1)),
    )


def ways_of_entry(normal: Steps, findings: Findings) -> Steps:
    """Write the way of entry as the stage does; report those that the stage does not know."""
    written = {
        f"{stage}|{code}": entry_mode_in_stage(code, stage)
        for stage in ENTRY_MODES_OF_STAGE
        for code in ENTRY_MODES.by_code
    }
    known = {key: code for key, code in written.items() if code is not None}
    mode = pl.col("code_entry_mode")
    in_stage = pl.concat_str("stage", mode, separator="|").replace_strict(
        known, default=None, return_dtype=pl.String
    )
    normal = normal.with_columns(entry_mode_in_stage=in_stage)
    for stage, modes in ENTRY_MODES_OF_STAGE.items():
        findings.add(
            "entry_mode",
            "unknown-code",
            (pl.col("stage") == stage) & mode.is_not_null() & pl.col("entry_mode_in_stage").is_null(),
            value=pl.col("entry_mode").str.slice(0, 20),
            examples="、".join(ENTRY_MODES.by_code[code].zh for code in modes),
        )
    return normal.with_columns(code_entry_mode=pl.coalesce("entry_mode_in_stage", mode))


def ages(normal: Steps, findings: Findings, *, school: School, today: date) -> Steps:
    """Add the age on the province's cut-off day in the year of entry, and warn of unusual ones."""
    month, day = school.cutoff
    cutoff = pl.date(pl.col("entry_year"), month, day)
    birth = pl.col("birth")
    had_birthday = (birth.dt.month() * 100 + birth.dt.day()) <= month * 100 + day
    normal = normal.with_columns(
        age=pl.col("entry_year") - birth.dt.year() - pl.when(had_birthday).then(0).otherwise(1)
    )
    for stage, (low, high) in USUAL_AGES.items():
        findings.add(
            "birth_on",
            "age-out-of-range",
            # Where the birth date itself cannot be, its age says nothing.
            (pl.col("stage") == stage)
            & ~pl.col("age").is_between(low, high)
            & birth.is_between(pl.date(today.year - OLDEST, 1, 1), today),
            age=pl.col("age"),
            low=low,
            high=high,
            cutoff=cutoff,
        )
    return normal


PHONE = r"^(1[3-9][0-9]{9}|0[0-9]{2,3}-?[2-9][0-9]{6,7}(-[0-9]{1,6})?|00[0-9]{6,18}|[2-9][0-9]{6,7})$"


def particulars(present: list[Field], findings: Findings, divisions: frozenset[str]) -> None:
    """Report names, phones, postcodes, numbers and divisions that cannot be.

    A division may be written in words; as a code it has six digits, or twelve down to the village.
    """
    known = _as_series(divisions).implode()
    for f in present:
        key, value = f.column.key, pl.col(f.column.key)
        if f.kind == "name":
            # Of a formula it is enough to say that it is one.
            findings.add(
                key,
                "name-characters",
                value.is_not_null()
                & ~text_columns.name_characters_ok(value)
                & ~text_columns.looks_like_formula(value),
            )
        elif f.kind == "phone":
            findings.add(key, "phone-format", value.is_not_null() & ~value.str.contains(PHONE))
        elif f.kind == "postcode":
            findings.add(key, "postcode-format", value.is_not_null() & ~value.str.contains(r"^[0-9]{6}$"))
        elif f.kind == "division":
            code_like = value.str.contains(r"[0-9]")
            valid = value.str.contains(r"^([0-9]{6}|[0-9]{12})$") & value.str.slice(0, 6).is_in(known)
            findings.add(
                key,
                "unknown-code",
                code_like & ~valid,
                value=value.str.slice(0, 20),
                examples="330902000000、浙江省舟山市定海区",
            )
        elif f.kind == "document" and key != "document_number":
            resident = pl.col(f"code_{key.replace('number', 'type')}").fill_null("1").is_in(RESIDENT_TYPES)
            shaped = value.str.len_chars() == 18
            findings.add(
                key,
                "id-length",
                value.is_not_null() & resident & ~shaped,
                expected="18 位",
                expected_en="18",
                length=value.str.len_chars(),
            )
            findings.add(
                key,
                "id-check-digit",
                resident
                & shaped
                & ~(id_columns.shape_ok(value) & id_columns.check_digit_ok(value)).fill_null(False),
            )
        elif f.kind == "number":
            findings.add(
                key,
                "number-format",
                value.is_not_null() & ~value.str.contains(r"^[0-9]{1,5}(\.[0-9]{1,3})?$"),
            )


def guardians(findings: Findings, absent: Container[str]) -> None:
    """Report rows without a guardian: a named family member not marked as no guardian (art. 7, the form)."""

    def named(n: int) -> pl.Expr:
        return pl.col(f"member{n}_name").is_not_null()

    def guardian(n: int) -> pl.Expr:
        # An unanswered question counts as yes for whoever is named.
        return named(n) & (pl.col(f"code_member{n}_is_guardian").fill_null("1") == "1")

    findings.add("member1_name", "guardian-missing", ~guardian(1) & ~guardian(2))
    for n in (1, 2):
        findings.add(f"member{n}_relation", "missing", named(n) & pl.col(f"member{n}_relation").is_null())


def required(findings: Findings, *, layout: str) -> None:
    """Report empty cells that this layout needs, and what must be said because no number says it."""
    for f in FIELDS:
        if layout in f.required_in:
            findings.add(f.column.key, "missing", pl.col(f.column.key).is_null())
    needs_number = pl.col("code_document_type") != NO_DOCUMENT
    findings.add("document_number", "missing", needs_number & pl.col("document_number").is_null())
    silent = ~pl.col("speaks")
    without = silent & (pl.col("document_number").is_null() | ~pl.col("resident"))
    findings.add("birth_on", "missing", without & pl.col("birth_on").is_null())
    findings.add("sex", "missing", without & pl.col("sex").is_null())
    findings.add(
        "phone",
        "missing",
        pl.col("phone").is_null() & pl.col("member1_phone").is_null() & pl.col("member2_phone").is_null(),
    )


def repetitions(normal: pl.DataFrame) -> pl.DataFrame:
    """Return a finding for every row that repeats a number, or a person without one, of an earlier row."""
    if normal.height < 2:
        return pl.DataFrame(schema=FINDING_SCHEMA)
    persons = normal.select(
        "row",
        key=pl.when(pl.col("document_number").is_not_null())
        .then(pl.concat_str("scheme", "document_number", separator="|"))
        .otherwise(
            pl.concat_str(pl.lit("U"), "name", "sex_final", pl.col("birth").cast(pl.String), separator="|")
        ),
    ).filter(pl.col("key").is_not_null())
    repeated = persons.with_columns(first=pl.col("row").first().over("key")).filter(
        pl.col("row") != pl.col("first")
    )
    return repeated.select(
        pl.col("row").cast(pl.UInt32),
        pl.lit("document_number").alias("column"),
        pl.lit("duplicate-in-file").alias("code"),
        pl.struct(pl.col("first").cast(pl.String)).struct.json_encode().alias("params"),
    )
