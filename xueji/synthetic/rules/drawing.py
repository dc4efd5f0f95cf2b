"""Drawing whole columns: weighted choice, exact shares, and ids that repeat with the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Texts = NDArray[np.object_]
Flags = NDArray[np.bool_]
Days = NDArray[np.datetime64]
Rng = np.random.Generator

HEX = np.array([f"{byte:02x}" for byte in range(256)], dtype="S2")


def generator(*seed: int) -> Rng:
    """Return the source of chance for one part of the nation: the same numbers, the same draws."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))


@dataclass(frozen=True)
class Urn:
    """Texts with weights, drawn with replacement."""

    texts: Texts
    edges: NDArray[np.float64]

    @classmethod
    def of(cls, weights: dict[str, float]) -> Urn:
        """Return the urn of texts and their weights, which need not sum to 1."""
        edges = np.cumsum(np.fromiter(weights.values(), dtype=float))
        return cls(np.array(list(weights), dtype=object), edges / edges[-1])

    @classmethod
    def even(cls, texts: Sequence[str]) -> Urn:
        """Return the urn in which each text is as likely as the next."""
        return cls.of(dict.fromkeys(texts, 1.0))

    def indexes(self, rng: Rng, n: int) -> Ints:
        """Return the positions of `n` drawn texts."""
        return np.searchsorted(self.edges, rng.random(n), side="right").astype(np.int64)

    def draw(self, rng: Rng, n: int) -> Texts:
        """Return `n` drawn texts."""
        drawn: Texts = self.texts[self.indexes(rng, n)]
        return drawn


def shared_out(total: int, weights: Sequence[float] | NDArray[np.float64]) -> Ints:
    """Return whole numbers in proportion to the weights that sum to `total` exactly.

    By largest remainder; without any weight nothing can be shared, and ValueError is raised.
    """
    shares = np.asarray(weights, dtype=float)
    if total and not shares.sum() > 0:
        raise ValueError("nothing to share out to")
    exact = shares * (total / shares.sum()) if total else shares * 0
    whole: Ints = np.floor(exact).astype(np.int64)
    missing = total - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:missing]] += 1
    return whole


def ranks(*keys: NDArray[Any]) -> Ints:
    """Return for each row how many earlier rows have the same keys: 0, 1, 2 …"""
    order = np.lexsort(keys[::-1])
    changed = np.zeros(len(order), dtype=bool)
    changed[:1] = True
    for key in keys:
        changed[1:] |= key[order][1:] != key[order][:-1]
    positions = np.arange(len(order))
    starts = np.maximum.accumulate(np.where(changed, positions, 0))
    result = np.empty(len(order), dtype=np.int64)
    result[order] = positions - starts
    return result


def uuids(rng: Rng, milliseconds: int, n: int) -> list[str]:
    """Return `n` ids with the layout of UUID version 7, as 32 hexadecimal digits.

    All carry one synthetic instant, and rise in their order within it, as a real
    generator's do: new rows go to the end of an index.
    """
    raw = rng.integers(0, 256, size=(n, 16), dtype=np.uint8)
    raw[:, :6] = np.frombuffer(milliseconds.to_bytes(6, "big"), dtype=np.uint8)
    counter = np.arange(n, dtype=np.uint32)
    raw[:, 6] = 0x70 | (counter >> 22 & 0x0F)
    raw[:, 7] = counter >> 14 & 0xFF
    raw[:, 8] = 0x80 | (counter >> 8 & 0x3F)
    raw[:, 9] = counter & 0xFF
    digits: NDArray[np.bytes_] = HEX[raw].view("S32").ravel()
    return digits.astype("U32").tolist()
