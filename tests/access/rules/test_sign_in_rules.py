"""What a password must be, how long one waits after wrong ones, and when a session is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from xueji.access.rules import passwords, sessions, throttles
from xueji.access.rules.permissions import Level

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("password", "blocked"),
    [
        pytest.param("password", True, id="common"),
        pytest.param("Ｐａｓｓｗｏｒｄ", True, id="common-in-full-width"),
        pytest.param("xueji2026", True, id="word-of-the-house-with-a-year"),
        pytest.param("学籍管理2026!!", False, id="more-than-one-word"),
        pytest.param("2026管理员", True, id="known-word-after-a-number"),
        pytest.param("zhang.min", True, id="user-name"),
        pytest.param("张敏敏123456", True, id="own-name"),
        pytest.param("aaaaaaaaaaaaaaaa", True, id="one-letter"),
        pytest.param("abcabcabcabcabcabc", True, id="said-over-and-over"),
        pytest.param("12345678901234567", True, id="digits-in-order"),
        pytest.param("poiuytrewq", True, id="the-keyboard-backwards"),
        pytest.param("831047295516", True, id="short-and-only-digits"),
        pytest.param("海上生明月，天涯共此时。", False, id="a-line-of-verse"),
        pytest.param("tamed-otter-window-7", False, id="a-few-words"),
    ],
)
def test_what_anybody_would_guess_is_blocked(password: str, blocked: bool) -> None:
    assert passwords.is_blocked(password, {"password", "123456"}, ("zhang.min", "张敏敏")) is blocked


def test_alone_it_needs_fifteen_characters_and_eight_beside_a_second_factor() -> None:
    assert passwords.shortest(has_second_factor=False) == 15
    assert passwords.shortest(has_second_factor=True) == 8


def test_an_old_password_with_little_changed_is_the_old_one() -> None:
    assert passwords.is_too_alike("定海区的秋天很长2027", "定海区的秋天很长2026")
    assert not passwords.is_too_alike("海上生明月，天涯共此时", "定海区的秋天很长2026")


@pytest.mark.parametrize(
    ("days", "today", "expected"),
    [
        pytest.param(180, date(2026, 8, 28), False, id="the-last-day"),
        pytest.param(180, date(2026, 8, 29), True, id="the-day-after"),
        pytest.param(0, date(2036, 8, 29), False, id="where-it-does-not-age"),
    ],
)
def test_a_password_is_changed_after_its_last_day(days: int, today: date, expected: bool) -> None:
    assert passwords.must_change(date(2026, 3, 1), days=days, today=today) is expected


def test_five_failures_cost_nothing_and_then_the_wait_doubles_to_a_quarter_of_an_hour() -> None:
    minutes = [throttles.wait_after(n) / timedelta(minutes=1) for n in (0, 4, 5, 6, 7, 8, 9, 1_000)]
    assert minutes == [0, 0, 1, 2, 4, 8, 15, 15]


def test_each_known_device_has_a_counter_of_its_own_and_all_unknown_ones_have_one() -> None:
    keys = {
        throttles.key_of(name, device, what)
        for name in ("a", "b")
        for device in (None, b"1", b"2")
        for what in ("password", "code")
    }
    assert len(keys) == 12
    assert throttles.key_of("A", None, "code") == throttles.key_of("a", None, "code")


@pytest.mark.parametrize(
    ("level", "idle_minutes", "age_hours", "over"),
    [
        pytest.param(Level.COUNTY, 14, 1, False, id="authority-just-in-time"),
        pytest.param(Level.COUNTY, 15, 1, True, id="authority-idle"),
        pytest.param(Level.SCHOOL, 15, 1, False, id="school-may-pause"),
        pytest.param(Level.SCHOOL, 60, 2, True, id="school-idle"),
        pytest.param(Level.SCHOOL, 1, 12, True, id="twelve-hours"),
    ],
)
def test_a_session_ends_when_idle_or_after_twelve_hours(
    level: Level, idle_minutes: int, age_hours: int, over: bool
) -> None:
    began, seen = NOW - timedelta(hours=age_hours), NOW - timedelta(minutes=idle_minutes)
    assert sessions.is_over(began_at=began, seen_at=seen, now=NOW, level=level) is over


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1", "Safari · iPhone"),
        ("curl/8", ""),
    ],
)  # fmt: skip
def test_a_device_is_named_by_browser_and_system(agent: str, name: str) -> None:
    assert sessions.browser_of(agent) == name
