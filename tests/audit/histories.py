"""Histories for tests: made in memory, as fast as thousands of checks need them."""

from __future__ import annotations

import random
from uuid import UUID

from xueji.audit.rules import blocks, logs
from xueji.audit.rules.blocks import Block
from xueji.audit.rules.digests import Entry, digest
from xueji.audit.rules.verification import Verdict, stretches, verify
from xueji.lib.signing import SigningRing

KEYS = SigningRing.create()


def entry(number: int) -> Entry:
    """Return an event, another for every number."""
    return Entry(
        subject_id=UUID(int=number),
        id=1000 + number,
        xid=700 + number // 3,
        microseconds=712_345_678_901_234 + number,
        account_id=None if number % 5 == 0 else number % 7,
        office=330_902_000_000,
        place=330_902_000_123,
        batch_id=UUID(int=5) if number % 2 else None,
        act="roster.register",
        subject_kind="student",
        before="" if number % 3 else '{"state": "01"}',
        after='{"state": "02", "name": "李\\n雷"}',
    )


def sealed_log(*sizes: int, keys: SigningRing = KEYS, first: int = 0) -> tuple[list[str], list[Block]]:
    """Return the lines of a log with blocks of these sizes, and the blocks."""
    lines: list[str] = []
    sealed: list[Block] = []
    for size in sizes:
        entries = [entry(first + number) for number in range(size)]
        first += size
        block = blocks.sealed(
            [(one.id, digest(one)) for one in entries],
            last=(entries[-1].xid, entries[-1].id),
            before=sealed[-1] if sealed else None,
            at=entries[-1].microseconds + 1,
            keys=keys,
        )
        sealed.append(block)
        lines += [logs.line_of(block), *map(logs.line_of, entries)]
    return lines, sealed


def checked(lines: list[str], witnessed: dict[int, bytes] | None = None, keys: SigningRing = KEYS) -> Verdict:
    """Return what a check of the lines of a log finds."""
    return verify(stretches(logs.read(lines)), keys.public_keys, witnessed)


def altered(text: str, chance: random.Random) -> str:
    """Return the text with one character another, added or gone."""
    at = chance.randrange(len(text))
    other = chance.choice([c for c in '0a"[{},: 测' if c != text[at]])
    return chance.choice(
        [text[:at] + other + text[at + 1 :], text[:at] + other + text[at:], text[:at] + text[at + 1 :]]
    )
