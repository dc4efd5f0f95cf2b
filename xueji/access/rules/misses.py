"""What a look-up that finds nothing costs: so many a day for an account, its office and its county.

A miss is what an honest registrar seldom has and whoever walks numbers has most of the time
(docs/decisions/0023). It is counted once a day for the same number, however often it is tried.

Source: 《办法》 art. 24 (nobody learns what is not their business); the figures are ours and parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from xueji.access.rules import places


class Way(StrEnum):
    """By which door something was looked up."""

    NUMBER = "number"  # one number typed: search, transfer, kindergarten record, emergency
    ROSTER = "roster"  # rows of a roster or list, or a pupil typed as one
    UNMASK = "unmask"  # a value shown in full


class Counted(StrEnum):
    """For whom it is counted."""

    ACCOUNT = "account"
    OFFICE = "office"  # a school, or the authority that looks up itself
    COUNTY = "county"  # all offices of a division together


@dataclass(frozen=True)
class Budget:
    """So many of a way in a day, for one account, office or county."""

    way: Way
    counted: Counted
    most: int


BUDGETS: Final[tuple[Budget, ...]] = (
    Budget(Way.NUMBER, Counted.ACCOUNT, 20),
    Budget(Way.NUMBER, Counted.OFFICE, 60),
    Budget(Way.NUMBER, Counted.COUNTY, 600),
    # Numbers mistyped into those of others turn up in every roster: some in a hundred.
    Budget(Way.ROSTER, Counted.ACCOUNT, 100),
    Budget(Way.ROSTER, Counted.OFFICE, 200),
    Budget(Way.ROSTER, Counted.COUNTY, 3_000),
    Budget(Way.UNMASK, Counted.ACCOUNT, 100),
    Budget(Way.UNMASK, Counted.OFFICE, 300),
    Budget(Way.UNMASK, Counted.COUNTY, 6_000),
)
BY_WAY: Final[Mapping[Way, tuple[Budget, ...]]] = {
    way: tuple(one for one in BUDGETS if one.way is way) for way in Way
}

WAY_NAMES: Final[Mapping[Way, tuple[str, str]]] = {
    Way.NUMBER: ("按号码查找未找到", "Look-ups by number that found nothing"),
    Way.ROSTER: ("名册中号码已登记在他人名下", "Numbers in rosters that are known under another name"),
    Way.UNMASK: ("查看完整信息", "Values shown in full"),
}
COUNTED_NAMES: Final[Mapping[Counted, tuple[str, str]]] = {
    Counted.ACCOUNT: ("账号", "Account"),
    Counted.OFFICE: ("单位", "Office"),
    Counted.COUNTY: ("全县（区划）", "Whole county"),
}

# Of one county and birthday only 999 numbers exist. A file with more than half of them is no roster: each beyond
# that counts as a miss, be it known or not.
SAME_COUNTY_AND_BIRTHDAY: Final = 500


@dataclass(frozen=True)
class Standing:
    """How much of a budget is used today, and what was allowed beyond it."""

    budget: Budget
    used: int
    extra: int = 0

    @property
    def most(self) -> int:
        return self.budget.most + self.extra

    @property
    def is_used_up(self) -> bool:
        return self.used >= self.most

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.most


def county_of(place: int) -> tuple[int, int]:
    """Return the half-open range of all places in the division of a place."""
    first = place - place % places.SERIALS
    return first, first + places.SERIALS


def who(counted: Counted, *, account_id: int, place: int) -> int:
    """Return whose budget it is: the account's id, the office's place, the county's place."""
    match counted:
        case Counted.ACCOUNT:
            return account_id
        case Counted.OFFICE:
            return place
        case _:
            return county_of(place)[0]
