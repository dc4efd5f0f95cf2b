"""Document numbers of people who do not exist: right in every digit, and unique by construction.

A number is never drawn twice, however many processes draw, because every county draws
from its own part of the number space:

- 900 to 939: children whose household is in the county where they go to school
- 940 to 999: children from another county, in fifteen slots of four codes: a county of
  origin gives each of its slots to one county of arrival
- 850 to 899: children of the rosters that are drawn for trying out

All order codes are from 850 up: a police station that registers births rarely comes so
far for one day in one county, so that such a number is as good as never a real person's.
No public range is guaranteed to stay unused; docs/synthetic.md says so.
"""

from __future__ import annotations

import numpy as np

from xueji.lib.id_numbers import CHECK_CHARACTERS, WEIGHTS
from xueji.synthetic.rules.drawing import Days, Ints, Texts

NATIVE = 900
NATIVES_PER_SEX = 20
ARRIVED = 940
SLOTS = 15
PER_SLOT_AND_SEX = 2
NEWCOMER = 850
NEWCOMERS_PER_SEX = 25

# Residents of Hong Kong, Macao and Taiwan share three prefixes, so counties are kept apart
# by birthday and code: each has one day in 61, and one of 47 pairs of codes.
PERMIT_DAYS = 61
PERMIT_PAIRS = 47

DIGITS = np.frombuffer(b"0123456789", dtype=np.uint8)
_WEIGHTS = np.array(WEIGHTS, dtype=np.int64)
_LAST = np.frombuffer(CHECK_CHARACTERS.encode(), dtype=np.uint8)


def yyyymmdd(days: Days) -> Ints:
    """Return days as eight digits in one number: 20190831."""
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]")
    return (
        (years.astype(np.int64) + 1970) * 10_000
        + (months.astype(np.int64) % 12 + 1) * 100
        + ((days - months.astype("datetime64[D]")).astype(np.int64) + 1)
    )


def resident_numbers(prefixes: Ints, births: Days, orders: Ints) -> Texts:
    """Return the 18 characters of each number: prefix, birth date, order code and check digit.

    Source: GB 11643-1999.
    """
    first17 = prefixes * 10**11 + yyyymmdd(births) * 1000 + orders
    digits = first17[:, None] // 10 ** np.arange(16, -1, -1, dtype=np.int64) % 10
    whole = np.empty((len(first17), 18), dtype=np.uint8)
    whole[:, :17] = DIGITS[digits]
    whole[:, 17] = _LAST[(digits * _WEIGHTS).sum(axis=1) % 11]
    return np.ascontiguousarray(whole).view("S18").ravel().astype("U18").astype(object)


def phones(draws: Ints) -> Texts:
    """Return mobile numbers with prefixes that no operator has been given: nobody's telephone rings."""
    prefixes = np.array(["154", "160", "161", "163", "164", "169"], dtype=object)
    tails = np.char.zfill((draws % 10**8).astype("U8"), 8).astype(object)
    return prefixes[draws // 10**8 % len(prefixes)] + tails
