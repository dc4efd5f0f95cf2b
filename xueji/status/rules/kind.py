"""What one kind of change (学籍变动) is: a row of the table in `kinds.py`, made in a rules file of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from xueji.lib.codes import CodeList
from xueji.status.rules.facts import Facts
from xueji.status.rules.needs import Needs
from xueji.status.rules.plans import Plan
from xueji.status.rules.routes import Desk, Party, route

# What the filer states, by key of the kind's fields: str, date, bool, or a list of them.
Payload = Mapping[str, Any]

# Calendar days after the effect in which it can be taken back, where the kind says nothing else.
DAYS_TO_UNDO = 30


class Input(StrEnum):
    """How a field of a kind is asked for."""

    TEXT = "text"
    DAY = "day"
    CODE = "code"
    CLASS = "class"  # a class of the target school: its id
    SCHOOL = "school"  # a school anywhere: its identifier of ten digits
    NUMBER = "number"
    YES = "yes"


@dataclass(frozen=True)
class Field:
    """One thing the filer states. `codes` for CODE; a private one is never shown on lists nor in events."""

    key: str
    zh: str
    en: str
    input: Input = Input.TEXT
    codes: CodeList | None = None
    is_required: bool = True
    help_zh: str = ""
    help_en: str = ""
    is_private: bool = False


class Weight(StrEnum):
    STOPS = "stops"  # cannot be filed
    WAITS = "waits"  # can be filed: the case waits until its owner has cleared it
    WARNS = "warns"


@dataclass(frozen=True)
class Obstacle:
    """Something that stands in the way, who must clear it, and how."""

    code: str
    weight: Weight
    owner: Party
    zh: str
    en: str
    article: str = ""
    field: str = ""


@dataclass(frozen=True)
class PaperNeed:
    """A paper that is asked for: its kind is of `papers.BY_KIND`."""

    kind: str
    is_required: bool = True


@dataclass(frozen=True)
class Reason:
    """A reason for which a desk may refuse, with its article. Fees, quotas and marks are not among them."""

    code: str
    zh: str
    en: str
    article: str


def nothing(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return ()


def no_paper(facts: Facts, payload: Payload) -> tuple[PaperNeed, ...]:
    return ()


def no_need(facts: Facts, payload: Payload) -> Needs:
    return Needs()


class Starter(StrEnum):
    """Which office files: the school that holds the pupil, the one that will, or the authority."""

    SCHOOL = "school"
    RECEIVING_SCHOOL = "receiving_school"
    AUTHORITY = "authority"


@dataclass(frozen=True)
class Kind:
    """A kind of change. Everything that differs between kinds is here; the engine knows none of them by name."""

    code: str
    zh: str
    en: str
    source: str
    # JY/T 1001-2012 学籍异动类别; empty for a change that the standard does not know.
    change_code: str
    desks: Callable[[Facts, Payload], tuple[Desk, ...]]
    effect: Callable[[Facts, Payload], Plan]
    starter: Starter = Starter.SCHOOL
    fields: tuple[Field, ...] = ()
    obstacles: Callable[[Facts, Payload], tuple[Obstacle, ...]] = nothing
    papers: Callable[[Facts, Payload], tuple[PaperNeed, ...]] = no_paper
    refusals: tuple[Reason, ...] = ()
    # What has to be made ready before obstacles and effect are asked.
    needs: Callable[[Facts, Payload], Needs] = no_need
    # What is written as soon as it is filed, and taken back if it is refused or withdrawn.
    effect_on_filing: Callable[[Facts, Payload], Plan] | None = None
    # Codes of the kinds that may be open beside this one.
    beside: frozenset[str] = frozenset()
    # It may be open beside every other kind.
    is_beside_all: bool = False
    # When it takes effect, the pupil's other open cases are over: there is nothing left to decide.
    ends_others: bool = False
    # Its rules ask how many pupils of the same grade did it already: `facts.grade_size`, `facts.alike`.
    counts_in_grade: bool = False
    # The day from which the effect counts.
    starts_on: Callable[[Facts, Payload], date] = lambda facts, payload: facts.today
    # A readable copy stays with the school that gives the pupil away.
    leaves_copy: bool = False
    # Seen only at its desks: not in ordinary lists, counts and records.
    is_discreet: bool = False
    # No message ever goes to the family.
    is_silent: bool = False
    # Working days from beginning to end, where the whole has a clock of its own (death: 60).
    days_in_all: int = 0
    # The day after which they are counted.
    counts_from: Callable[[Facts, Payload], date] = lambda facts, payload: facts.today
    may_be_undone: bool = True
    # Calendar days after the effect in which it can be taken back.
    days_to_undo: Callable[[Facts], int] = lambda facts: DAYS_TO_UNDO

    @property
    def has_target(self) -> bool:
        return any(field.input is Input.CLASS for field in self.fields)

    @property
    def school_field(self) -> str:
        """The key of the field that names a school by its identifier; empty where there is none."""
        return next((field.key for field in self.fields if field.input is Input.SCHOOL), "")


def own_route(facts: Facts, *, higher: bool = True) -> tuple[Desk, ...]:
    """Return the ordinary way of a change inside one school: its leader, its authority, then those the pack adds."""
    desks = [Desk(Party.SCHOOL, facts.school.place), Desk(Party.AUTHORITY, facts.school.authority)]
    if higher:
        desks += [Desk(Party.HIGHER_AUTHORITY, place) for place in facts.higher_authorities]
    return route(desks)
