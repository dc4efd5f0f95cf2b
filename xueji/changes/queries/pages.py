"""Pages of lists that are read by key: a page and one more row at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K")


@dataclass(frozen=True)
class Page(Generic[T, K]):
    """One page of a list; `before` and `after` are the keys to go on from, None at the ends."""

    items: list[T]
    before: K | None = None
    after: K | None = None


def page_of(
    found: Sequence[T], *, size: int, key: Callable[[T], K], is_after: bool, is_before: bool
) -> Page[T, K]:
    """Return the page made of up to `size` + 1 rows, which came in reverse when going back."""
    more = len(found) > size
    items = list(found[:size])
    if is_before:
        items.reverse()
    return Page(
        items=items,
        before=key(items[0]) if items and (is_after or (is_before and more)) else None,
        after=key(items[-1]) if items and (is_before or more) else None,
    )
