"""Kindergarten records: imported by an authority, found by the school that a child enters.

Set-based: the rows are checked like a roster's and written by one COPY and one statement; a
later import takes the place of an earlier one of the same child.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from django.conf import settings
from django.db import connections

from xueji.access.actions_misses import looker, priced
from xueji.access.rules.misses import Way
from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.changes.models import PreschoolRecord
from xueji.changes.queries.particulars import of_record
from xueji.changes.rules import roster_checks
from xueji.changes.rules.preschool import COLUMNS, ENTERED, HEADERS, KEYS, LEFT, NUMBER, SHARED
from xueji.changes.rules.roster_checks import FINDING_SCHEMA
from xueji.changes.rules.roster_findings import BY_CODE, REJECTING, Severity, sentence
from xueji.lib import date_columns, id_numbers, uuid7
from xueji.lib.errors import Refused
from xueji.lib.text_columns import squeeze_blanks
from xueji.organisations.queries import known_division_codes
from xueji.spreadsheets.reader import read
from xueji.spreadsheets.tables import copy_into
from xueji.students.actions_canaries import listen
from xueji.students.actions_look_ups import asked
from xueji.students.encryption import associated
from xueji.students.rules.schemes import DOCUMENT_SCHEMES

MOST_ROWS = 50_000


class NoRows(Refused):
    code = "no-rows"


class TooManyRows(Refused):
    code = "too-many-rows"


class NoRecord(Refused):
    code = "no-record"


@dataclass(frozen=True)
class Told:
    """A finding of an import in words."""

    row: int
    key: str
    column: str
    column_en: str
    code: str
    severity: str
    message_zh: str
    message_en: str

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "severity": self.severity,
            "message_zh": self.message_zh,
            "message_en": self.message_en,
        }


@dataclass(frozen=True)
class Imported:
    """What became of an import: rows = accepted + rejected. Of a dry run nothing was written."""

    rows: int
    accepted: int
    findings: tuple[Told, ...]

    @property
    def rejected(self) -> int:
        return self.rows - self.accepted


def from_file(content: bytes, file_name: str) -> pl.DataFrame:
    """Return the rows of a workbook or CSV file as text by key. Raises Refused for an unusable one."""
    sheet = read(content, columns=COLUMNS, name=file_name)
    return sheet.frame.select("row", *(key for key in KEYS if key in sheet.frame.columns))


def from_values(children: Sequence[Mapping[str, str]]) -> pl.DataFrame:
    """Return typed values (API) as rows of text; the first child is row 1."""
    return pl.DataFrame(
        {
            "row": pl.Series(range(1, len(children) + 1), dtype=pl.UInt32),
            **{
                key: pl.Series([child.get(key) or None for child in children], dtype=pl.String)
                for key in KEYS
            },
        }
    )


UPSERT = """
INSERT INTO changes_preschoolrecord AS p
    (scheme, index, place, id, name, kindergarten, entered_on, left_on, content)
SELECT scheme, index, place, id, name, kindergarten, entered_on, left_on, content FROM imported
ORDER BY scheme, index
ON CONFLICT (scheme, index) DO UPDATE SET place = EXCLUDED.place, name = EXCLUDED.name,
    kindergarten = EXCLUDED.kindergarten, entered_on = EXCLUDED.entered_on, left_on = EXCLUDED.left_on,
    content = EXCLUDED.content, imported_at = now()
"""


def import_records(
    frame: pl.DataFrame, *, file_name: str, by: Actor, today: date, is_dry_run: bool = False
) -> Imported:
    """Write the fit rows of kindergarten records, or only say what would be. Repeating it changes nothing.

    Raises NoRows, TooManyRows.
    """
    by.require("preschool.import", by.place)
    if frame.is_empty():
        raise NoRows(
            "文件中没有儿童：表头下面没有数据。", "The file holds no child: no row below the header."
        )
    if frame.height > MOST_ROWS:
        raise TooManyRows(
            f"文件有 {frame.height:,} 行，一次最多 {MOST_ROWS:,} 行，请分开导入。",
            f"The file has {frame.height:,} rows; at most {MOST_ROWS:,} at a time. Split it.",
        )
    rows, findings = checked(frame, today)
    told = tuple(told_of(findings))
    done = Imported(frame.height, rows.height, told)
    if is_dry_run or rows.is_empty():
        return done
    with national("preschool") as using, connections[using].cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE imported (LIKE changes_preschoolrecord INCLUDING DEFAULTS) ON COMMIT DROP"
        )
        copy_into(cursor, "imported", sealed(rows, by.place))
        cursor.execute(UPSERT)
        record(
            "preschool.import",
            by=by.account_id,
            office=by.place,
            subject_kind="authority",
            subject_id=uuid7.new(),
            place=by.place,
            after={"file": file_name[:200], "rows": done.rows, "accepted": done.accepted},
            using=using,
        )
    return done


def checked(frame: pl.DataFrame, today: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows fit to be kept, typed, and all findings (FINDING_SCHEMA)."""
    absent = [key for key in KEYS if key not in frame.columns]
    frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(key) for key in absent)
    by_roster = roster_checks.check(
        frame.select("row", *SHARED).with_columns(
            pl.when(pl.col("document_type").is_null())
            .then(pl.lit("1"))
            .otherwise(pl.col("document_type"))
            .alias("document_type")
        ),
        school=roster_checks.School("", {}),
        today=today,
        divisions=known_division_codes(),
        layout="short",
    )
    # A kindergarten asks for less than a school: only the child has to be known.
    found = by_roster.findings.filter(
        pl.col("column").is_in(SHARED)
        & (pl.col("code") != "guardian-missing")
        & ~((pl.col("code") == "missing") & ~pl.col("column").is_in(["name", "document_number"]))
    )
    more = roster_checks.Findings()
    own = frame.select(
        "row",
        squeeze_blanks(pl.col("kindergarten")),
        pl.col("student_number").str.strip_chars().str.to_uppercase(),
        *(pl.col(column.key).str.strip_chars() for column in (ENTERED, LEFT)),
    ).with_columns(
        entered_on=_day(ENTERED.key),
        left_on=_day(LEFT.key),
    )
    more.add("kindergarten", "missing", pl.col("kindergarten").is_null() | (pl.col("kindergarten") == ""))
    for column, day in ((ENTERED.key, "entered_on"), (LEFT.key, "left_on")):
        more.add(
            column,
            "date-format",
            pl.col(column).is_not_null() & (pl.col(column) != "") & pl.col(day).is_null(),
        )
    findings = pl.concat([found, more.collect(own)]).sort("row", maintain_order=True)
    rejecting = [code for code, row in BY_CODE.items() if row.severity in REJECTING]
    rejected = findings.filter(pl.col("code").is_in(rejecting))["row"].unique()
    rows = by_roster.rows.join(own, on="row", how="left", maintain_order="left")
    unfit = rows.filter(~pl.col("scheme").is_in(list(DOCUMENT_SCHEMES)))["row"]
    missing = pl.DataFrame(
        {
            "row": unfit,
            "column": ["document_number"] * unfit.len(),
            "code": ["missing"] * unfit.len(),
            "params": ["{}"] * unfit.len(),
        },
        schema=FINDING_SCHEMA,
    )
    findings = pl.concat([findings, missing]).unique(["row", "column", "code"], maintain_order=True)
    taken = pl.concat([rejected, missing["row"]]).cast(rows.schema["row"])
    return rows.filter(~pl.col("row").is_in(taken.implode())), findings.sort("row", maintain_order=True)


