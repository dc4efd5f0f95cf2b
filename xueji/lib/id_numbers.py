"""Citizen identity numbers, one at a time: GB 11643-1999 and the cards that share its shape.

Residence permits of residents of Hong Kong, Macao and Taiwan (prefixes 810000, 820000,
830000) and the foreigner's permanent residence card of 2023 (18 digits from 9) carry birth
date, sex and check digit in the same places. Numbers come in as `normalised` gives them.
Whole columns are judged by `id_columns`, which says the same.
"""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import date
from enum import StrEnum

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"  # by the weighted sum modulo 11, ISO 7064 MOD 11-2
LENGTH = 18
SHAPE = re.compile(r"[0-9]{17}[0-9X]")

MALE, FEMALE = "1", "2"  # GB/T 2261.1


class Kind(StrEnum):
    """Whose card a number is on, told by its first digits."""

    RESIDENT = "resident"
    HONG_KONG = "hong-kong"
    MACAO = "macao"
    TAIWAN = "taiwan"
    FOREIGN = "foreign"


# Prefixes of permits: they stand where a division would stand and are none.
PERMIT_PREFIXES = {"810000": Kind.HONG_KONG, "820000": Kind.MACAO, "830000": Kind.TAIWAN}

_FULL_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}
_BLANKS = re.compile(
    "[\\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]+"  # what text_columns strips
)


def normalised(number: str) -> str:
    """Return a document number as it is compared and stored: half-width, upper case, without blanks."""
    if number.isalnum() and number.isascii():
        return number.upper()
    return _BLANKS.sub("", number.translate(_FULL_WIDTH)).upper()


def check_digit(first17: str) -> str:
    """Return the eighteenth character that belongs to seventeen digits: 0-9 or X.

    Raises ValueError unless given exactly seventeen digits. Source: GB 11643-1999, 4.5.
    """
    if len(first17) != LENGTH - 1 or not (first17.isascii() and first17.isdigit()):
        raise ValueError("seventeen digits are needed")
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, first17, strict=True))
    return CHECK_CHARACTERS[total % 11]


def has_shape(number: str) -> bool:
    """Return whether this is eighteen characters: seventeen digits, then a digit or X."""
    return SHAPE.fullmatch(number) is not None


def kind(number: str) -> Kind | None:
    """Return whose card the number is on, or None when it has not the shape of one."""
    if not has_shape(number):
        return None
    if number.startswith("9"):
        return Kind.FOREIGN
    return next(
        (owner for prefix, owner in PERMIT_PREFIXES.items() if number.startswith(prefix[:2])), Kind.RESIDENT
    )


def division(number: str) -> str:
    """Return the six digits of the division where the number was first given, or of the permit."""
    return number[:6]


def birth_on(number: str) -> date | None:
    """Return the birth date in the number, or None when there is no such day or no such number."""
    if not has_shape(number):
        return None
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def sex(number: str) -> str:
    """Return '1' (male) or '2' (female): the seventeenth digit is odd for men.

    Raises ValueError when the number has not the shape of one.
    """
    if not has_shape(number):
        raise ValueError("not the shape of an identity number")
    return MALE if int(number[16]) % 2 else FEMALE


def is_known_prefix(prefix: str, divisions: Container[str]) -> bool:
    """Return whether six digits can begin a number: a division, in force or retired, or a permit."""
    return prefix in divisions or prefix in PERMIT_PREFIXES or prefix.startswith("9")


def problems(number: str, *, divisions: Container[str]) -> list[str]:
    """Return what is wrong with a number, in codes; an empty list when nothing is.

    `id-length`: not eighteen characters, so nothing more is said (the fifteen digits of
    before 1999 are no longer a number). `id-check-digit`: characters that cannot be, or a
    check digit that does not fit. `id-division`: unknown first six digits, `divisions` being
    those in force and those retired. `birth-impossible`: no such day.
    """
    if len(number) != LENGTH:
        return ["id-length"]
    if not has_shape(number):
        return ["id-check-digit"]
    found = []
    if number[17] != check_digit(number[:17]):
        found.append("id-check-digit")
    if not is_known_prefix(division(number), divisions):
        found.append("id-division")
    if birth_on(number) is None:
        found.append("birth-impossible")
    return found
