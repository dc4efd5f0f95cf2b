"""Which rules hold where and when, and the versions of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from time import monotonic
from typing import Final

from django.db import connections
from django.db.models import Q

from xueji.access.rules import places
from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor
from xueji.organisations.models import RulePackVersion
from xueji.organisations.queries import authority_codes
from xueji.organisations.rules.rule_packs import NATIONAL, RulePack, default, parse

# A version begins on a day after it was put in force, so what another process knows of today is right.
SECONDS_TO_KEEP: Final = 60
PLACES_OF_A_PROVINCE: Final = 10**10


@dataclass(frozen=True)
class Kept:
    """A version that is or was in force: its days, its text, and that of the national default under it."""

    id: int
    province: str
    valid_from: date
    valid_until: date | None
    text: str
    base: str

    def holds_on(self, on: date) -> bool:
        """Return whether the version is in force on a day."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)

    @property
    def pack(self) -> RulePack:
        return _read(self.text, self.base, f"{self.province}.toml")


_kept: dict[str, tuple[float, tuple[Kept, ...]]] = {}


def province_of(place: int) -> str:
    """Return the two digits of the province of a place; "00" for the ministry."""
    return f"{place // PLACES_OF_A_PROVINCE:02d}"


def pack_for(place: int, on: date, *, using: str = "default") -> tuple[int, RulePack]:
    """Return the version, by id and as read, that holds at a place on a day; the national default without one.

    A day before the first national default is judged by that first one.
    What is kept for a minute is right for today: a version never begins on the day it is put in force.
    """
    kept = _in_force(using)
    province = province_of(place)
    for one in kept:
        if one.province == province and one.holds_on(on):
            return one.id, one.pack
    national = [one for one in kept if one.province == NATIONAL]
    found = next((one for one in national if one.holds_on(on)), min(national, key=lambda one: one.valid_from))
    return found.id, found.pack


def pack_of(version_id: int, *, using: str = "default") -> RulePack:
    """Return a version as read: a case stays under the one it began under. Raises RulePackVersion.DoesNotExist."""
    for one in _in_force(using):
        if one.id == version_id:
            return one.pack
    version = RulePackVersion.objects.using(using).select_related("base").get(pk=version_id)
    return read(version)


def read(version: RulePackVersion) -> RulePack:
    """Return a version as read; its `base` must have been selected with it."""
    base = version.base.text if version.base else ""
    return _read(version.text, base, f"{version.province}.toml")


def forget_packs() -> None:
    """Read the versions anew at the next question."""
    _kept.clear()


def _in_force(using: str) -> tuple[Kept, ...]:
    database = str(connections[using].settings_dict["NAME"])
    found = _kept.get(database)
    if found is None or monotonic() - found[0] > SECONDS_TO_KEEP:
        rows = (
            RulePackVersion.objects.using(using)
            .exclude(state=RulePackVersion.DRAFT)
            .order_by("province", "valid_from")
            .values_list("id", "province", "valid_from", "valid_until", "text", "base__text")
        )
        found = _kept[database] = (monotonic(), tuple(Kept(*row[:5], base=row[5] or "") for row in rows))
    return found[1]


@lru_cache(maxsize=256)
def _read(text: str, base: str, file: str) -> RulePack:
    """Return a text as read. A national one that was kept before a parameter came says of it what the shipped one says."""
    if file == f"{NATIONAL}.toml":
        return parse(text, file=file, base=default())
    return parse(text, file=file, base=_read(base, "", f"{NATIONAL}.toml") if base else None)


# For the pages --------------------------------------------------------------------------------------


def national_on(on: date, *, using: str = "default") -> RulePackVersion:
    """Return the national default that holds on a day, or the first one."""
    rows = RulePackVersion.objects.using(using).filter(province=NATIONAL).exclude(state=RulePackVersion.DRAFT)
    holding = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=on), valid_from__lte=on)
    return holding.first() or rows.earliest("valid_from")


def versions_of(province: str, *, using: str = "default") -> tuple[RulePackVersion, ...]:
    """Return every version of a province, drafts too, the latest first, each with its base."""
    rows = RulePackVersion.objects.using(using).filter(province=province).select_related("base")
    return tuple(rows.order_by("-valid_from", "-id"))


def version(version_id: int, *, using: str = "default") -> RulePackVersion | None:
    """Return one version with its base; None when there is none."""
    return RulePackVersion.objects.using(using).select_related("base").filter(pk=version_id).first()


def holding_on(on: date, *, using: str = "default") -> dict[str, RulePackVersion]:
    """Return the version in force on a day, by province; provinces under the national default are left out."""
    rows = RulePackVersion.objects.using(using).exclude(state=RulePackVersion.DRAFT).select_related("base")
    holding = rows.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=on), valid_from__lte=on)
    return {row.province: row for row in holding}


def drafts_and_coming(on: date, *, using: str = "default") -> dict[str, list[RulePackVersion]]:
    """Return what is drafted or begins later than a day, by province."""
    rows = RulePackVersion.objects.using(using).filter(Q(state=RulePackVersion.DRAFT) | Q(valid_from__gt=on))
    found: dict[str, list[RulePackVersion]] = {}
    for row in rows.order_by("valid_from", "id"):
        found.setdefault(row.province, []).append(row)
    return found


def place_of_province(province: str) -> int:
    """Return the place of a province's authority."""
    return places.place(f"{province}0000")


def provinces() -> tuple[str, ...]:
    """Return the national default and every province, by code."""
    return (NATIONAL, *sorted(code[:2] for code in authority_codes() if code.endswith("0000")))


def reads_drafts(by: Actor, province: str) -> bool:
    """Return whether somebody works at the authority of a province, where its drafts are read."""
    return by.level is Level.PROVINCE and province_of(by.place) == province


def readable_versions(province: str, *, by: Actor) -> tuple[RulePackVersion, ...]:
    """Return the versions of a province that the reader may read, the latest first."""
    sees_drafts = reads_drafts(by, province)
    return tuple(one for one in versions_of(province) if sees_drafts or one.state != RulePackVersion.DRAFT)


def readable(version_id: int, *, by: Actor) -> RulePackVersion | None:
    """Return a version that the reader may read; None for a draft elsewhere and for none."""
    found = version(version_id)
    if found is None or (found.state == RulePackVersion.DRAFT and not reads_drafts(by, found.province)):
        return None
    return found
