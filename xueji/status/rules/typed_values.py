"""Typed values of a pupil judged by the checks of the roster, so that a value is right or wrong in the same words everywhere."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import date

from xueji.changes.rules import roster_checks
from xueji.changes.rules.roster_columns import BY_KEY
from xueji.changes.rules.roster_files import from_values
from xueji.changes.rules.roster_findings import BY_CODE, REJECTING, sentence
from xueji.organisations.rules.divisions import known_codes
from xueji.status.rules.kind import Obstacle, Weight
from xueji.status.rules.routes import Party


def faults(values: Mapping[str, str], *, of: Collection[str], today: date) -> Iterator[Obstacle]:
    """Yield what is wrong with the fields `of`, each in the light of all values; keys are those of the roster's columns.

    A value that is missing is not found wrong here: who files says what changes and no more.
    """
    checked = roster_checks.check(
        from_values([dict(values)]).frame,
        school=roster_checks.School("", {}),
        today=today,
        divisions=known_codes(),
        layout="short",
    )
    for _row, key, code, params in checked.findings.iter_rows():
        if key not in of or code == "missing":
            continue
        column = BY_KEY[key].column
        zh, en = sentence(code, json.loads(params), column.header_zh, column.header_en)
        weight = Weight.STOPS if BY_CODE[code].severity in REJECTING else Weight.WARNS
        yield Obstacle(code, weight, Party.SCHOOL, zh, en, "", key)
