"""What of an event is hashed, byte for byte: by the database when it is written, and by whoever checks it.

    subject (16) ‖ microseconds since 2000-01-01 UTC (8) ‖ batch, zeros for none (16)
    ‖ id ␣ transaction ␣ account, -1 for none ␣ office ␣ place ␣ act ␣ subject kind ⏎
    ‖ before ‖ after, each a byte 1 and its JSON as PostgreSQL writes it, or a byte 0 for none

Identifiers are raw, the moment big-endian with sign, the rest UTF-8 with decimal numbers. Acts and kinds are
words without blanks, and JSON escapes control characters, so no two events have the same bytes. The hash
is SHA-256, the one that PostgreSQL has; tree and signatures above it are those of the suite in use.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
NOBODY: Final = -1
NO_BATCH: Final = UUID(int=0)

# As a generated column takes it: every function in it is immutable. The cast from text reads a backslash as
# an escape; no act and no kind has one. Chosen among several for its speed (decision 15).
SQL: Final = r"""sha256(
    uuid_send(subject_id) || timestamptz_send(at)
    || coalesce(uuid_send(batch_id), '\x00000000000000000000000000000000'::bytea)
    || (id::text || ' ' || xid::text || ' ' || coalesce(account_id, -1)::text || ' ' || office::text || ' '
        || place::text || ' ' || act::text || ' ' || subject_kind::text || E'\n')::bytea
    || coalesce(jsonb_send(before), '\x00'::bytea) || coalesce(jsonb_send(after), '\x00'::bytea)
)"""


@dataclass(frozen=True)
class Entry:
    """One event as it is checked; `before` and `after` are JSON text as the database writes it."""

    subject_id: UUID
    id: int
    xid: int
    microseconds: int  # since EPOCH
    account_id: int | None
    office: int
    place: int
    batch_id: UUID | None
    act: str
    subject_kind: str
    before: str
    after: str

    @property
    def at(self) -> datetime:
        """The moment at which it was written."""
        return EPOCH + self.microseconds * MICROSECOND


def microseconds(at: datetime) -> int:
    """Return a moment as the database counts it."""
    return (at - EPOCH) // MICROSECOND


def content(entry: Entry) -> bytes:
    """Return the bytes of an event that are hashed."""
    account = NOBODY if entry.account_id is None else entry.account_id
    text = f"{entry.id} {entry.xid} {account} {entry.office} {entry.place} {entry.act} {entry.subject_kind}\n"
    return b"".join(
        (
            entry.subject_id.bytes,
            entry.microseconds.to_bytes(8, "big", signed=True),
            (NO_BATCH if entry.batch_id is None else entry.batch_id).bytes,
            text.encode(),
            _json(entry.before),
            _json(entry.after),
        )
    )


def _json(text: str) -> bytes:
    return b"\x01" + text.encode() if text else b"\x00"


def digest(entry: Entry) -> bytes:
    """Return the hash of an event, as the database keeps it in `row_hash`."""
    return hashlib.sha256(content(entry)).digest()
