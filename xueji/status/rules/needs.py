"""What a change needs made ready before its rules are asked: numbers, encrypted particulars, a look at the nation.

Rules never see a cipher nor the database. They say here what they need; the engine makes it ready
and hands it over as facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Number:
    """A number that a pupil is to be known by. `text` is what is indexed: with the country where the scheme has one."""

    scheme: str
    value: str
    text: str


@dataclass(frozen=True)
class Person:
    """Who is compared with the nation where no number tells two persons apart."""

    name: str
    sex: str
    birth_on: date
    has_number: bool


@dataclass(frozen=True)
class Particular:
    """One value of an encrypted record: `record` is "student" or "family1", "family2". An empty value takes it out."""

    record: str
    key: str
    value: str


@dataclass(frozen=True)
class Needs:
    """What has to be made ready. `formal_for` is the resident number that a formal student number is asked for."""

    numbers: tuple[Number, ...] = ()
    formal_for: str = ""
    person: Person | None = None
    particulars: tuple[Particular, ...] = ()
    # The members of the family that are on record.
    family: bool = False
    # The numbers the pupil has now, without their values.
    identifiers: bool = False
    # The placement that runs, which only discreet kinds may ask for.
    placement: bool = False
