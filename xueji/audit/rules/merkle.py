"""The hash of a list as a tree, so that one entry can be shown to belong to it without the others.

Source: RFC 6962, section 2.1: a leaf is hashed behind a byte 0, a node behind a byte 1, and a list is
cut at the largest power of two that is smaller than it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Digest = Callable[[bytes], bytes]


def root(leaves: Sequence[bytes], digest: Digest) -> bytes:
    """Return the root over the leaves; of none it is the hash of nothing."""
    if not leaves:
        return digest(b"")
    level = [digest(b"\x00" + leaf) for leaf in leaves]
    while len(level) > 1:
        # Pairs from the left, the odd one goes up as it is: the same tree as by the largest power of two.
        paired = [
            digest(b"\x01" + left + right) for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        if len(level) % 2:
            paired.append(level[-1])
        level = paired
    return level[0]


def path(leaves: Sequence[bytes], at: int, digest: Digest) -> list[bytes]:
    """Return the hashes beside the way from the leaf at this position up to the root, the lowest first."""
    level = [digest(b"\x00" + leaf) for leaf in leaves]
    beside = []
    while len(level) > 1:
        if at ^ 1 < len(level):
            beside.append(level[at ^ 1])
        paired = [
            digest(b"\x01" + left + right) for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        if len(level) % 2:
            paired.append(level[-1])
        level, at = paired, at // 2
    return beside


def root_along(leaf: bytes, at: int, count: int, beside: Sequence[bytes], digest: Digest) -> bytes:
    """Return the root that a leaf and the hashes of its path lead to, in a list of `count`.

    Raises ValueError for a path of another length.
    """
    found, rest = digest(b"\x00" + leaf), list(beside)
    while count > 1:
        if at % 2 or at + 1 < count:
            if not rest:
                raise ValueError("the path is too short")
            other = rest.pop(0)
            found = digest(b"\x01" + other + found) if at % 2 else digest(b"\x01" + found + other)
        at, count = at // 2, (count + 1) // 2
    if rest:
        raise ValueError("the path is too long")
    return found
