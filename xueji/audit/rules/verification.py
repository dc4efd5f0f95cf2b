"""Whether a history is the one that was sealed: from its records, the public keys, and a witness's copy of the roots.

Checked block by block: signature, place in the chain, root, and then each event against the leaf that stands for
it. The first thing that is wrong is named as closely as what is left allows: the event, else its block.
Whoever holds the signing key can seal another history anew; that, and a cut-off end, only the copy of a
witness shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from xueji.audit.rules import merkle
from xueji.audit.rules.blocks import LEAF_BYTES, NOTHING_BEFORE, Block, Leaf, slices, unpacked
from xueji.audit.rules.digests import Entry, digest
from xueji.audit.rules.logs import Item, Unreadable
from xueji.lib.signing import PublicKey
from xueji.lib.suites import SUITES


class Wrong(StrEnum):
    """What can be wrong with a history."""

    ALTERED = "altered"  # a record reads otherwise than it was sealed
    MISSING = "missing"  # a sealed record is not there
    INSERTED = "inserted"  # a record is there that was not sealed
    REORDERED = "reordered"  # a record stands at another place than it was sealed
    SEAL_ALTERED = "seal-altered"  # a block is not what was signed
    SEAL_MISSING = "seal-missing"  # a block is not there
    RESEALED = "resealed"  # the block is signed, but it is another than the witness knows
    KEY_UNKNOWN = "key-unknown"  # a block names a key that is not among the public ones


NAMES: Final = {
    Wrong.ALTERED: ("记录被改动", "the record was altered"),
    Wrong.MISSING: ("记录缺失", "the record is missing"),
    Wrong.INSERTED: ("记录为事后插入", "the record was inserted"),
    Wrong.REORDERED: ("记录次序被改动", "the record was moved"),
    Wrong.SEAL_ALTERED: ("封存块被改动", "the sealed block was altered"),
    Wrong.SEAL_MISSING: ("封存块缺失", "the sealed block is missing"),
    Wrong.RESEALED: ("封存块与见证方副本不同，历史被重新封存", "the block differs from the witness's copy: history was sealed anew"),
    Wrong.KEY_UNKNOWN: ("封存块的签名密钥不在公钥文件中", "the block is signed by a key that is not among the public keys"),
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What is wrong first, in which block, and with which event; None where only the block can be named."""

    wrong: Wrong
    block: int
    event_id: int | None = None

    def __str__(self) -> str:
        zh, en = NAMES[self.wrong]
        record_zh = "" if self.event_id is None else f"，记录 {self.event_id}"
        record_en = "" if self.event_id is None else f", record {self.event_id}"
        return f"第 {self.block} 块{record_zh}：{zh}。 Block {self.block}{record_en}: {en}."


@dataclass(frozen=True)
class Verdict:
    """What was checked: how many blocks and events were right before the first fault, if there is one.

    `last` is the hash of the last block that was right.
    """

    blocks: int
    events: int
    fault: Fault | None
    last: bytes = NOTHING_BEFORE


# A block with what stands under it, as a log or a database gives it. None: what is no block or event.
Stretch = tuple[Block | None, Sequence[Entry | None]]


def stretches(items: Iterable[Item]) -> Iterator[Stretch]:
    """Yield each block of a log with what stands under it; what comes before the first stands under None."""
    block: Block | None = None
    under: list[Entry | None] = []
    is_begun = False
    for item in items:
        if isinstance(item, Block):
            if is_begun or under:
                yield block, under
            block, under, is_begun = item, [], True
        else:
            under.append(None if isinstance(item, Unreadable) else item)
    if is_begun or under:
        yield block, under


