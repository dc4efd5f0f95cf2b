"""Look-ups by number: nobody and somebody elsewhere are one answer, misses have a price, canaries sing."""

from __future__ import annotations

import os
import re
import time
from math import exp, sqrt
from random import Random
from threading import Thread
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from tests import factories
from tests.changes.rosters_as_csv import as_csv
from tests.factories import PLACES, TODAY, actor, pupil, resident_number, school
from tests.web.registered import OFFICER, REGISTRAR, as_, register, text_of
from tests.web.test_api import Caller
from xueji.access.actions_misses import CannotLift, TooManyMisses, lift
from xueji.access.models import Alarm, Miss
from xueji.access.rules.misses import BY_WAY, SAME_COUNTY_AND_BIRTHDAY, Counted, Way
from xueji.access.scope import NotAllowed, acting
from xueji.audit.models import Event
from xueji.changes.actions import rosters
from xueji.changes.rules.roster_steps import State
from xueji.lib.id_numbers import check_digit
from xueji.students import actions_canaries as canaries
from xueji.students.actions_look_ups import match

pytestmark = pytest.mark.usefixtures("db")

COUNTY = 330902 * 1_000_000
HERE = PLACES["2133000001"]
MOST = BY_WAY[Way.NUMBER][0].most
DAY = timezone.localdate()  # doors look at the clock
PRESENT = resident_number(1, birth="20190912")


def absent(at: int) -> str:
    """Return a number of nobody: the same county, another birthday."""
    first = f"330903201801{1 + at % 28:02d}{900 + at // 28:03d}"
    return first + check_digit(first)


def missed(username: str, times: int) -> None:
    """Let an account look up so many numbers of nobody."""
    by = actor(username)
    for at in range(times):
        with acting(by.scope):
            assert match(absent(at), "某某", act="status.match", by=by, today=DAY) is None


@pytest.fixture
def security() -> Any:
    """The security administrator of the county."""
    factories.account("s330902", COUNTY, "security")
    return actor("s330902")


def test_absent_and_present_elsewhere_get_the_same_answer_from_every_door() -> None:
    register(pupil(0, name="王子涵", document_number=PRESENT))
    caller, browser = Caller("r2133000003"), as_("r2133000003")
    answers = [caller.get("/pupils", q=number) for number in (PRESENT, absent(0))]
    assert answers[0].content == answers[1].content
    pages = [
        re.sub(r'value="[A-Za-z0-9]{64}"', "", text_of(browser.get("/pupils/", {"q": n})).replace(n, ""))
        for n in (PRESENT, absent(0))
    ]
    assert pages[0] == pages[1]
    matched = [caller.post("/status/match", {"number": n, "name": "某某"}) for n in (PRESENT, absent(0))]
    assert (matched[0].status_code, matched[0].content) == (matched[1].status_code, matched[1].content)


def test_a_dry_run_answers_a_number_that_is_known_under_another_name_as_one_of_nobody() -> None:
    register(pupil(0, name="王子涵", document_number=PRESENT))
    by = actor("r2133000003")
    told = [
        rosters.check_one(
            pupil(5, name="另一人", document_number=number, birth_on=None),
            school=school("2133000003"),
            by=by,
            today=TODAY,
        )
        for number in (PRESENT, resident_number(2, birth="20190912"))
    ]
    assert [one.checked.findings.rows() for one in told] == [[], []]
    assert [one.accepted.height for one in told] == [1, 1]
    assert not Miss.everywhere.using("owner").exists()
    # Uploaded, it is told, kept with who asked, and counted.
    batch, _ = rosters.receive(
        as_csv([pupil(5, name="另一人", document_number=PRESENT)]),
        file_name="a.csv", school=school("2133000003"), by=by,
    )  # fmt: skip
    assert rosters.check_batch(batch.id, today=TODAY).rejected == 1
    assert Miss.everywhere.using("owner").filter(account_id=by.account_id, way="roster").count() == 1


