"""Sealed blocks: a stretch of history, its root, the block before it, and a signature over all that.

The header is text, so that a signature can be checked with nothing but this page and a public key:

    xueji history block 1
    number 17
    events 812
    total 20345
    last 123456 998877
    root 5f…
    previous 0a…
    sealed 712345678901234
    suite 1
    key 1

`last` is transaction and id of the last event; events are ordered by these two, and a block holds every
event behind the last of the block before it. `sealed` is in microseconds since 2000-01-01 UTC. `previous`
is the hash of the header before, 64 zeros for the first block. Every line ends with a line feed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from xueji.audit.rules import merkle
from xueji.lib.signing import PublicKey, SigningRing
from xueji.lib.suites import SUITES

HASH_BYTES: Final = 32
ID_BYTES: Final = 8
LEAF_BYTES: Final = ID_BYTES + HASH_BYTES
NOTHING_BEFORE: Final = bytes(HASH_BYTES)
# So many events a block holds at most: two and a half megabytes of leaves.
MOST_EVENTS: Final = 65_536

# An event in a block: its id and the hash of its content.
Leaf = tuple[int, bytes]


@dataclass(frozen=True)
class Block:
    """A sealed block. `leaves` says which events it holds; the root makes that list unalterable."""

    number: int
    count: int
    total: int
    last: tuple[int, int]  # transaction and id of the last event
    root: bytes
    previous: bytes
    sealed: int  # microseconds since 2000-01-01 UTC
    suite: int
    key: int
    signature: bytes
    leaves: bytes = field(repr=False)

    @property
    def header(self) -> bytes:
        """The bytes that are signed and chained."""
        return (
            f"xueji history block 1\nnumber {self.number}\nevents {self.count}\ntotal {self.total}\n"
            f"last {self.last[0]} {self.last[1]}\nroot {self.root.hex()}\nprevious {self.previous.hex()}\n"
            f"sealed {self.sealed}\nsuite {self.suite}\nkey {self.key}\n"
        ).encode()

    @property
    def hash(self) -> bytes:
        """The hash of the header, by which the next block and the witnesses name this one."""
        return SUITES[self.suite].digest(self.header)

    def is_signed_by(self, key: PublicKey) -> bool:
        """Return whether the signature is right and by this key."""
        return key.suite.id == self.suite and key.has_signed(self.header, self.signature)


def packed(leaves: list[Leaf]) -> bytes:
    """Return leaves as a block keeps them: id and hash, one behind the other."""
    return b"".join(id_.to_bytes(ID_BYTES, "big", signed=True) + row_hash for id_, row_hash in leaves)


def unpacked(leaves: bytes) -> list[Leaf]:
    """Return the leaves that a block keeps. Raises ValueError for a length that holds no whole number of them."""
    return [(int.from_bytes(leaf[:ID_BYTES], "big", signed=True), leaf[ID_BYTES:]) for leaf in slices(leaves)]


def slices(leaves: bytes) -> list[bytes]:
    """Return the leaves that a block keeps as the tree hashes them. Raises ValueError as `unpacked` does."""
    if len(leaves) % LEAF_BYTES:
        raise ValueError("leaves of another length")
    return [leaves[at : at + LEAF_BYTES] for at in range(0, len(leaves), LEAF_BYTES)]


def sealed(
    leaves: list[Leaf], *, last: tuple[int, int], before: Block | None, at: int, keys: SigningRing
) -> Block:
    """Return the block of these events behind the one before it, signed; `at` in microseconds since 2000."""
    suite, content = keys.signing.public_key.suite, packed(leaves)
    unsigned = Block(
        number=before.number + 1 if before else 1,
        count=len(leaves),
        total=(before.total if before else 0) + len(leaves),
        last=last,
        root=merkle.root(slices(content), suite.digest),
        previous=before.hash if before else NOTHING_BEFORE,
        sealed=at,
        suite=suite.id,
        key=keys.current,
        signature=b"",
        leaves=content,
    )
    return replace(unsigned, signature=keys.signing.sign(unsigned.header))
