"""Lists of admitted pupils of the tiny nation, for tests of admissions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tests.factories import TODAY, actor, resident_number
from xueji.access.scope import national
from xueji.changes.actions.admissions import lists
from xueji.changes.actions.admissions.lists import Terms
from xueji.changes.models import Admission, AdmissionList
from xueji.changes.rules.admission_checks import Checked

FIRST, SECOND, OTHER_COUNTY, OTHER_PROVINCE = "2133000001", "2133000002", "2133000003", "2151000001"
JUNIOR = "3133000001"
COUNTY, LEADER = "o330902", "l330902"
TERMS = Terms("2026 年小学新生录取", 2026, "primary", "定教基〔2026〕12 号")


def number(n: int) -> str:
    """Return the made-up resident number of the n-th child."""
    return resident_number(n % 50, birth=f"2019{9 + n // 1400:02d}{1 + n // 50 % 28:02d}")


def child(n: int, school: str = FIRST, **changed: Any) -> dict[str, str]:
    """Return the row of one admitted child without fault."""
    row = {
        "name": "录" + "取生"[n % 2] + chr(0x4E00 + n % 900),
        "document_number": number(n),
        "school_identifier": school,
    } | {key: str(value) for key, value in changed.items()}
    return {key: value for key, value in row.items() if value}


def given_in(rows: Sequence[dict[str, str]], *, by: str = COUNTY, terms: Terms = TERMS) -> AdmissionList:
    """Give a list in."""
    found, _ = lists.give_in(
        lists.from_values(rows), terms, file_name="录取.csv", by=actor(by), today=TODAY, door="api"
    )
    return found


def issued(rows: Sequence[dict[str, str]], *, by: str = COUNTY, terms: Terms = TERMS) -> AdmissionList:
    """Give a list in and issue it, by two persons of the same office."""
    found = given_in(rows, by=by, terms=terms)
    return lists.issue(found.id, by=actor("l" + by[1:]), today=TODAY)


def checked(rows: Sequence[dict[str, str]], *, by: str = COUNTY, terms: Terms = TERMS) -> Checked:
    """Return the dry run of a list."""
    return lists.dry_run(lists.from_values(rows), terms, by=actor(by), today=TODAY)


def codes(found: Checked) -> list[tuple[int, str]]:
    """Return row and code of each finding."""
    return [(row, code) for row, _column, code, _params in found.findings.iter_rows()]


def admissions(list_id: UUID | None = None) -> list[Admission]:
    """Return the admitted pupils, in order of rows."""
    with national("commands") as using:
        found = Admission.everywhere.using(using).order_by("row", "place")
        return list(found.filter(list_id=list_id) if list_id else found)