def test_a_roster_of_five_hundred_new_pupils_costs_nothing() -> None:
    new = [pupil(at) for at in range(500)]
    batch, _ = rosters.receive(as_csv(new), file_name="a.csv", school=school(), by=actor(REGISTRAR))
    assert rosters.check_batch(batch.id, today=TODAY).state == State.CHECKED
    assert not Miss.everywhere.using("owner").exists()


def test_a_file_that_walks_a_county_s_birthday_is_refused_whole_and_says_nothing_of_any_row() -> None:
    walked = []
    for order in range(SAME_COUNTY_AND_BIRTHDAY + BY_WAY[Way.ROSTER][0].most + 1):
        first = f"33090220190917{order:03d}"
        walked.append(pupil(order, document_number=first + check_digit(first)))
    batch, _ = rosters.receive(as_csv(walked), file_name="a.csv", school=school(), by=actor(REGISTRAR))
    checked = rosters.check_batch(batch.id, today=TODAY)
    assert (checked.state, checked.refusal["code"]) == (State.UNREADABLE, "too-many-misses")
    assert checked.accepted == checked.rejected == 0
    # Another day the same file is looked at again, and costs again.
    again, is_new = rosters.receive(as_csv(walked), file_name="a.csv", school=school(), by=actor(REGISTRAR))
    assert (again.id, again.state, is_new) == (batch.id, State.UPLOADED, False)


def test_the_one_over_the_budget_is_refused_on_page_and_api_with_who_can_lift_it(security: Any) -> None:
    missed(REGISTRAR, MOST)
    register(pupil(0, name="王子涵", document_number=PRESENT))
    answer = Caller(REGISTRAR).get("/pupils", q=PRESENT)
    assert (answer.status_code, answer.json()["code"]) == (409, "too-many-misses")
    assert "安全管理员" in answer.json()["message_zh"]
    page = as_(REGISTRAR).get("/pupils/", {"q": PRESENT})
    assert (page.status_code, "安全管理员" in text_of(page)) == (409, True)
    # Looking by name goes on, and so do colleagues.
    assert as_(REGISTRAR).get("/pupils/", {"q": "王"}).status_code == 200
    assert Caller("l2133000001").get("/pupils", q=PRESENT).json()["items"]


def test_the_same_miss_is_counted_once_a_day() -> None:
    for _ in range(MOST + 5):
        missed(REGISTRAR, 1)
    assert Miss.everywhere.using("owner").count() == 1