def _day(key: str) -> pl.Expr:
    return pl.coalesce(date_columns.parse_dates(pl.col(key)), date_columns.parse_months(pl.col(key)))


def sealed(rows: pl.DataFrame, place: int) -> pl.DataFrame:
    """Return the rows as changes_preschoolrecord keeps them: what identifies the family encrypted."""
    ring = settings.XUEJI_KEY_RING
    hashed: list[bytes] = [b""] * rows.height
    for (scheme,), part in rows.with_row_index("at").group_by("scheme"):
        indexes = ring.blind_indexes(str(scheme), part["document_number"].to_list())
        for at, index in zip(part["at"], indexes, strict=True):
            hashed[at] = index
    texts = []
    for line in rows.select(*SHARED, NUMBER.key).iter_rows(named=True):
        texts.append(json.dumps({key: value for key, value in line.items() if value}, ensure_ascii=False))
    contents = ring.encrypt_many(texts, [associated("preschool", index) for index in hashed])
    return rows.select(
        "scheme",
        pl.Series("index", hashed, dtype=pl.Binary),
        pl.lit(place).alias("place"),
        pl.Series("id", uuid7.many_text(rows.height)),
        "name",
        pl.col("kindergarten").str.slice(0, 100),
        "entered_on",
        "left_on",
        pl.Series("content", contents, dtype=pl.Binary),
    )


def told_of(findings: pl.DataFrame) -> list[Told]:
    """Return the findings in words."""
    found = []
    for row, key, code, params in findings.iter_rows():
        zh, en = HEADERS.get(key, (key, key))
        message_zh, message_en = sentence(code, json.loads(params), zh, en)
        weight = "warning" if BY_CODE[code].severity is Severity.WARNING else "error"
        found.append(Told(row, key, zh, en, code, weight, message_zh, message_en))
    return found


def find(
    *, name: str, document_number: str, by: Actor, today: date
) -> tuple[PreschoolRecord, dict[str, str]]:
    """Return the kindergarten record of a child who enters the school of `by`, with its values for a roster.

    Only name and number together find it; a miss and a name that differs are answered alike.
    Every look is recorded, a miss has its price. Raises NoRecord, TooManyMisses.
    """
    by.require("preschool.find", by.place)
    number = id_numbers.normalised(document_number)
    index = settings.XUEJI_KEY_RING.blind_index("R", number)
    listen([index], way=Way.NUMBER, whose=looker(by), day=today)

    def look() -> tuple[PreschoolRecord | None, list[bytes]]:
        found = _looked_up(index, name, by=by)
        return found, [] if found else [asked(index, name)]

    found = priced(Way.NUMBER, by=by, today=today, look=look)
    if found is None:
        raise NoRecord(
            "没有与姓名、身份证件号都一致的学前教育记录。请核对后再查，或直接填写。",
            "No kindergarten record fits both name and number. Compare them and look again, or type the data in.",
        )
    values = of_record(found)
    return found, {key: value for key, value in values.items() if key != NUMBER.key}


def _looked_up(index: bytes, name: str, *, by: Actor) -> PreschoolRecord | None:
    """Return the record of a number and a name, with the event of the look."""
    with national("preschool") as using:
        found: PreschoolRecord | None = (
            PreschoolRecord.everywhere.using(using).filter(scheme="R", index=index).first()
        )
        fits = found is not None and found.name == "".join(name.split())
        record(
            "preschool.find",
            by=by.account_id,
            office=by.place,
            subject_kind="preschool",
            subject_id=found.id if found is not None and fits else uuid7.new(),
            place=by.place,
            after={"found": fits},
            using=using,
        )
    return found if fits else None
