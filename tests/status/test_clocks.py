"""Clocks of desks: when an office is reminded, what a new calendar does to due days, and who marks a reminder as read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from tests.factories import PLACES, actor, pupil
from tests.organisations.test_calendar_import import NOTICE, taken_over
from tests.status.cases import HERE, OTHER_PROVINCE, approved, enrolled, filed, to_class
from tests.web.registered import one_called, register
from xueji.access.scope import NotAllowed, acting
from xueji.status import jobs
from xueji.status.actions import cases, clocks
from xueji.status.models import Case, Turn
from xueji.status.models import Notice as Kept
from xueji.status.queries import notices
from xueji.status.rules.reminders import Notice, due_notices

RECEIVER, LEADER, COUNTY = f"r{OTHER_PROVINCE}", f"l{OTHER_PROVINCE}", "o510104"
# Received on Thursday 10 September 2026. The National Day week is off, and two days in exchange are worked.
RECEIVED = date(2026, 9, 10)


@pytest.mark.parametrize(
    ("used", "allowed", "is_late", "expected"),
    [
        pytest.param(4, 10, False, (), id="not yet"),
        pytest.param(5, 10, False, (Notice.USED_5,), id="five"),
        pytest.param(9, 10, False, (Notice.USED_5, Notice.USED_8), id="a morning was missed"),
        pytest.param(10, 10, False, (Notice.USED_5, Notice.USED_8, Notice.LAST_DAY), id="last day"),
        pytest.param(3, 3, False, (Notice.LAST_DAY,), id="a desk of three days"),
        pytest.param(4, 3, True, (Notice.LAST_DAY, Notice.LATE, Notice.LATE_BELOW), id="late after three"),
        pytest.param(12, 60, False, (Notice.USED_5, Notice.USED_8), id="a desk of sixty days"),
    ],
)
def test_an_office_is_reminded(used: int, allowed: int, is_late: bool, expected: tuple[Notice, ...]) -> None:
    assert due_notices(used=used, allowed=allowed, is_late=is_late) == expected


def received(on: date = RECEIVED) -> UUID:
    student = enrolled()
    return filed("transfer", student, to_class(OTHER_PROVINCE), by=RECEIVER, today=on).id


def told(place: int) -> list[str]:
    kept = Kept.everywhere.using("owner").filter(place=place).order_by("created_on", "kind")
    return [one.kind for one in kept]


def turn(case: UUID) -> Turn:
    found: Turn = Turn.everywhere.using("owner").get(case_id=case, ended_on=None)
    return found


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        pytest.param(date(2026, 9, 16), [], id="four days: 11, 14, 15, 16"),
        pytest.param(date(2026, 9, 17), ["used_5"], id="the fifth"),
        pytest.param(date(2026, 9, 19), ["used_5"], id="Saturday"),
        # 20 September is a Sunday that is worked for the National Day week.
        pytest.param(date(2026, 9, 21), ["used_5", "used_8"], id="the eighth, a worked Sunday counted"),
        pytest.param(date(2026, 9, 23), ["last_day", "used_5", "used_8"], id="the tenth"),
        pytest.param(date(2026, 9, 24), ["last_day", "late", "used_5", "used_8"], id="late"),
    ],
)
@pytest.mark.usefixtures("db")
def test_reminders_come_with_the_working_days(today: date, expected: list[str]) -> None:
    received()
    clocks.remind(today=today)
    assert sorted(told(PLACES[OTHER_PROVINCE])) == expected
    assert told(510104_000000) == (["late_below"] if "late" in expected else [])


@pytest.mark.usefixtures("db")
def test_a_reminder_is_left_once_and_none_while_the_clock_stands() -> None:
    case = received()
    assert clocks.remind(today=date(2026, 9, 17)) == 1
    assert clocks.remind(today=date(2026, 9, 17)) == 0
    cases.send_back(case, reason="补户口簿", by=actor(LEADER), today=date(2026, 9, 17))
    assert clocks.remind(today=date(2026, 9, 30)) == 0


@pytest.mark.usefixtures("db")
def test_a_year_that_is_announced_makes_the_due_day_firm_and_tells_the_office() -> None:
    # By weekends alone ten working days after 1 February 2027 end on the 15th.
    case = received(date(2027, 2, 1))
    assert (turn(case).due_on, turn(case).is_provisional) == (date(2027, 2, 15), True)
    clocks.remind(today=date(2027, 2, 8))
    taken_over(NOTICE)
    assert clocks.recount(today=date(2027, 2, 8)) == 1
    # Off from the 5th to the 12th, worked on Sunday the 14th: 2, 3, 4, 14, 15, 16, 17, 18, 19, 22.
    assert (turn(case).due_on, turn(case).is_provisional) == (date(2027, 2, 22), False)
    # Five working days are not used by the new calendar: that reminder is taken back.
    assert told(PLACES[OTHER_PROVINCE]) == ["due_moved"]
    assert clocks.recount(today=date(2027, 2, 8)) == 0


@pytest.mark.usefixtures("db")
def test_an_amended_notice_moves_firm_days_and_standing_clocks_too() -> None:
    taken_over(NOTICE)
    case = received(date(2027, 2, 1))
    cases.send_back(case, reason="补户口簿", by=actor(LEADER), today=date(2027, 2, 3))
    assert not turn(case).is_provisional
    taken_over(NOTICE.replace("2027,春节,上班,2027-02-14\n", ""))
    jobs.count_anew(now=datetime(2027, 2, 4, 4, tzinfo=UTC))
    assert turn(case).due_on == date(2027, 2, 23)
    with acting(actor(LEADER).scope):
        assert notices.unread(actor(LEADER)).items[0].notice is Notice.DUE_MOVED
        clocks.mark_read(by=actor(LEADER), today=date(2027, 2, 4))
    # It moves back, and is told again.
    taken_over(NOTICE)
    clocks.recount(today=date(2027, 2, 5))
    with acting(actor(LEADER).scope):
        assert [one.due_on for one in notices.unread(actor(LEADER)).items] == [date(2027, 2, 22)]


@pytest.mark.usefixtures("db")
def test_the_worker_notices_an_import_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []
    monkeypatch.setattr(jobs, "count_anew", lambda *, now: counted.append(now))
    monkeypatch.setattr(jobs.timezone, "now", lambda: datetime(2036, 1, 1, tzinfo=UTC))
    jobs.recount(0)
    assert counted == []
    monkeypatch.undo()
    monkeypatch.setattr(jobs, "count_anew", lambda *, now: counted.append(now))
    taken_over(NOTICE)
    jobs.recount(0)
    assert len(counted) == 1


@pytest.mark.usefixtures("db")
def test_reminders_are_read_by_their_own_office_and_go_when_the_turn_ends() -> None:
    case = received()
    clocks.remind(today=date(2026, 9, 24))
    leader, county = actor(LEADER), actor(COUNTY)
    with acting(leader.scope):
        (line,) = notices.unread(leader).items
        assert (line.notice, line.due_on) == (Notice.LATE, date(2026, 9, 23))
        assert clocks.mark_read(by=leader, today=RECEIVED, chosen=[line.key[1:]]) == 1
        assert notices.unread_count(leader) == 0
        assert notices.unread_count(actor(f"l{HERE}")) == 0
    with acting(county.scope):
        (below,) = notices.unread(county).items
        assert (below.office, below.is_own) == ("锦江区第一小学", False)
    approved(case, LEADER, today=date(2026, 9, 24))
    with acting(leader.scope):
        assert notices.unread_count(leader) == 0
        with pytest.raises(NotAllowed):
            clocks.mark_read(by=actor("a510104"), today=RECEIVED)


@pytest.mark.usefixtures("db")
def test_reminders_are_listed_page_by_page() -> None:
    register(pupil(0, name="测一"), pupil(1, name="测二"))
    for name in ("测一", "测二"):
        filed("transfer", one_called(name).id, to_class(OTHER_PROVINCE), by=RECEIVER, today=RECEIVED)
    clocks.remind(today=date(2026, 9, 21))
    leader = actor(LEADER)
    with acting(leader.scope):
        first = notices.unread(leader, size=1)
        second = notices.unread(leader, after=first.after, size=1)
        back = notices.unread(leader, before=second.before, size=1)
    assert (len(first.items), len(second.items), back.items) == (1, 1, first.items)
    assert {one.notice for one in (*first.items, *second.items)} == {Notice.USED_8}


@pytest.mark.usefixtures("db")
def test_the_sixty_days_of_a_death_are_counted_anew_too() -> None:
    student = enrolled()
    told_on = date(2027, 1, 5)
    case = filed("death", student, {"died_on": "2027-01-04", "cause": "70"}, by=f"r{HERE}", today=told_on).id
    # Twelve weeks by weekends alone.
    assert Case.everywhere.using("owner").get(id=case).due_on == date(2027, 3, 29)
    taken_over(NOTICE)
    assert clocks.recount_wholes() == 1
    # Six weekdays of the Spring Festival are off and one Sunday is worked.
    assert Case.everywhere.using("owner").get(id=case).due_on == date(2027, 4, 6)
    assert clocks.recount_wholes() == 0
