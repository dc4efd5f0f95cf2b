"""The dry run of a roster: what the checks and the nation say about it. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import polars as pl

from xueji.access.actions_misses import Looker, charge, looker, over_budget, require_budget
from xueji.access.rules.misses import SAME_COUNTY_AND_BIRTHDAY, Standing, Way
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
from xueji.students.actions_canaries import listen
from xueji.students.actions_look_ups import asked

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
    # What was compared with the nation, and what of it has a price (access.rules.misses).
    indexes: tuple[bytes, ...] = ()
    missed: tuple[bytes, ...] = ()

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
    tells_doubtful: bool = True,
) -> Examined:
    """Return the roster checked, column by column and against the nation. Writes nothing.

    Must run inside the national scope (`using` is its alias). A dry run does not tell what is doubtful: a number
    that is known under another name is answered there as one that nobody has.
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
    compared = fit
    national_findings, returning = known_children(fit, own_place=school.place, batch_id=batch_id, using=using)
    if not tells_doubtful:
        national_findings = national_findings.filter(~pl.col("code").is_in(DOUBTFUL))
    if not national_findings.is_empty():
        checked = roster_checks.Checked(
            rows=checked.rows,
            findings=pl.concat([checked.findings, national_findings]).sort("row", maintain_order=True),
            notes=checked.notes,
        )
        fit = without(fit, checked.rejected_rows())
    return Examined(
        roster=roster,
        checked=checked,
        accepted=fit,
        returning=returning,
        indexes=tuple(compared["index"]),
        missed=tuple(missed_among(compared, national_findings)),
    )


# What is not certain by number and name, and would tell of somebody else's child.
DOUBTFUL = ("to-be-checked", "same-person-suspected")
RESIDENT = "R"


def missed_among(compared: pl.DataFrame, told: pl.DataFrame) -> list[bytes]:
    """Return the keys of rows that tell of children elsewhere, and of those that walk a county's birthday."""
    elsewhere = told.filter(pl.col("code").is_in(DOUBTFUL) & (pl.col("params") == "{}"))["row"]
    walked = compared.filter(pl.col("scheme") == RESIDENT).filter(
        pl.int_range(pl.len()).over(pl.col("document_number").str.slice(0, 14)) >= SAME_COUNTY_AND_BIRTHDAY
    )["row"]
    rows = pl.concat([elsewhere.cast(compared.schema["row"]), walked])
    missed = compared.filter(pl.col("row").is_in(rows.implode())).select(
        "index", pl.col("name").fill_null("")
    )
    return [asked(index, name) for index, name in missed.iter_rows()]


def price(found: Examined, *, whose: Looker, today: date, using: str) -> Standing | None:
    """Keep what a roster tells of children elsewhere; return the budget that is used up by it, or was before.

    Must run inside the national scope. What was examined is then not to be told.
    """
    listen(found.indexes, way=Way.ROSTER, whose=whose, day=today)
    spent = require_budget(Way.ROSTER, whose, day=today, using=using)
    return spent or charge(Way.ROSTER, found.missed, whose=whose, day=today, using=using)


def without(rows: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """Return the rows whose number is not among `numbers`."""
    return rows.filter(~pl.col("row").is_in(numbers.cast(rows.schema["row"]).implode()))


def check_one(values: dict[str, str], *, school: School, by: Actor, today: date) -> Examined:
    """Return what the checks and the nation say of one pupil as typed so far: the dry run of a form."""
    by.require("roster.submit", school.place)
    return dry_run(from_values([values]), school=school, by=by, today=today)


def check_file(
    content: bytes, *, file_name: str, school: School, today: date, by: Actor | None = None
) -> Examined:
    """Return what an upload of this file would find: the dry run. Raises Refused for an unusable file.

    Without `by` it is the operator at the command line, who is told everything.
    """
    roster = as_roster(read_file(content, file_name))
    if by is not None:
        by.require("roster.upload", school.place)
        return dry_run(roster, school=school, by=by, today=today)
    with national("roster.check") as using:
        return examine(roster, school=school, today=today, using=using)


def dry_run(roster: Roster, *, school: School, by: Actor, today: date) -> Examined:
    """Return what is wrong with a roster, without what is doubtful. Raises TooManyMisses."""
    with national("roster.check") as using:
        found = examine(roster, school=school, today=today, using=using, tells_doubtful=False)
        spent = price(found, whose=looker(by), today=today, using=using)
    if spent is not None:
        raise over_budget(Way.ROSTER, spent.budget)
    return found


def read_file(content: bytes, file_name: str) -> Any:
    """Return the sheet of a workbook or CSV file, read where it can do no harm."""
    return read(content, columns=Roster.columns(), name=file_name)