def verify(
    history: Iterable[Stretch],
    keys: Mapping[int, PublicKey],
    witnessed: Mapping[int, bytes] | None = None,
    *,
    before: tuple[int, bytes] | None = None,
) -> Verdict:
    """Return whether the history is the one that was sealed.

    `witnessed` maps numbers of blocks to the hashes that a witness keeps. `before` is number and hash of
    the block before the first, for a history that does not begin with block 1; without it the first block
    of such a history is trusted to come behind what it names.
    """
    witnessed = witnessed or {}
    number, previous = before if before is not None else (0, NOTHING_BEFORE)
    total: int | None = 0 if before is None else None
    last: tuple[int, int] | None = None
    blocks = events = 0
    for block, under in history:
        expected = number + 1
        if block is None:
            return Verdict(blocks, events, Fault(Wrong.SEAL_ALTERED, expected), previous)
        fault = (
            _fault_of_seal(block, expected, keys)
            or _fault_of_chain(block, expected, previous, total, last)
            or _fault_of_witness(block, witnessed)
            or _fault_of_events(block, under)
        )
        if fault is not None:
            return Verdict(blocks, events, fault, previous)
        number, previous, total, last = block.number, block.hash, block.total, block.last
        blocks, events = blocks + 1, events + block.count
    if witnessed and max(witnessed) > number:
        return Verdict(blocks, events, Fault(Wrong.SEAL_MISSING, number + 1), previous)
    return Verdict(blocks, events, None, previous)


def _fault_of_seal(block: Block, expected: int, keys: Mapping[int, PublicKey]) -> Fault | None:
    key = keys.get(block.key)
    if key is None:
        return Fault(Wrong.KEY_UNKNOWN, expected)
    # A number is believed only when it is signed.
    return None if block.is_signed_by(key) else Fault(Wrong.SEAL_ALTERED, expected)


def _fault_of_chain(
    block: Block, expected: int, previous: bytes, total: int | None, last: tuple[int, int] | None
) -> Fault | None:
    if block.number > expected:
        return Fault(Wrong.SEAL_MISSING, expected)
    if (
        block.number < expected
        or block.previous != previous
        or (total is not None and block.total != total + block.count)
        or (last is not None and block.last <= last)
    ):
        return Fault(Wrong.SEAL_ALTERED, block.number)
    return None


def _fault_of_witness(block: Block, witnessed: Mapping[int, bytes]) -> Fault | None:
    known = witnessed.get(block.number)
    return Fault(Wrong.RESEALED, block.number) if known is not None and known != block.hash else None


def _fault_of_events(block: Block, under: Sequence[Entry | None]) -> Fault | None:
    suite = SUITES[block.suite]
    found = [None if entry is None else (entry.id, digest(entry)) for entry in under]
    try:
        is_listed = len(block.leaves) == block.count * LEAF_BYTES and block.root == merkle.root(
            slices(block.leaves), suite.digest
        )
    except ValueError:
        is_listed = False
    if not is_listed:
        # What the block held is no longer known, only that it was other than this list.
        return Fault(Wrong.SEAL_ALTERED, block.number)
    leaves = unpacked(block.leaves)
    if found == leaves:
        return None
    if found[: len(leaves)] == leaves and found[len(leaves)] is None:
        # All that belongs to this block is there; what cannot be read behind it was the next block.
        return Fault(Wrong.SEAL_ALTERED, block.number + 1)
    wrong, event_id = difference(leaves, found)
    return Fault(wrong, block.number, event_id)


def difference(leaves: Sequence[Leaf], found: Sequence[Leaf | None]) -> tuple[Wrong, int]:
    """Return the first difference between what was sealed and what is there, and the event it concerns."""
    at = next(
        (i for i, (leaf, entry) in enumerate(zip(leaves, found, strict=False)) if leaf != entry),
        min(len(leaves), len(found)),
    )
    sealed_ids = {id_ for id_, _hash in leaves}
    found_ids = {entry[0] for entry in found if entry is not None}
    if at == len(leaves):
        extra = found[at]
        return Wrong.INSERTED, leaves[-1][0] if extra is None else extra[0]
    sealed_id = leaves[at][0]
    if at == len(found):
        return Wrong.MISSING, sealed_id
    entry = found[at]
    if entry is None or entry[0] == sealed_id:
        return Wrong.ALTERED, sealed_id
    if entry[0] not in sealed_ids:
        # Its number alone was changed, when all others stand where they stood.
        return (Wrong.ALTERED, sealed_id) if len(found) == len(leaves) else (Wrong.INSERTED, entry[0])
    if sealed_id not in found_ids:
        return Wrong.MISSING, sealed_id
    if any(earlier is not None and earlier[0] == entry[0] for earlier in found[:at]):
        return Wrong.INSERTED, entry[0]
    return Wrong.REORDERED, entry[0]
