"""代理: a colleague of the same office acts in one's place for a time, and the record says so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.factories import PLACES, TODAY, account, actor
from tests.status.cases import HERE, OTHER_PROVINCE, enrolled, filed, to_class
from tests.web.registered import as_, text_of
from xueji.access.actions import CannotStandIn, end_appointment, end_stand_in, name_stand_in
from xueji.access.models import Account, Appointment
from xueji.access.queries import actors_of, colleagues_of, role_name, stand_ins_of
from xueji.access.rules.permissions import Role
from xueji.access.scope import Actor, NotAllowed, acting
from xueji.audit.models import Event
from xueji.status.actions import cases

pytestmark = pytest.mark.usefixtures("db")

LEADER, REGISTRAR = f"l{HERE}", f"r{HERE}"
DAY = timedelta(days=1)


def named(*, since: date = TODAY, days: int = 7, who: str = REGISTRAR, by: str = LEADER) -> Appointment:
    with acting(actor(by).scope):
        return name_stand_in(
            actor(who).account_id, since=since, until=since + days * DAY, by=actor(by), today=TODAY
        )


def capacities(username: str, on: date) -> list[tuple[Role, bool]]:
    return [(one.role, one.is_stand_in) for one in actors_of(actor(username).account_id, today=on)]


def as_stand_in(username: str = REGISTRAR) -> Actor:
    return next(one for one in actors_of(actor(username).account_id, today=TODAY) if one.is_stand_in)


def test_a_stand_in_begins_on_a_day_and_ends_by_itself() -> None:
    named(since=TODAY + DAY, days=3)
    own, stand_in = (Role.REGISTRAR, False), (Role.LEADER, True)
    assert capacities(REGISTRAR, TODAY) == [own]
    assert capacities(REGISTRAR, TODAY + DAY) == [own, stand_in]
    assert capacities(REGISTRAR, TODAY + 3 * DAY) == [own, stand_in]
    assert capacities(REGISTRAR, TODAY + 4 * DAY) == [own]
    event = Event.objects.using("owner").get(act="stand_in.name")
    assert event.after == {
        "role": "leader", "since": "2026-09-11", "until": "2026-09-14", "for": actor(LEADER).account_id,
    }  # fmt: skip


def test_the_decision_of_a_stand_in_is_recorded_as_one() -> None:
    account("r2", PLACES[OTHER_PROVINCE], "registrar")
    receiver = f"l{OTHER_PROVINCE}"
    with acting(actor(receiver).scope):
        name_stand_in(actor("r2").account_id, since=TODAY, until=TODAY + DAY, by=actor(receiver), today=TODAY)
    case = filed("transfer", enrolled(), to_class(OTHER_PROVINCE), by=f"r{OTHER_PROVINCE}")
    cases.approve(case.id, by=as_stand_in("r2"), today=TODAY)
    event = Event.objects.using("owner").get(act="status.transfer.approve")
    assert event.after["stand_in"] is True
    assert "锦江区第一小学（代理）" in text_of(as_(receiver).get(f"/changes/{case.id}/"))
    assert role_name(as_stand_in("r2")) == "学校主管领导（代理）"


def test_who_filed_a_case_does_not_decide_it_as_a_stand_in() -> None:
    receiver = f"r{OTHER_PROVINCE}"
    named(who=receiver, by=f"l{OTHER_PROVINCE}")
    case = filed("transfer", enrolled(), to_class(OTHER_PROVINCE), by=receiver)
    with pytest.raises(cases.OwnWork):
        cases.approve(case.id, by=as_stand_in(receiver), today=TODAY)


@pytest.mark.parametrize(
    ("since", "days", "who"),
    [
        pytest.param(TODAY - DAY, 7, REGISTRAR, id="yesterday"),
        pytest.param(TODAY, 0, REGISTRAR, id="no day"),
        pytest.param(TODAY, 400, REGISTRAR, id="longer than a term"),
        pytest.param(TODAY, 7, LEADER, id="oneself"),
        pytest.param(TODAY, 7, f"r{OTHER_PROVINCE}", id="another office"),
    ],
)
def test_what_is_no_stand_in_is_refused(since: date, days: int, who: str) -> None:
    with pytest.raises(CannotStandIn):
        named(since=since, days=days, who=who)


def test_a_stand_in_names_no_other_and_none_stands_in_twice() -> None:
    named()
    with pytest.raises(CannotStandIn):
        named(since=TODAY + 2 * DAY)
    with acting(actor(LEADER).scope), pytest.raises(CannotStandIn):
        name_stand_in(actor(LEADER).account_id, since=TODAY, until=TODAY + DAY, by=as_stand_in(), today=TODAY)
    with acting(actor("a330902").scope), pytest.raises(NotAllowed):
        name_stand_in(1, since=TODAY, until=TODAY + DAY, by=actor("a330902"), today=TODAY)


def test_who_named_a_stand_in_ends_it_and_nobody_else() -> None:
    made = named(since=TODAY + DAY)
    with acting(actor(REGISTRAR).scope):
        with pytest.raises(CannotStandIn):
            end_stand_in(made.pk, by=actor(REGISTRAR), today=TODAY)
        end_stand_in(made.pk, by=actor(LEADER), today=TODAY)
        assert stand_ins_of(actor(LEADER).appointment_id, today=TODAY) == ()
    assert capacities(REGISTRAR, TODAY + DAY) == [(Role.REGISTRAR, False)]
    assert Event.objects.using("owner").filter(act="appointment.end").count() == 1


def test_a_stand_in_ends_with_the_appointment_it_stands_in_for() -> None:
    named()
    administrator = actor("a330902")
    with acting(administrator.scope):
        end_appointment(
            actor(LEADER).appointment_id, by=administrator, above=administrator.place, today=TODAY
        )
    assert capacities(REGISTRAR, TODAY) == [(Role.REGISTRAR, False)]


def test_colleagues_are_people_of_the_office_without_the_role() -> None:
    account("l2", PLACES[HERE], "leader")
    with acting(actor(LEADER).scope):
        assert [one.username for one in colleagues_of(actor(LEADER), today=TODAY)] == [REGISTRAR]


# The page --------------------------------------------------------------------------------


def test_a_leader_names_and_ends_a_stand_in_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: TODAY)
    leader = as_(LEADER)
    assert "没有人代理您的岗位" in text_of(leader.get("/stand-ins/"))
    who = str(Account.objects.using("owner").get(username=REGISTRAR).pk)
    form = {"colleague": who, "since": "2026-09-11", "last": "2026-09-18", "idempotency_key": "k"}
    assert leader.post("/stand-ins/", form)["Location"] == "/stand-ins/"
    page = text_of(leader.get("/stand-ins/"))
    assert REGISTRAR in page
    assert "2026-09-18" in page
    made = Appointment.objects.using("owner").get(stands_in_for__isnull=False)
    assert (made.since, made.until) == (date(2026, 9, 11), date(2026, 9, 19))
    assert leader.post(f"/stand-ins/{made.pk}/end/").status_code == 302
    assert "没有人代理您的岗位" in text_of(leader.get("/stand-ins/"))


def test_the_page_refuses_in_words() -> None:
    leader = as_(LEADER)
    who = str(Account.objects.using("owner").get(username=REGISTRAR).pk)
    answer = leader.post("/stand-ins/", {"colleague": who, "since": "2020-01-01", "last": "2020-01-02"})
    assert answer.status_code == 409
    assert "代理须从今天或以后开始" in text_of(answer)
    assert leader.post("/stand-ins/", {"colleague": "x", "since": "", "last": "9月"}).status_code == 422
    assert as_("a330902").get("/stand-ins/").status_code == 403
