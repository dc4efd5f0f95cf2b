"""Desks in a row: which offices decide a case, in which order, each with its own clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from xueji.access.rules import places
from xueji.organisations.rules.divisions import authority_codes

# Working days for each party separately. Source: 《中小学生学籍管理办法》 art. 15.
DAYS_TO_DECIDE = 10


class Party(StrEnum):
    """In which capacity an office takes part in a case."""

    SCHOOL = "school"
    AUTHORITY = "authority"
    HIGHER_AUTHORITY = "higher_authority"
    RECEIVING_SCHOOL = "receiving_school"
    RECEIVING_AUTHORITY = "receiving_authority"
    SENDING_SCHOOL = "sending_school"
    SENDING_AUTHORITY = "sending_authority"
    COMMON_AUTHORITY = "common_authority"


PARTY_NAMES: dict[Party, tuple[str, str]] = {
    Party.SCHOOL: ("学校", "School"),
    Party.AUTHORITY: ("学籍主管部门", "Authority"),
    Party.HIGHER_AUTHORITY: ("上级主管部门", "Higher authority"),
    Party.RECEIVING_SCHOOL: ("转入学校", "Receiving school"),
    Party.RECEIVING_AUTHORITY: ("转入学校主管部门", "Receiving authority"),
    Party.SENDING_SCHOOL: ("转出学校", "Sending school"),
    Party.SENDING_AUTHORITY: ("转出学校主管部门", "Sending authority"),
    Party.COMMON_AUTHORITY: ("双方共同的主管部门", "Common authority"),
}


class Purpose(StrEnum):
    DECIDE = "decide"  # 核办、核准
    # 备案: takes note after the effect; cannot refuse or return, and can take the effect back in its time.
    FILE_FOR_RECORD = "record"


@dataclass(frozen=True)
class Desk:
    """One office on the way of a case. `place` is the office's, `days` the working days it has."""

    party: Party
    place: int
    days: int = DAYS_TO_DECIDE
    purpose: Purpose = Purpose.DECIDE
    # The effect happens when this desk approves; without any such desk, when the last one does.
    has_effect: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "party": self.party.value,
            "place": self.place,
            "days": self.days,
            "purpose": self.purpose.value,
            "effect": self.has_effect,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Desk:
        return cls(
            Party(kept["party"]), kept["place"], kept["days"], Purpose(kept["purpose"]), kept["effect"]
        )


def route(desks: Iterable[Desk]) -> tuple[Desk, ...]:
    """Return the desks in order, neighbours of one office merged, and the effect on exactly one of them.

    The same authority on both sides decides once, in both roles: one desk stands for both,
    as the common authority, where the first of them would have stood last.
    """
    merged: list[Desk] = []
    for desk in desks:
        same = next((at for at, one in enumerate(merged) if one.place == desk.place), None)
        if same is None:
            merged.append(desk)
            continue
        # It knows most when it is asked last: the earlier turn falls away.
        party = Party.COMMON_AUTHORITY if merged[same].party != desk.party else desk.party
        del merged[same]
        merged.append(Desk(party, desk.place, desk.days, desk.purpose, desk.has_effect))
    if merged and not any(desk.has_effect for desk in merged):
        last = max(at for at, desk in enumerate(merged) if desk.purpose is Purpose.DECIDE)
        desk = merged[last]
        merged[last] = Desk(desk.party, desk.place, desk.days, desk.purpose, has_effect=True)
    return tuple(merged)


def place_of_effect(desks: Sequence[Desk]) -> int:
    """Return at which desk of a route the effect happens."""
    return next(at for at, desk in enumerate(desks) if desk.has_effect)


def filed_with(desks: Sequence[Desk]) -> frozenset[int]:
    """Return the offices of a route that take note of the case and may take its effect back."""
    return frozenset(desk.place for desk in desks if desk.purpose is Purpose.FILE_FOR_RECORD)


@cache
def _with_authority() -> frozenset[str]:
    return authority_codes()


def in_chain(authority: int, levels: Collection[str]) -> tuple[int, ...]:
    """Return the authorities above one that are of these levels, lowest first; divisions without any are passed over."""
    there = _with_authority()
    return tuple(
        place
        for place in places.upwards(authority)
        if place != authority and places.level_of(place) in levels and places.division_of(place) in there
    )
