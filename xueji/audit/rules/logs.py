"""The exported log: sealed blocks and their events as text, one JSON array a line.

    ["block", number, events, total, transaction, id, root, previous, sealed, suite, key, signature, leaves]
    ["event", subject, id, transaction, microseconds, account, office, place, batch, act, kind, before, after]

A block stands before its events. Bytes are base64. A line has one way to be written, so that one that
means the same but reads otherwise is found as well.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from xueji.audit.rules.blocks import Block
from xueji.audit.rules.digests import Entry

BLOCK: Final = "block"
EVENT: Final = "event"


@dataclass(frozen=True)
class Unreadable:
    """A line that is none of a log. `line` counts from 1."""

    line: int


Item = Block | Entry | Unreadable


def line_of(item: Block | Entry) -> str:
    """Return a block or an event as its line, without the line feed."""
    return json.dumps(
        _of_block(item) if isinstance(item, Block) else _of_event(item),
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read(lines: Iterable[str]) -> Iterator[Item]:
    """Yield what each line holds; `Unreadable` for one that nobody wrote so."""
    for number, line in enumerate(lines, start=1):
        text = line.removesuffix("\n")
        item = _item(text)
        yield item if item is not None and line_of(item) == text else Unreadable(number)


def _item(text: str) -> Block | Entry | None:
    try:
        content = json.loads(text)
        kind, *values = content
        if kind == BLOCK:
            return _block(*values)
        if kind == EVENT:
            return _event(*values)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return None


def _of_block(block: Block) -> list[Any]:
    return [
        BLOCK,
        block.number,
        block.count,
        block.total,
        *block.last,
        _text(block.root),
        _text(block.previous),
        block.sealed,
        block.suite,
        block.key,
        _text(block.signature),
        _text(block.leaves),
    ]


def _block(
    number: int,
    count: int,
    total: int,
    xid: int,
    id_: int,
    root: str,
    previous: str,
    sealed: int,
    suite: int,
    key: int,
    signature: str,
    leaves: str,
) -> Block:
    return Block(
        number=_whole(number),
        count=_whole(count),
        total=_whole(total),
        last=(_whole(xid), _whole(id_)),
        root=_bytes(root),
        previous=_bytes(previous),
        sealed=_whole(sealed),
        suite=_whole(suite),
        key=_whole(key),
        signature=_bytes(signature),
        leaves=_bytes(leaves),
    )


def _of_event(entry: Entry) -> list[Any]:
    return [
        EVENT,
        str(entry.subject_id),
        entry.id,
        entry.xid,
        entry.microseconds,
        entry.account_id,
        entry.office,
        entry.place,
        None if entry.batch_id is None else str(entry.batch_id),
        entry.act,
        entry.subject_kind,
        entry.before,
        entry.after,
    ]


def _event(
    subject_id: str,
    id_: int,
    xid: int,
    microseconds: int,
    account_id: int | None,
    office: int,
    place: int,
    batch_id: str | None,
    act: str,
    subject_kind: str,
    before: str,
    after: str,
) -> Entry:
    return Entry(
        subject_id=UUID(subject_id),
        id=_number(id_),
        xid=_number(xid),
        microseconds=_number(microseconds),
        account_id=None if account_id is None else _number(account_id),
        office=_number(office),
        place=_number(place),
        batch_id=None if batch_id is None else UUID(batch_id),
        act=_string(act),
        subject_kind=_string(subject_kind),
        before=_string(before),
        after=_string(after),
    )


def _number(value: Any) -> int:
    """Return a number that a column holds. Raises ValueError."""
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError("no number")
    return value


def _whole(value: Any) -> int:
    if _number(value) < 0:
        raise ValueError("no whole number")
    return int(value)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    value.encode()  # a lone surrogate is no text that a column holds
    return value


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(_string(text), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
