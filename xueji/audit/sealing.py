"""Sealing: events that can no longer become more are put into signed blocks, outside the transactions that wrote them.

What is behind the last sealed event and below the oldest transaction that still runs is complete: nothing
can be committed in between later. A naive sealer that goes up to the highest number loses events.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connections, transaction

from xueji.audit.rules import blocks
from xueji.audit.rules.blocks import MOST_EVENTS, Block
from xueji.audit.rules.digests import Entry, microseconds
from xueji.audit.rules.verification import Stretch
from xueji.lib.errors import Refused
from xueji.lib.signing import SigningRing

# Longer than this, and what is written now may never be provable: writing stops (X-Road stops after four hours).
STALE_AFTER: Final = timedelta(minutes=10)
# A process asks the database how fresh the sealing is at most so often.
SECONDS_TO_REMEMBER: Final = 5.0

COLUMNS: Final = (
    "number, count, total, last_xid, last_id, root, previous, sealed_at, suite, key, signature, leaves"
)

COMPLETE = """
SELECT xid, id, row_hash FROM audit_event
WHERE (xid, id) > (%s, %s) AND xid < audit_horizon() ORDER BY xid, id LIMIT %s
"""

# A block with this number that is there already was sealed by another worker at the same moment.
KEEP = f"""
INSERT INTO audit_block ({COLUMNS})
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (number) DO NOTHING
"""

EVENTS = """
SELECT subject_id, id, xid, at, account_id, office, place, batch_id, act, subject_kind,
    coalesce(before::text, ''), coalesce(after::text, '')
FROM audit_event WHERE (xid, id) > (%s, %s) AND (xid, id) <= (%s, %s) ORDER BY xid, id
"""

# The oldest event that can be seen and is not sealed, and the moment of the last seal.
STALENESS = """
SELECT now(), b.sealed_at, e.at
FROM (SELECT 1) one
LEFT JOIN LATERAL (
    SELECT last_xid, last_id, sealed_at FROM audit_block ORDER BY number DESC LIMIT 1) b ON true
LEFT JOIN LATERAL (
    SELECT at FROM audit_event WHERE (xid, id) > (coalesce(b.last_xid, -1), coalesce(b.last_id, 0))
    ORDER BY xid, id LIMIT 1) e ON true
"""


class SealingStale(Refused):
    """What would be written now could not be proved later: the history has not been sealed for too long."""

    code = "sealing-stale"

    def __init__(self) -> None:
        super().__init__(
            "操作记录超过十分钟未封存，为保证可追溯，暂停办理业务；查询不受影响。请联系运维人员恢复封存服务后重试。",
            "The history has not been sealed for more than ten minutes, so nothing can be changed just now; looking"
            " things up still works. Tell the operator to bring the sealing worker back, then try again.",
        )


@dataclass(frozen=True)
class Freshness:
    """When the history was last sealed, and since when an event waits for it; None: never, none."""

    now: datetime
    sealed_at: datetime | None
    waiting_since: datetime | None

    @property
    def is_stale(self) -> bool:
        """Whether events have waited too long and no seal came meanwhile.

        A worker that is working its way through many events is late, but not dead.
        """
        oldest = self.now - STALE_AFTER
        return (
            self.waiting_since is not None
            and self.waiting_since < oldest
            and (self.sealed_at is None or self.sealed_at < oldest)
        )

    @property
    def seconds_waiting(self) -> float:
        """For how long the oldest event that is not sealed has waited."""
        return (self.now - self.waiting_since).total_seconds() if self.waiting_since else 0.0


def seal(keys: SigningRing, *, now: datetime, using: str, most: int = MOST_EVENTS) -> int:
    """Seal what is complete into one block; return how many events it holds. 0: nothing waits that is complete.

    Called again and again it comes to the end; two workers at once do no harm.
    """
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        before = last_block(using)
        cursor.execute(COMPLETE, [*(before.last if before else (-1, 0)), most])
        rows = cursor.fetchall()
        if not rows:
            return 0
        block = blocks.sealed(
            [(id_, bytes(row_hash)) for _xid, id_, row_hash in rows],
            last=rows[-1][:2],
            before=before,
            at=microseconds(now),
            keys=keys,
        )
        cursor.execute(
            KEEP,
            [
                block.number, block.count, block.total, *block.last, block.root, block.previous, now,
                block.suite, block.key, block.signature, block.leaves,
            ],
        )  # fmt: skip
    return block.count


def last_block(using: str) -> Block | None:
    """Return the last sealed block, without its leaves; None before the first."""
    found = _blocks("ORDER BY number DESC LIMIT 1", [], using, leaves="''::bytea")
    return found[0] if found else None


def blocks_after(number: int, *, using: str, limit: int) -> list[Block]:
    """Return the blocks behind one, in order, without their leaves: what witnesses copy."""
    return _blocks("WHERE number > %s ORDER BY number LIMIT %s", [number, limit], using, leaves="''::bytea")


def history(*, using: str, after: int = 0) -> Iterator[Stretch]:
    """Yield each sealed block behind block `after` with the events that the database holds in its stretch.

    Blocks are read one at a time: the history may be longer than the memory.
    """
    position = _blocks("WHERE number = %s", [after], using, leaves="''::bytea")
    last = position[0].last if position else (-1, 0)
    number = after
    while True:
        found = _blocks("WHERE number > %s ORDER BY number LIMIT 1", [number], using)
        if not found:
            return
        block = found[0]
        with connections[using].cursor() as cursor:
            cursor.execute(EVENTS, [*last, *block.last])
            yield block, [_entry(row) for row in cursor.fetchall()]
        number, last = block.number, block.last


def freshness(using: str) -> Freshness:
    """Return how fresh the sealing is. Two index look-ups."""
    with connections[using].cursor() as cursor:
        cursor.execute(STALENESS)
        return Freshness(*cursor.fetchone())


_looked: dict[str, tuple[float, bool]] = {}


def ensure_fresh(using: str) -> None:
    """Raise SealingStale when the history has not been sealed for too long; looked up every few seconds."""
    looked_at, is_stale = _looked.get(using, (0.0, False))
    if not looked_at or time.monotonic() - looked_at > SECONDS_TO_REMEMBER:
        is_stale = freshness(using).is_stale
        _looked[using] = time.monotonic(), is_stale
    if is_stale:
        raise SealingStale


def forget_freshness() -> None:
    """Look the next time anew: for tests, and after the database was changed by hand."""
    _looked.clear()


def _blocks(which: str, values: list[Any], using: str, *, leaves: str = "leaves") -> list[Block]:
    columns = COLUMNS.removesuffix("leaves") + leaves
    with connections[using].cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM audit_block {which}", values)
        return [
            Block(
                number, count, total, (last_xid, last_id), bytes(root), bytes(previous),
                microseconds(sealed_at), suite, key, bytes(signature), bytes(kept),
            )
            for number, count, total, last_xid, last_id, root, previous, sealed_at, suite, key, signature, kept
            in cursor.fetchall()
        ]  # fmt: skip


def _entry(row: tuple[Any, ...]) -> Entry:
    subject_id, id_, xid, at, *rest = row
    return Entry(subject_id, id_, xid, microseconds(at), *rest)