def test_a_hundred_at_once_are_a_hundred() -> None:
    by, refused = actor(REGISTRAR), []

    def one(at: int) -> None:
        try:
            with acting(by.scope):
                match(absent(at), "某某", act="status.match", by=by, today=DAY)
        except TooManyMisses:
            refused.append(at)
        finally:
            connections.close_all()

    threads = [Thread(target=one, args=(at,)) for at in range(MOST + 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5
    assert Miss.everywhere.using("owner").count() == MOST


def test_a_security_administrator_above_allows_more_for_a_day_and_that_is_an_event(security: Any) -> None:
    missed(REGISTRAR, MOST)
    account = actor(REGISTRAR).account_id
    known = {"place": HERE, "today": DAY}
    with acting(security.scope):
        with pytest.raises(CannotLift):
            lift(Way.NUMBER, Counted.ACCOUNT, account, reason=" ", by=security, **known)
        lift(Way.NUMBER, Counted.ACCOUNT, account, reason="新生集中注册", by=security, **known)
    missed(REGISTRAR, MOST + 1)
    with pytest.raises(NotAllowed):
        lift(Way.NUMBER, Counted.COUNTY, COUNTY, reason="自己", by=security, place=COUNTY, today=DAY)
    with pytest.raises(NotAllowed):
        lift(Way.NUMBER, Counted.ACCOUNT, account, reason="自己", by=actor(REGISTRAR), **known)
    event = Event.objects.using("owner").get(act="look_up.lift")
    assert (event.after["reason"], event.place) == ("新生集中注册", HERE)


def test_whoever_looks_up_a_canary_sets_off_an_alarm_at_once_and_the_county_finds_it(security: Any) -> None:
    with acting(security.scope):
        (canary,) = canaries.draw(1, note="试", by=security, today=TODAY)
    number = canaries.shown(canary)
    for door in (number, f"G{number}", number):
        answer = Caller("r2133000003").get("/pupils", q=door)
        assert answer.json() == {"items": [], "next": None}
    alarm = Alarm.everywhere.using("owner").get()
    assert (alarm.kind, alarm.place, alarm.content["canary"]) == ("canary", PLACES["2133000003"], canary.pk)
    assert Event.objects.using("owner").filter(act="alarm.canary").count() == 1
    # In a roster it sings as well.
    batch, _ = rosters.receive(
        as_csv([pupil(0, document_number=number)]), file_name="a.csv", school=school(), by=actor(REGISTRAR)
    )
    rosters.check_batch(batch.id, today=TODAY)
    assert Alarm.everywhere.using("owner").filter(place=HERE).count() == 1


def test_only_a_number_of_nobody_becomes_a_canary(security: Any) -> None:
    register(pupil(0, document_number=PRESENT))
    with acting(security.scope):
        for wrong in (PRESENT, "123", PRESENT[:-1] + "0"):
            with pytest.raises(canaries.CanaryUnfit):
                canaries.create(wrong, note="", by=security, today=TODAY)
    with pytest.raises(NotAllowed), acting(actor(OFFICER).scope):
        canaries.create(absent(0), note="", by=actor(OFFICER), today=TODAY)


# How long an answer takes says nothing ------------------------------------------------------------


def ks_p(first: list[float], second: list[float]) -> float:
    """Return the p of the Kolmogorov–Smirnov test that two samples are of one distribution (asymptotic)."""
    n, m = len(first), len(second)
    ordered = sorted([(x, 0) for x in first] + [(x, 1) for x in second])
    seen, furthest = [0, 0], 0.0
    for _value, of in ordered:
        seen[of] += 1
        furthest = max(furthest, abs(seen[0] / n - seen[1] / m))
    size = sqrt(n * m / (n + m))
    argument = (size + 0.12 + 0.11 / size) * furthest
    return max(0.0, min(1.0, 2 * sum((-1) ** (k - 1) * exp(-2 * k * k * argument**2) for k in range(1, 101))))


def times_of(caller: Any, numbers: list[str], slower: float = 0.0) -> list[float]:
    found = []
    for number in numbers:
        began = time.perf_counter()
        caller.get("/pupils", q=number)
        if slower:
            time.sleep(slower)
        found.append(time.perf_counter() - began)
    return found


def test_the_time_of_an_answer_does_not_tell_absent_from_present_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    samples = int(os.environ.get("XUEJI_LOOK_UPS", "120"))
    monkeypatch.setattr("xueji.access.rules.misses.Standing.is_used_up", property(lambda self: False))
    monkeypatch.setattr("xueji.access.rules.misses.Standing.is_exceeded", property(lambda self: False))
    present = [pupil(at) for at in range(50)]
    register(*present)
    caller = Caller("r2133000003")
    known = [one["document_number"] for one in present]
    usual = sorted(times_of(caller, [*known, *map(absent, range(50))]))[50]
    here: list[float] = []
    nowhere: list[float] = []
    order, random = ["here", "nowhere"], Random(1)
    for at in range(samples):
        # In turns of any order, so that whatever else the machine does falls on both alike.
        random.shuffle(order)
        for which in order:
            if which == "here":
                here += times_of(caller, [known[at % 50]])
            else:
                nowhere += times_of(caller, [absent(at % 50)])
    slower = times_of(caller, [absent(at % 50) for at in range(60)], usual)
    shown = [sorted(one)[len(one) // 2] for one in (here, nowhere, slower)]
    print(f"p = {ks_p(here, nowhere):.3f} of {samples} samples; medians {shown}")
    assert ks_p(here, nowhere) > 0.001, shown
    # An answer that takes longer is found, so the test can fail.
    assert ks_p(here, slower) < 0.001, shown
