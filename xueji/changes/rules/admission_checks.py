"""A list of admitted pupils checked, whole columns at once.

Identity is judged by the checks of a roster; what is added here is the school. Nothing
here knows a database or a clock: the schools and the day are arguments.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from xueji.changes.rules import roster_checks
from xueji.changes.rules.admission_findings import severity_of
from xueji.changes.rules.admissions import COLUMNS, STAGE_NAMES
from xueji.changes.rules.roster_checks import FINDING_SCHEMA
from xueji.changes.rules.roster_findings import Severity
from xueji.lib import text_columns

# What a roster's checks judge of a list; the rest of a roster's columns a list does not have.
IDENTITY: Final = ("name", "document_type", "document_number", "entry_mode")
ABOUT_IDENTITY: Final = (*IDENTITY, "sex", "birth_on")
STUDENT_NUMBER: Final = r"^[GLJ][0-9]{17}[0-9X]$"


@dataclass(frozen=True)
class ListedSchool:
    """A school as a list needs it."""

    id: int
    place: int
    name: str
    is_open: bool
    is_within: bool  # in the area of the authority that gives the list in
    stages: frozenset[str]


@dataclass(frozen=True)
class Checked:
    """`rows`: one line per row of the list, typed; `findings`: FINDING_SCHEMA."""

    rows: pl.DataFrame
    findings: pl.DataFrame

    def rejected_rows(self) -> pl.Series:
        """Return the numbers of the rows that a finding keeps from being accepted."""
        codes = [
            code
            for code in self.findings["code"].unique().to_list()
            if severity_of(code) is not Severity.WARNING
        ]
        return self.findings.filter(pl.col("code").is_in(codes))["row"].unique()


def check(
    frame: pl.DataFrame,
    *,
    schools: Mapping[str, ListedSchool],
    stage: str,
    today: date,
    divisions: frozenset[str],
    formulas: Sequence[tuple[int, str]] = (),
    lossy_numbers: Sequence[tuple[int, str]] = (),
) -> Checked:
    """Return the rows of `frame` normalised and typed, with everything that is wrong with them.

    `frame` has `row` and text columns named by the keys of COLUMNS; `schools` are by identifier,
    all that the list names. Of a row with a student number alone, the number is looked up later.
    """
    absent = [c.key for c in COLUMNS if c.key not in frame.columns]
    frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(key) for key in absent)
    frame = frame.with_columns(
        pl.when(_tight("document_number").is_not_null() & pl.col("document_type").is_null())
        .then(pl.lit("1"))
        .otherwise(pl.col("document_type"))
        .alias("document_type"),
        _tight("student_number").str.to_uppercase(),
        _tight("school_identifier").str.replace(r"^([0-9]+)\.0$", "$1"),
    )
    by_roster = roster_checks.check(
        frame.select("row", *IDENTITY),
        school=roster_checks.School("", {}),
        today=today,
        divisions=divisions,
        formulas=[one for one in formulas if one[1] in IDENTITY],
        lossy_numbers=[one for one in lossy_numbers if one[1] in IDENTITY],
        layout="short",
    )
    rows = by_roster.rows.select(
        "row",
        "name",
        "document_number",
        "code_document_type",
        "code_entry_mode",
        "scheme",
        "sex_final",
        "birth",
    ).join(
        frame.select("row", "student_number", "school_identifier", "school_name", "exam_number"),
        on="row",
        how="left",
        maintain_order="left",
    )
    found = by_roster.findings.filter(
        pl.col("column").is_in(ABOUT_IDENTITY)
        & (pl.col("code") != "duplicate-in-file")
        # No list has sex and birth date: the number says them, or the school asks.
        & ~((pl.col("code") == "missing") & (pl.col("column") != "name"))
    )
    findings = roster_checks.Findings()
    number, student = pl.col("document_number"), pl.col("student_number")
    findings.add("document_number", "number-missing", number.is_null() & student.is_null())
    findings.add(
        "student_number",
        "id-length",
        student.is_not_null() & ~student.str.contains(STUDENT_NUMBER),
        expected="字母和 18 位",
        expected_en="a letter and 18 characters",
        length=student.str.len_chars(),
    )
    findings.add("exam_number", "too-long", _long("exam_number", 30), limit=30, length=_length("exam_number"))
    schools_found(findings, schools, stage)
    return Checked(rows=_with_schools(rows, schools), findings=_ordered(found, findings.collect(rows)))


def _tight(key: str) -> pl.Expr:
    """Return a cell without blanks, nothing where nothing is left."""
    text = text_columns.strip_all_blanks(text_columns.half_width(pl.col(key)))
    return pl.when(text != "").then(text).alias(key)


def _length(key: str) -> pl.Expr:
    return pl.col(key).str.len_chars()


def _long(key: str, limit: int) -> pl.Expr:
    return _length(key) > limit


def schools_found(findings: roster_checks.Findings, schools: Mapping[str, ListedSchool], stage: str) -> None:
    """Report rows whose school is unknown, outside the area, closed, or has no such stage."""
    key = pl.col("school_identifier")

    def those(condition: Any) -> pl.Expr:
        return key.is_in(
            pl.Series([i for i, school in schools.items() if condition(school)]).cast(pl.String).implode()
        )

    findings.add("school_identifier", "missing", key.is_null())
    findings.add(
        "school_identifier",
        "unknown-school",
        key.is_not_null() & ~those(lambda school: True),
        value=key.str.slice(0, 16),
    )
    findings.add("school_identifier", "school-outside", those(lambda s: not s.is_within))
    findings.add("school_identifier", "school-not-open", those(lambda s: s.is_within and not s.is_open))
    zh, en = STAGE_NAMES[stage]
    findings.add(
        "school_identifier",
        "stage-not-taught",
        those(lambda s: s.is_within and s.is_open and stage not in s.stages),
        stage=zh,
        stage_en=en.lower(),
    )
    names = {identifier: school.name for identifier, school in schools.items()}
    if names:
        name = key.replace_strict(names, default=None, return_dtype=pl.String)
        written = pl.col("school_name").str.replace_all(r"\s", "")
        findings.add(
            "school_name",
            "school-name-differs",
            written.is_not_null() & (written != "") & (written != name),
            name=name,
        )


def _with_schools(rows: pl.DataFrame, schools: Mapping[str, ListedSchool]) -> pl.DataFrame:
    """Return the rows with id and place of the school that each names."""
    known = pl.DataFrame(
        {
            "school_identifier": list(schools),
            "school_id": [school.id for school in schools.values()],
            "place": [school.place for school in schools.values()],
        },
        schema={"school_identifier": pl.String, "school_id": pl.Int64, "place": pl.Int64},
    )
    return rows.join(known, on="school_identifier", how="left", maintain_order="left")


def _ordered(*tables: pl.DataFrame) -> pl.DataFrame:
    return (
        pl.concat(tables)
        .unique(["row", "column", "code"], maintain_order=True)
        .sort("row", maintain_order=True)
    )


def repetitions(rows: pl.DataFrame) -> pl.DataFrame:
    """Return a finding for every row whose child (scheme, index) an earlier row has."""
    repeated = (
        rows.filter(pl.col("index").is_not_null())
        .with_columns(first=pl.col("row").first().over("scheme", "index"))
        .filter(pl.col("row") != pl.col("first"))
    )
    return pl.DataFrame(
        {
            "row": repeated["row"],
            "column": ["document_number"] * repeated.height,
            "code": ["duplicate-in-file"] * repeated.height,
            "params": [json.dumps({"first": str(first)}) for first in repeated["first"]],
        },
        schema=FINDING_SCHEMA,
    )


def with_findings(checked: Checked, *more: pl.DataFrame) -> Checked:
    """Return a checked list with further findings, in order of rows."""
    return Checked(rows=checked.rows, findings=_ordered(checked.findings, *more))
