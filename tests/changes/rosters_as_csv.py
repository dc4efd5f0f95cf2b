"""Files in the short layout, as many rows as wanted, quickly; every child is invented and unlike all others."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, timedelta

from tests.factories import pupil, resident_number
from xueji.changes.rules.roster_columns import FIELDS

HEADERS = {f.column.key: f.column.header_zh for f in FIELDS}
DIVISIONS = ("330902", "330903", "510104", "510105", "110101", "110102")


def as_csv(pupils: Iterable[dict[str, str]]) -> bytes:
    """Return a file in the short layout."""
    pupils = list(pupils)
    keys = sorted({key for one in pupils for key in one})
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([HEADERS[key] for key in keys])
    writer.writerows([[one.get(key, "") for key in keys] for one in pupils])
    return text.getvalue().encode()


def name(n: int) -> str:
    """Return a name; no two numbers below 360,000 have the same."""
    return f"合{chr(0x4E00 + n % 600)}{chr(0x5200 + n // 600)}"


def born(n: int) -> date:
    return date(2019, 9, 1) + timedelta(days=n % 365)


def child(n: int) -> dict[str, str]:
    """Return the n-th child, with a resident number; there are 109,500."""
    number = resident_number(
        n // 365 % 50, birth=f"{born(n):%Y%m%d}", division=DIVISIONS[n // (365 * 50) % len(DIVISIONS)]
    )
    return pupil(n, name=name(n), document_number=number)


def nameless(n: int) -> dict[str, str]:
    """Return the n-th child without a number."""
    return pupil(
        n,
        name=f"无{name(n)}",
        document_type="其他",
        document_number=None,
        sex="女",
        birth_on=f"{born(n):%Y-%m-%d}",
    )
