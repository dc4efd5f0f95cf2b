"""Findings in words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connections

from xueji.changes.rules.roster_checks import Checked
from xueji.changes.rules.roster_columns import FIELDS
from xueji.changes.rules.roster_findings import BY_CODE, Severity, sentence

HEADERS = {f.column.key: (f.column.header_zh, f.column.header_en) for f in FIELDS}


@dataclass(frozen=True)
class Told:
    """A finding as every door shows it. `column` is the header, `key` the field."""

    row: int
    key: str
    column: str
    code: str
    severity: str
    message_zh: str
    message_en: str
    column_en: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "severity": self.severity,
            "message_zh": self.message_zh,
            "message_en": self.message_en,
        }


def told(row: int, key: str, code: str, params: dict[str, Any]) -> Told:
    """Return one finding in words. A row that is held counts as an error outside."""
    zh, en = HEADERS.get(key, (key, key))
    message_zh, message_en = sentence(code, params, zh, en)
    severity = BY_CODE[code].severity
    return Told(
        row=row,
        key=key,
        column=zh,
        column_en=en,
        code=code,
        severity="warning" if severity is Severity.WARNING else "error",
        message_zh=message_zh,
        message_en=message_en,
    )


def of_checked(checked: Checked) -> list[Told]:
    """Return the findings of an examined roster, in order of rows."""
    return [
        told(row, key, code, json.loads(params)) for row, key, code, params in checked.findings.iter_rows()
    ]


BY_BATCH = """
SELECT row, "column", code, params FROM changes_rosterfinding
WHERE batch_id = %(batch)s AND (%(code)s = '' OR code = %(code)s) AND (%(severity)s = '' OR severity = ANY(%(severities)s))
    AND (row, "column", code) > (%(row)s, %(column)s, %(after_code)s)
ORDER BY row, "column", code LIMIT %(limit)s
"""

WITHIN = {"": [], "error": ["error", "held"], "warning": ["warning"]}


def of_batch(
    batch_id: UUID,
    *,
    code: str = "",
    severity: str = "",
    after: tuple[int, str, str] = (-1, "", ""),
    limit: int | None = None,
    using: str = "default",
) -> list[Told]:
    """Return the kept findings of a batch, in order of rows, filtered, from a key on."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            BY_BATCH,
            {
                "batch": batch_id,
                "code": code,
                "severity": severity,
                "severities": WITHIN[severity],
                "row": after[0],
                "column": after[1],
                "after_code": after[2],
                "limit": limit,
            },
        )
        return [
            told(row, key, code_, params if isinstance(params, dict) else json.loads(params))
            for row, key, code_, params in cursor.fetchall()
        ]


def tally(batch_id: UUID, using: str = "default") -> list[tuple[str, int]]:
    """Return how many findings a batch has per code, most first."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT code, count(*) FROM changes_rosterfinding WHERE batch_id = %s GROUP BY code ORDER BY 2 DESC, 1",
            [batch_id],
        )
        return cursor.fetchall()


def by_row(findings: Iterable[Told]) -> dict[int, list[Told]]:
    """Return the findings of each row."""
    rows: dict[int, list[Told]] = {}
    for finding in findings:
        rows.setdefault(finding.row, []).append(finding)
    return rows
