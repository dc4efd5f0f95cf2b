"""What an office may file for a pupil, and why it may not file the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from xueji.access.scope import Actor, national
from xueji.lib.errors import Refused
from xueji.status.actions.cases import require_starter
from xueji.status.queries.facts import facts_of
from xueji.status.rules import checks
from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Kind, Obstacle, Starter, Weight
from xueji.status.rules.kinds import KINDS


@dataclass(frozen=True)
class Choice:
    """A kind of change for one pupil: it fits where nothing stops it that no form could cure."""

    kind: Kind
    stops: tuple[Obstacle, ...]

    @property
    def fits(self) -> bool:
        return not self.stops


def choices_for(student_id: UUID, *, by: Actor, today: date) -> tuple[Choice, ...] | None:
    """Return every kind that the reader's office could file for a pupil, those that fit first; None when there is no such pupil.

    Kinds that another office starts are left out, and those that are discreet. The facts are read once for all kinds.
    """
    with national("status") as using:
        found = facts_of(student_id, kind=KINDS[0], payload={}, starter=by.place, today=today, using=using)
    if found is None:
        return None
    facts, _version = found
    choices = [
        Choice(kind, _stops(kind, facts))
        for kind in KINDS
        if kind.starter is not Starter.RECEIVING_SCHOOL
        and not kind.is_discreet
        and _may_start(kind, facts, by)
    ]
    return tuple(sorted(choices, key=lambda one: not one.fits))


def discreet_for(student_id: UUID, *, by: Actor, today: date) -> tuple[Kind, ...]:
    """Return the discreet kinds that the reader may file for a pupil; none for who need not know of such."""
    if not by.may("status.discreet"):
        return ()
    with national("status") as using:
        found = facts_of(student_id, kind=KINDS[0], payload={}, starter=by.place, today=today, using=using)
    return tuple(kind for kind in KINDS if found and kind.is_discreet and _may_start(kind, found[0], by))


def may_start_any(by: Actor) -> bool:
    """Return whether the reader's role files changes at all."""
    return by.may("status.file") or by.may("status.file_at_authority")


def _may_start(kind: Kind, facts: Facts, by: Actor) -> bool:
    try:
        require_starter(kind, facts, by)
    except Refused:
        return False
    return True


def _stops(kind: Kind, facts: Facts) -> tuple[Obstacle, ...]:
    """Return what stops the change whatever is filled in: an obstacle of a field is cured by filling it in."""
    return tuple(
        one for one in checks.obstacles(kind, facts, {}) if one.weight is Weight.STOPS and not one.field
    )


def starts_from_elsewhere() -> tuple[Kind, ...]:
    """Return the kinds that the receiving school starts, in the order of the table."""
    return tuple(kind for kind in KINDS if kind.starter is Starter.RECEIVING_SCHOOL)
