"""The dry run of a roster: what the checks and the nation say about it. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl

from xueji.access.scope import Actor, national
from xueji.changes.actions import staging
from xueji.changes.queries.national_check import known_children
from xueji.changes.queries.schools import checked_school
from xueji.changes.rules import roster_checks
from xueji.changes.rules.roster_files import Roster, as_roster, from_values
from xueji.changes.rules.roster_findings import BY_CODE, Severity
from xueji.organisations.models import School
from xueji.organisations.queries import known_division_codes
from xueji.spreadsheets.reader import read

# Told as (stage, rows done, rows in all); the worker shows it beside the transaction.
Report = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True)
class Examined:
    """A roster with everything the checks and the nation say about it; nothing is written yet."""

    roster: Roster
    checked: roster_checks.Checked
    accepted: pl.DataFrame
    returning: pl.DataFrame

    @property
    def rows(self) -> int:
        return self.checked.rows.height

    @property
    def warnings(self) -> int:
        severities = self.checked.findings["code"].to_list()
        return sum(BY_CODE[code].severity is Severity.WARNING for code in severities)


def examine(
    roster: Roster,
    *,
    school: School,
    today: date,
    using: str,
    batch_id: UUID | None = None,
    report: Report = silent,
) -> Examined:
    """Return the roster checked, column by column and against the nation. Writes nothing.

    Must run inside the national scope (`using` is its alias).
    """
    total = roster.frame.height
    report("check", 0, total)
    checked = roster_checks.check(
        roster.frame,
        school=checked_school(school, using),
        today=today,
        divisions=known_division_codes(),
        formulas=roster.formulas,
        lossy_numbers=roster.lossy_numbers,
        shifted=roster.shifted,
        layout=roster.layout,
    )
    fit = without(checked.rows, checked.rejected_rows())
    fit = fit.with_columns(staging.blind_indexes(fit))
    report("match", 0, total)
    national_findings, returning = known_children(fit, own_place=school.place, batch_id=batch_id, using=using)
    if not national_findings.is_empty():
        checked = roster_checks.Checked(
            rows=checked.rows,
            findings=pl.concat([checked.findings, national_findings]).sort("row", maintain_order=True),
            notes=checked.notes,
        )
        fit = without(fit, checked.rejected_rows())
    return Examined(roster=roster, checked=checked, accepted=fit, returning=returning)


def without(rows: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """Return the rows whose number is not among `numbers`."""
    return rows.filter(~pl.col("row").is_in(numbers.cast(rows.schema["row"]).implode()))


def check_one(values: dict[str, str], *, school: School, by: Actor, today: date) -> Examined:
    """Return what the checks and the nation say of one pupil as typed so far: the dry run of a form."""
    by.require("roster.submit", school.place)
    with national("roster.check") as using:
        return examine(from_values([values]), school=school, today=today, using=using)


def check_file(content: bytes, *, file_name: str, school: School, today: date) -> Examined:
    """Return what an upload of this file would find: the dry run. Raises Refused for an unusable file."""
    roster = as_roster(read_file(content, file_name))
    with national("roster.check") as using:
        return examine(roster, school=school, today=today, using=using)


def read_file(content: bytes, file_name: str) -> Any:
    """Return the sheet of a workbook or CSV file, read where it can do no harm."""
    return read(content, columns=Roster.columns(), name=file_name)
