"""Identifiers of version 7 rise and never repeat."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from xueji.lib import uuid7


def test_identifiers_rise_one_by_one_and_in_batches() -> None:
    made = [
        uuid7.new(),
        *uuid7.many(1000),
        uuid7.new(),
        *uuid7.many(1000),
        *(uuid7.new() for _ in range(1000)),
    ]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_identifier_is_of_version_seven_and_carries_the_time() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7.new()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_identifiers_are_ordinary_ones_and_their_text_is_the_usual() -> None:
    made = uuid7.new()
    assert UUID(str(made)) == made
    assert hash(UUID(str(made))) == hash(made)
    texts = uuid7.many_text(1000)
    assert [str(UUID(text)) for text in texts] == texts
    assert texts == sorted(texts)


def test_none_wanted_is_none_made() -> None:
    assert uuid7.many(0) == []
    assert uuid7.many_text(0) == []


def test_threads_never_make_the_same() -> None:
    with ThreadPoolExecutor(8) as pool:
        batches = list(pool.map(lambda _: uuid7.many(500), range(40)))
    made = [identifier for batch in batches for identifier in batch]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("clock", [lambda now: now, lambda now: now - 3_600_000_000_000])
def test_a_clock_that_stands_or_goes_back_does_not_stop_the_rise(
    clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = uuid7.new()
    now = time.time_ns()
    monkeypatch.setattr(uuid7.time, "time_ns", lambda: clock(now))  # type: ignore[operator]
    made = [first, *(uuid7.new() for _ in range(1000))]
    assert made == sorted(set(made))


def test_a_full_millisecond_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    first = uuid7.new()
    now = time.time_ns()
    monkeypatch.setattr(uuid7.time, "time_ns", lambda: now)
    uuid7.new()
    monkeypatch.setattr(uuid7._clock, "counter", (1 << 42) - 5)
    made = [first, *uuid7.many(5), *uuid7.many(5)]
    assert made == sorted(set(made))


def _counters(queue: multiprocessing.Queue[int]) -> None:
    queue.put(uuid7.new().int >> 32)


def test_a_forked_child_does_not_count_on_where_its_parent_counts() -> None:
    context = multiprocessing.get_context("fork")
    uuid7.new()
    queue = context.Queue()
    children = [context.Process(target=_counters, args=(queue,)) for _ in range(2)]
    for child in children:
        child.start()
    counted = [queue.get(timeout=30) for _ in children]
    for child in children:
        child.join()
    assert len(set(counted)) == 2
