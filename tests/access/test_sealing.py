"""Accounts that nobody uses are sealed, and opened again by two persons of the level above."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.factories import PLACES, account, actor
from xueji.access.actions import CannotAppoint, open_account, record_training
from xueji.access.actions_sealing import (
    AccountSealed,
    CannotUnseal,
    ask_unsealing,
    decide_unsealing,
    require_open,
    seal_idle,
)
from xueji.access.models import Account, Appointment, TrainingCertificate, Unsealing
from xueji.access.queries import actor_named, sealed_accounts
from xueji.access.rules.permissions import Role
from xueji.access.scope import NotAllowed, acting
from xueji.audit.models import Event

pytestmark = pytest.mark.usefixtures("db")

REGISTRAR, ADMINISTRATOR, LEADER = "r2133000001", "a330902", "l330902"
COUNTY = 330902_000000
TODAY = date(2027, 3, 1)


def person(username: str = REGISTRAR) -> Account:
    found: Account = Account.objects.using("owner").get(username=username)
    return found


def used(username: str, on: date) -> None:
    """Let an account have been used last on a day, long after it was opened."""
    Account.objects.using("owner").filter(username=username).update(last_used_on=on, created_at="2020-01-01")


def all_used(on: date) -> None:
    Account.objects.using("owner").update(last_used_on=on, created_at="2020-01-01")


@pytest.mark.parametrize(
    ("last", "today", "sealed"),
    [
        pytest.param(date(2026, 8, 31), date(2027, 2, 28), False, id="the-last-day"),
        pytest.param(date(2026, 8, 31), date(2027, 3, 1), True, id="the-day-after"),
        pytest.param(date(2027, 8, 31), date(2028, 2, 29), False, id="leap-day"),
        pytest.param(date(2027, 8, 31), date(2028, 3, 1), True, id="after-leap-day"),
    ],
)
def test_the_night_and_the_sign_in_judge_alike(last: date, today: date, sealed: bool) -> None:
    all_used(today)
    used(REGISTRAR, last)
    if sealed:
        with pytest.raises(AccountSealed):
            require_open(person(), today=today)
        Account.objects.using("owner").update(sealed_on=None)
    else:
        require_open(person(), today=today)
    assert seal_idle(today=today) == int(sealed)
    assert (person().sealed_on == today) is sealed
    assert seal_idle(today=today) == 0


def test_a_sealed_account_acts_in_nothing_and_its_sealing_is_on_record() -> None:
    all_used(TODAY)
    used(REGISTRAR, date(2026, 8, 31))
    assert actor_named(REGISTRAR, today=TODAY)
    seal_idle(today=TODAY)
    assert actor_named(REGISTRAR, today=TODAY) == []
    assert Event.objects.using("owner").get(act="account.seal").place == person().place


def test_an_account_that_was_never_used_counts_from_its_opening() -> None:
    all_used(TODAY)
    Account.objects.using("owner").filter(username=REGISTRAR).update(
        last_used_on=None, created_at="2026-08-31T12:00:00+08:00"
    )
    assert seal_idle(today=date(2027, 2, 28)) == 0
    assert seal_idle(today=date(2027, 3, 1)) == 1


@pytest.fixture
def sealed() -> Account:
    all_used(TODAY)
    used(REGISTRAR, date(2026, 8, 31))
    seal_idle(today=TODAY)
    return person()


def asked(sealed: Account, by: str = ADMINISTRATOR, above: int = COUNTY) -> Unsealing:
    who = actor(by)
    with acting(who.scope):
        return ask_unsealing(sealed.pk, reason="产假结束返岗", by=who, above=above, today=TODAY)


def decided(unsealing: Unsealing, by: str = LEADER, *, is_granted: bool = True) -> Unsealing:
    who = actor(by)
    with acting(who.scope):
        return decide_unsealing(unsealing.pk, is_granted=is_granted, by=who, today=TODAY)


def test_two_persons_of_the_level_above_open_it_and_the_old_password_is_gone(sealed: Account) -> None:
    decided(asked(sealed))
    opened = person()
    assert (opened.sealed_on, opened.unsealed_on, opened.has_usable_password()) == (None, TODAY, False)
    require_open(opened, today=TODAY)
    assert seal_idle(today=TODAY) == 0
    assert actor_named(REGISTRAR, today=TODAY)
    acts = set(Event.objects.using("owner").values_list("act", flat=True))
    assert {"account.ask_unsealing", "account.unseal"} <= acts


def test_a_refusal_leaves_it_sealed_and_it_may_be_asked_again(sealed: Account) -> None:
    decided(asked(sealed), is_granted=False)
    assert person().sealed_on == TODAY
    decided(asked(sealed))
    assert person().sealed_on is None


def test_nobody_opens_an_account_alone(sealed: Account) -> None:
    unsealing = asked(sealed)
    with pytest.raises(NotAllowed):
        decided(unsealing, ADMINISTRATOR)
    with pytest.raises(IntegrityError, match="unsealing_takes_a_second_person"), transaction.atomic("owner"):
        Unsealing.everywhere.using("owner").update(decided_by=unsealing.asked_by, decided_on=TODAY)


@pytest.mark.parametrize("by", ["a330900", "a330000", "a510104", "a330903"])
def test_only_the_level_directly_above_asks(sealed: Account, by: str) -> None:
    with pytest.raises((NotAllowed, CannotUnseal)):
        asked(sealed, by)


@pytest.mark.parametrize("by", ["l330900", "l510104"])
def test_only_a_colleague_of_who_asked_decides(sealed: Account, by: str) -> None:
    unsealing = asked(sealed)
    with pytest.raises(CannotUnseal, match="没有这项"):
        decided(unsealing, by)


def test_it_is_asked_and_decided_once(sealed: Account) -> None:
    unsealing = asked(sealed)
    with pytest.raises(CannotUnseal, match="已有"):
        asked(sealed)
    decided(unsealing)
    with pytest.raises(CannotUnseal, match="已经审核"):
        decided(unsealing)


def test_the_report_holds_what_one_stands_directly_above(sealed: Account) -> None:
    with acting(actor(ADMINISTRATOR).scope):
        assert [one.username for one in sealed_accounts(COUNTY, (), limit=9)] == [REGISTRAR]
    with acting(actor("a330903").scope):
        assert sealed_accounts(330903_000000, (), limit=9) == ()


# Three administrators -----------------------------------------------------------------------


@pytest.mark.parametrize("role", ["security", "auditor"])
def test_no_account_is_more_than_one_of_the_three_administrators(role: str) -> None:
    administrator = person(ADMINISTRATOR)
    with pytest.raises(IntegrityError, match="an_account_has_one_administrators_duty"):
        Appointment.objects.using("owner").create(account=administrator, place=COUNTY, role=role, since=TODAY)
    with pytest.raises(IntegrityError, match="an_account_has_one_administrators_duty"):
        Account.objects.using("owner").filter(pk=administrator.pk).update(duty=role)


def test_the_three_are_opened_as_three_accounts() -> None:
    by = actor("a330900")
    with acting(by.scope):
        for role in (Role.SECURITY, Role.AUDITOR):
            opened, _ = open_account(
                username=f"new-{role}",
                name="合成",
                place=COUNTY,
                role=role,
                by=by,
                above=by.place,
                today=TODAY,
            )
            assert opened.duty == role


# One level down, for a time ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "above", "may"),
    [
        pytest.param("a330902", COUNTY, True, id="the-county-for-its-school"),
        pytest.param("a330900", COUNTY, False, id="the-prefecture-over-the-county"),
        pytest.param("a330000", COUNTY, False, id="the-province-over-both"),
    ],
)
def test_accounts_are_opened_one_level_down_only(by: str, above: int, may: bool) -> None:
    who = actor(by)
    with acting(who.scope):
        if may:
            open_account(username="new", name="合成", place=PLACES["2133000001"], role=Role.LEADER, by=who,
                         above=above, today=TODAY)  # fmt: skip
        else:
            with pytest.raises(NotAllowed):
                open_account(username="new", name="合成", place=PLACES["2133000001"], role=Role.LEADER, by=who,
                             above=above, today=TODAY)  # fmt: skip


def test_an_appointment_runs_from_a_day_to_a_day() -> None:
    by, since = actor(ADMINISTRATOR), TODAY + timedelta(days=3)
    place = PLACES["2133000001"]

    def opened(name: str, since: date, until: date | None) -> None:
        with acting(by.scope):
            open_account(username=name, name="合成", place=place, role=Role.LEADER, by=by, above=COUNTY,
                         today=TODAY, since=since, until=until)  # fmt: skip

    opened("new", since, since + timedelta(days=30))
    there = [bool(actor_named("new", today=since + timedelta(days=n))) for n in (-1, 0, 29, 30)]
    assert there == [False, True, True, False]
    for wrong in ((TODAY - timedelta(days=1), None), (since, since)):
        with pytest.raises(CannotAppoint):
            opened("other", *wrong)


# Trained before appointed -------------------------------------------------------------------------


@pytest.fixture
def untrained() -> Account:
    account("new.registrar", PLACES["2133000001"], "registrar")
    kept = person("new.registrar")
    TrainingCertificate.objects.using("owner").filter(account=kept).delete()
    return kept


def trained(kept: Account, *, on: date, until: date, by: str = ADMINISTRATOR) -> None:
    who = actor(by)
    with acting(who.scope):
        record_training(kept.pk, trained_on=on, body="合成培训中心", document_number="合成-1", valid_until=until,
                        by=who, above=COUNTY, today=TODAY)  # fmt: skip


def test_a_registrar_acts_from_the_certificate_to_its_last_day(untrained: Account) -> None:
    def may(today: date) -> bool:
        return actor_named("new.registrar", today=today)[0].may("roster.upload")

    assert not may(TODAY)
    with pytest.raises(NotAllowed, match="先培训后上岗"):
        actor_named("new.registrar", today=TODAY)[0].require("roster.upload")
    until = TODAY + timedelta(days=365)
    trained(untrained, on=TODAY, until=until)
    assert [may(day) for day in (TODAY, until, until + timedelta(days=1))] == [True, True, False]


def test_a_school_does_not_certify_its_own_and_no_other_level_does(untrained: Account) -> None:
    for by in (REGISTRAR, LEADER, "a330900", "a510104"):
        with pytest.raises(NotAllowed):
            trained(untrained, on=TODAY, until=TODAY, by=by)


def test_who_leads_needs_no_certificate_of_a_registrar() -> None:
    assert actor_named("l2133000001", today=TODAY)[0].may("roster.decide_at_school")
