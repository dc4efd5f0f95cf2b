"""Whose file is this? What the rows of a leaked file say, weighed against what each file that left was given.

A row is recognised by what it says of a person (a number, a name with a day of birth), by its
code, or by a name alone; that tells which files held the person, and under which number of row.
What only one file did is then counted: its invented pupils, its codes, its spellings, its order.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log
from typing import Final
from uuid import UUID

from xueji.disclosures.rules import marks

CODE, NUMBER, PERSON, NAME = "code", "number", "person", "name"
# Told to all who may trace; less sure is told only of files of the own area.
SURE: Final = 0.99
_BLANKS = re.compile(r"[\s\-\u00b7\u2022\u30fb\u200b\ufeff]+")
_NUMBER = re.compile(r"(?=(?:.*\d){6})[0-9A-Z]{8,24}")
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_NAME = re.compile(r"[^\d\W_]{2,60}")
_MOST_NAMES = 6

# Natural logarithms of odds. Of a thousand thousand files none but its own has an invented pupil or a code.
_UNIQUE = log(1_000_000)
_MOST_UNIQUE = 10
_ALIKE, _UNLIKE = log(0.98 / 0.5), log(0.02 / 0.5)
_EXCLUSIVE, _MOST_EXCLUSIVE = 0.5, 10
# Evidence has to be this strong before a file is more likely than none of ours.
_DOUBT = log(10_000)
# So many cells of a kind all in one spelling were spelled anew by somebody: at even odds one in 2**20.
_SPELLED_ANEW = 20


@dataclass(frozen=True)
class Clue:
    """Something in a row by which it can be recognised."""

    kind: str
    text: str


def plain(text: str) -> str:
    """Return a text as it is compared: without width, blanks, hyphens, middle dots and case."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).upper()


def person(name: str, day: str) -> Clue:
    """Return the clue of a name with a day of birth, 20190901."""
    return Clue(PERSON, f"{plain(name)}|{day}")


def clues_of(cells: Sequence[str]) -> tuple[Clue, ...]:
    """Return what the cells of a row could be recognised by, the surest first."""
    texts = [plain(cell) for cell in cells if cell]
    codes = [Clue(CODE, text) for text in texts if marks.is_code(text)]
    numbers = [Clue(NUMBER, text) for text in texts if _NUMBER.fullmatch(text)]
    names = [text for text in texts if _NAME.fullmatch(text)][:_MOST_NAMES]
    days = {day for cell in cells if cell and (day := day_of(cell))}
    persons = [Clue(PERSON, f"{name}|{day}") for name in names for day in sorted(days)]
    return (*codes, *numbers, *persons, *(Clue(NAME, name) for name in names))


def day_of(text: str) -> str:
    """Return the day that a cell names as 20190901; empty where it names none."""
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text).strip().removesuffix(" 00:00:00"))
    if found is None or not (1 <= int(found[2]) <= 12 and 1 <= int(found[3]) <= 31):
        return ""
    return f"{found[1]}{int(found[2]):02d}{int(found[3]):02d}"


@dataclass(frozen=True)
class Match:
    """A row of the leaked file that a file of ours has under this number: by which clue, and if it is an invented one."""

    row: int
    disclosure: UUID
    ordinal: int
    kind: str
    is_canary: bool


@dataclass(frozen=True)
class Suspect:
    """A file that left, and what speaks for it: rows it has, rows only it has, invented pupils, codes, spellings, order."""

    disclosure: UUID
    rows: int
    exclusive: int
    canaries: int
    codes: int
    spellings: int
    spellings_alike: int
    steps: int
    steps_alike: int
    confidence: float


def weigh(
    rows: Sequence[Sequence[str]],
    matches: Collection[Match],
    seeds: Mapping[UUID, bytes],
    in_own_order: Collection[UUID],
) -> tuple[Suspect, ...]:
    """Return the files that hold rows of a leaked one, the likeliest first.

    `seeds` are the secret seeds of the files that were matched; `in_own_order` those whose rows
    stood in an order of their own.
    """
    known = _clear(matches)
    holders: dict[int, set[UUID]] = defaultdict(set)
    for disclosure, of_rows in known.items():
        for row in of_rows:
            holders[row].add(disclosure)
    spelled = _spelled(rows, holders)
    found = [
        _suspect(disclosure, of_rows, holders, spelled, seeds[disclosure], disclosure in in_own_order)
        for disclosure, of_rows in known.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.confidence, -one.rows, one.disclosure)))


def _clear(matches: Collection[Match]) -> dict[UUID, dict[int, Match]]:
    """Return for each file the rows that it has, each with the surest match; a row that could be two is none."""
    rank = {kind: at for at, kind in enumerate((CODE, NUMBER, PERSON, NAME))}
    best: dict[tuple[UUID, int], list[Match]] = {}
    for one in matches:
        kept = best.setdefault((one.disclosure, one.row), [one])
        if rank[one.kind] < rank[kept[0].kind]:
            kept[:] = [one]
        elif one.kind == kept[0].kind and one.ordinal != kept[0].ordinal:
            kept.append(one)
    known: dict[UUID, dict[int, Match]] = defaultdict(dict)
    for (disclosure, row), kept in best.items():
        if len(kept) == 1:
            known[disclosure][row] = kept[0]
    return known


def _spelled(rows: Sequence[Sequence[str]], of: Collection[int]) -> dict[int, list[marks.Spelling]]:
    """Return the spellings in some rows, but for kinds that somebody has spelled all alike."""
    found = {row: [one for cell in rows[row] if cell and (one := marks.spelling(cell))] for row in of}
    seen: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for spellings in found.values():
        for one in spellings:
            seen[one.kind][one.which] += 1
    anew = {kind for kind, counts in seen.items() if min(counts) == 0 and max(counts) >= _SPELLED_ANEW}
    return {row: [one for one in spellings if one.kind not in anew] for row, spellings in found.items()}


def _suspect(
    disclosure: UUID,
    of_rows: Mapping[int, Match],
    holders: Mapping[int, set[UUID]],
    spelled: Mapping[int, list[marks.Spelling]],
    seed: bytes,
    has_order: bool,
) -> Suspect:
    alike = total = 0
    for row, match in of_rows.items():
        for one in spelled[row]:
            total += 1
            alike += marks.choice(seed, match.ordinal, one) == one.which
    ordinals = [of_rows[row].ordinal for row in sorted(of_rows)] if has_order else []
    steps = list(pairwise(ordinals))
    up = sum(before < after for before, after in steps)
    canaries = sum(one.is_canary for one in of_rows.values())
    codes = sum(one.kind == CODE for one in of_rows.values())
    exclusive = sum(len(holders[row]) == 1 for row in of_rows)
    score = (
        _UNIQUE * min(canaries + codes, _MOST_UNIQUE)
        # Rows that were sorted anew, and cells that were spelled anew, say nothing against a file.
        + max(0.0, _ALIKE * alike + _UNLIKE * (total - alike))
        + max(0.0, _ALIKE * up + _UNLIKE * (len(steps) - up))
        + _EXCLUSIVE * min(exclusive, _MOST_EXCLUSIVE)
    )
    return Suspect(
        disclosure=disclosure,
        rows=len(of_rows),
        exclusive=exclusive,
        canaries=canaries,
        codes=codes,
        spellings=total,
        spellings_alike=alike,
        steps=len(steps),
        steps_alike=up,
        confidence=1 / (1 + exp(min(700.0, _DOUBT - score))),
    )
