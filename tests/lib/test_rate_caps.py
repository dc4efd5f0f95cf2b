"""The cap lets a burst through, slows what goes on, and says so once a minute."""

from __future__ import annotations

import logging

import pytest

from xueji.lib.crypto import KeyRing
from xueji.lib.rate_caps import RateCap


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


def test_the_one_too_many_waits_and_the_long_run_keeps_to_the_rate(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    cap = RateCap("blind index", 2000, 10_000, clock=clock, wait=clock.wait)
    assert cap.take(10_000) == 0
    assert cap.take(1) == pytest.approx(1 / 2000)
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            cap.take(2000)
    assert clock.now == pytest.approx(100, rel=0.01)
    assert 1 <= len(caplog.records) <= 2


def test_what_was_not_used_is_there_again_up_to_the_burst() -> None:
    clock = Clock()
    cap = RateCap("blind index", 10, 100, clock=clock, wait=clock.wait)
    cap.take(100)
    clock.now += 1000
    assert cap.take(100) == 0
    assert cap.take(10) == pytest.approx(1)


def test_the_blind_index_of_a_ring_is_behind_the_cap_and_values_at_rest_are_not() -> None:
    clock = Clock()
    ring = KeyRing.create().capped(RateCap("blind index", 10, 5, clock=clock, wait=clock.wait))
    ring.decrypt(ring.encrypt("1", b"a"), b"a")
    assert clock.now == 0
    ring.blind_indexes("R", ["1"] * 25)
    assert clock.now == pytest.approx(2)
    ring.uncapped().blind_indexes("R", ["1"] * 1000)
    assert clock.now == pytest.approx(2)
