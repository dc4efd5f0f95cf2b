"""逾期情况 and 未读提醒: the table of offices, from a number to its list, and reminders marked as read."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from django.db import connections
from django.urls import reverse

from tests.changes.admissions import child, given_in
from tests.factories import PLACES, actor, pupil
from tests.status.cases import (
    HERE,
    OTHER_COUNTY,
    OTHER_PROVINCE,
    approved,
    class_id,
    enrolled,
    filed,
    to_class,
)
from tests.status.leavers import last_grade, leavers
from tests.web.registered import as_, one_called, queries_of, register, text_of
from xueji.access.scope import acting
from xueji.changes.actions.admissions import lists
from xueji.status.actions import cases, clocks, graduations, promotion
from xueji.status.actions.overdue import follow_up
from xueji.status.queries import overdue
from xueji.status.queries.overdue import Overdue

pytestmark = pytest.mark.usefixtures("db")

RECEIVED, LATER = date(2026, 9, 10), date(2026, 9, 24)
COUNTY, OTHER = 330902_000000, 330903_000000


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: LATER)


@pytest.fixture
def moves() -> list[UUID]:
    """Three transfers from one county to the next: late at the school, decided at the school, waiting for papers."""
    register(*(pupil(serial, name=f"测{letter}") for serial, letter in enumerate("甲乙丙")))
    made = [
        filed(
            "transfer",
            one_called(f"测{letter}").id,
            to_class(OTHER_COUNTY),
            by=f"r{OTHER_COUNTY}",
            today=RECEIVED,
        ).id
        for letter in "甲乙丙"
    ]
    approved(made[1], f"l{OTHER_COUNTY}", today=date(2026, 9, 15))
    cases.send_back(made[2], reason="补户口簿", by=actor(f"l{OTHER_COUNTY}"), today=date(2026, 9, 14))
    return made


def table(who: str, *, area: int | None = None, kind: str = "", today: date = LATER) -> Overdue:
    by = actor(who)
    with acting(by.scope):
        return overdue.table(by, area=by.place if area is None else area, today=today, kind=kind)


def lines(found: Overdue) -> dict[int, tuple[int, ...]]:
    return {
        one.place: (one.tally.open, one.tally.due, one.tally.late, one.tally.paused, one.tally.ended)
        for one in found.offices
    }


@pytest.mark.usefixtures("moves")
def test_a_county_sees_its_desk_and_each_of_its_schools() -> None:
    school = PLACES[OTHER_COUNTY]
    found = table("o330903")
    assert lines(found) == {school: (2, 0, 1, 1, 1), OTHER: (1, 0, 0, 0, 0)}
    assert [one.place for one in found.offices] == [school, OTHER]
    assert (found.offices[0].tally.median, found.offices[0].tally.longest) == (3.0, 3)
    assert lines(table("o330903", today=date(2026, 9, 23)))[school] == (2, 1, 0, 1, 1)
    assert [(one.kind.code, one.tally.open) for one in found.kinds] == [("transfer", 3)]
    assert (found.total.open, found.total.late) == (3, 1)


@pytest.mark.usefixtures("moves")
def test_a_prefecture_sees_its_counties_as_areas_and_a_school_its_own_line() -> None:
    found = table("o330900")
    assert [(one.place, one.is_area, one.tally.open) for one in found.offices] == [(OTHER, True, 3)]
    assert lines(table("o330900", area=OTHER)) == lines(table("o330903"))
    assert lines(table("o000000")) == {330000_000000: (3, 0, 1, 1, 1)}
    assert list(lines(table(f"r{OTHER_COUNTY}"))) == [PLACES[OTHER_COUNTY]]
    assert lines(table("o510104")) == {}
    assert lines(table("o330903", kind="suspension")) == {}


@pytest.mark.usefixtures("moves")
def test_what_ended_before_this_term_counts_no_more() -> None:
    assert table("o330903", today=date(2027, 3, 1)).offices[0].tally.ended == 0


def test_each_number_leads_to_its_list(moves: list[UUID]) -> None:
    officer = as_("o330903")
    page = text_of(officer.get("/overdue/"))
    assert "普陀区第一小学" in page
    address = f"/overdue/list/?office={PLACES[OTHER_COUNTY]}&state=late&alone=1"
    assert address.replace("&", "&amp;") in page
    listed = text_of(officer.get(address))
    assert "测*" in listed
    assert "逾期 1 个工作日" in listed
    by = actor("o330903")
    with acting(by.scope):
        for state, number in (("open", 2), ("late", 1), ("paused", 1), ("due", 0)):
            found = overdue.turns(by, place=PLACES[OTHER_COUNTY], state=state, today=LATER, alone=True)
            assert len(found.items) == number, state
        assert len(overdue.turns(by, place=OTHER, state="open", today=LATER).items) == 3
        first = overdue.turns(by, place=OTHER, state="open", today=LATER, size=2)
        rest = overdue.turns(by, place=OTHER, state="open", today=LATER, size=2, after=first.after)
        back = overdue.turns(by, place=OTHER, state="open", today=LATER, size=2, before=rest.before)
    assert {one.case_id for one in (*first.items, *rest.items)} == set(moves)
    assert back.items == first.items


@pytest.mark.usefixtures("moves")
def test_the_table_drills_down_and_not_beside() -> None:
    prefecture = as_("o330900")
    assert f"/overdue/?area={OTHER}" in text_of(prefecture.get("/overdue/"))
    assert "普陀区第一小学" in text_of(prefecture.get(f"/overdue/?area={OTHER}"))
    county = as_("o330903")
    for address in (
        f"/overdue/?area={COUNTY}",
        "/overdue/?area=x",
        "/overdue/?kind=banana",
        f"/overdue/list/?office={COUNTY}&state=late",
        "/overdue/list/?state=banana",
        "/overdue/list/?kind=banana",
    ):
        assert county.get(address).status_code == 404, address
    assert as_("a330903").get("/overdue/").status_code == 403
    assert "本学期还没有学籍变动业务" in text_of(as_("o510104").get("/overdue/"))
    assert "没有这类业务" in text_of(county.get("/overdue/?kind=suspension"))


@pytest.mark.usefixtures("moves")
def test_the_table_takes_few_statements() -> None:
    assert queries_of(as_("o330903"), "/overdue/") <= 14


def test_a_waiting_graduation_is_in_the_table_its_list_and_the_reminders() -> None:
    leavers(entry_year=2020)
    request = graduations.begin(last_grade(entry_year=2020), by=actor(f"r{HERE}"), today=RECEIVED)
    graduations.propose(request.id, graduates_on=RECEIVED, by=actor(f"r{HERE}"), today=RECEIVED)
    assert lines(table("o330902", kind="graduation")) == {PLACES[HERE]: (1, 0, 1, 0, 0)}
    assert lines(table("o330902", kind="transfer")) == {}
    address = f"/graduations/{request.id}/"
    officer, leader = as_("o330902"), as_(f"l{HERE}")
    assert "毕业办理" in text_of(officer.get("/overdue/"))
    listed = text_of(officer.get(f"/overdue/list/?office={PLACES[HERE]}&state=late"))
    assert address in listed
    assert "毕业办理 六年级" in listed
    assert "下级逾期" in text_of(officer.get("/?kind=late"))
    assert address in text_of(leader.get("/?due=late"))
    assert clocks.remind(today=LATER) > 0
    assert clocks.remind(today=LATER) == 0
    assert address in text_of(leader.get("/reminders/"))
    assert "下级单位逾期：定海区第一小学" in text_of(officer.get("/reminders/"))
    graduations.approve(request.id, by=actor(f"l{HERE}"), today=LATER)
    assert address not in text_of(leader.get("/reminders/"))
    assert lines(table("o330902")) == {PLACES[HERE]: (0, 0, 0, 0, 1)}


def test_a_suspension_that_ran_out_is_reminded_of_until_the_pupil_is_back() -> None:
    student = enrolled("测休学")
    terms = {"reason": "10", "since": "2026-09-10", "until": "2026-09-20"}
    approved(
        filed("suspension", student, terms, by=f"r{HERE}", today=RECEIVED).id,
        f"l{HERE}",
        "o330902",
        today=RECEIVED,
    )
    follow_up(today=LATER)
    page = text_of(as_(f"r{HERE}").get("/reminders/"))
    assert "休学期满未复学" in page
    assert f"/pupils/{student}/" in page
    back = filed("resumption", student, {"class_id": class_id(HERE)}, by=f"r{HERE}", today=LATER)
    approved(back.id, f"l{HERE}", "o330902", today=LATER)
    assert "休学期满未复学" not in text_of(as_(f"r{HERE}").get("/reminders/"))


# Reminders -------------------------------------------------------------------------------


@pytest.mark.usefixtures("moves")
def test_reminders_are_counted_in_the_inbox_and_marked_as_read() -> None:
    clocks.remind(today=LATER)
    leader = as_(f"l{OTHER_COUNTY}")
    assert "未读提醒" in text_of(leader.get("/"))
    page = text_of(leader.get("/reminders/"))
    assert "已逾期" in page
    assert "今天是最后一个工作日" not in page
    key = page.split('name="selected" value="')[1].split('"')[0]
    assert leader.post("/reminders/read/", {"act": "chosen", "selected": key})["Location"] == "/reminders/"
    assert key not in text_of(leader.get("/reminders/"))
    assert leader.post("/reminders/read/", {"act": "chosen"}).status_code == 302
    leader.post("/reminders/read/", {"act": "all"})
    assert "没有未读提醒" in text_of(leader.get("/reminders/"))
    assert "未读提醒" not in text_of(leader.get("/"))
    county = text_of(as_("o330903").get("/reminders/"))
    assert "下级单位逾期：普陀区第一小学" in county


def test_a_key_that_is_none_is_not_found() -> None:
    leader = as_(f"l{HERE}")
    assert leader.get("/reminders/?after=x").status_code == 404
    assert leader.post("/reminders/read/", {"selected": "x~y"}).status_code == 404
    assert as_("a330902").get("/reminders/").status_code == 403
    assert as_(f"l{OTHER_PROVINCE}").get("/reminders/").status_code == 200


# What lies on a desk for many pupils -----------------------------------------------------------


def days_of(found: Overdue, kind: str) -> tuple[int, int, float | None, int | None]:
    """Return what is open, what ended, and the median and longest days of a kind."""
    return next(
        (one.tally.open, one.tally.ended, one.tally.median, one.tally.longest)
        for one in found.kinds
        if one.kind.code == kind
    )


def test_a_graduation_counts_the_days_of_each_desk_that_had_it() -> None:
    leavers(number=12, entry_year=2024)
    registrar, leader, officer = actor(f"r{HERE}"), actor(f"l{HERE}"), actor("o330902")
    monday = date(2027, 7, 5)
    request = graduations.begin(last_grade(entry_year=2024), by=registrar, today=monday)
    graduations.propose(request.id, graduates_on=monday, by=registrar, today=monday)
    graduations.approve(request.id, by=leader, today=date(2027, 7, 7))
    found = table("o330902", today=date(2027, 7, 8), kind="graduation")
    assert lines(found) == {PLACES[HERE]: (0, 0, 0, 0, 1), COUNTY: (1, 0, 0, 0, 0)}
    assert days_of(found, "graduation") == (1, 1, 2.0, 2)
    graduations.approve(request.id, by=officer, today=date(2027, 7, 12))
    found = table("o330902", today=date(2027, 7, 12))
    assert days_of(found, "graduation") == (0, 2, 2.5, 3)
    assert lines(table("o330903", today=date(2027, 7, 12))) == {}


def test_a_promotion_lies_with_each_authority_until_its_last_school_is_settled() -> None:
    plan = promotion.plan(area=33 * 10**10, school_year=2027, by=actor("o330000"), today=RECEIVED)
    found = table("o330000")
    assert days_of(found, "promotion") == (2, 0, None, None)
    one = PLACES[HERE]
    promotion.sign(plan.id, by=actor("o330902"), today=date(2026, 9, 11), school_places=[one])
    assert days_of(table("o330902"), "promotion") == (1, 0, None, None)
    promotion.sign(plan.id, by=actor("o330902"), today=date(2026, 9, 15))
    promotion.sign(plan.id, by=actor("o330903"), today=date(2026, 9, 11))
    assert days_of(table("o330902"), "promotion") == (0, 1, 3.0, 3)
    assert days_of(table("o330000"), "promotion") == (0, 2, 2.0, 3)


def test_a_list_of_admitted_pupils_waits_until_it_is_issued() -> None:
    given = given_in([child(0)])
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE changes_admissionlist SET uploaded_at = '2026-09-10 09:00+08'")
    assert days_of(table("o330902"), "admission-list") == (1, 0, None, None)
    page = text_of(as_("o330902").get(f"/overdue/list/?office={COUNTY}&state=open"))
    assert reverse("admission", args=[given.id]) in page
    assert "录取名单下达 2026 年小学新生录取" in page
    lists.issue(given.id, by=actor("l330902"), today=date(2026, 9, 30))
    (is_open, ended, median, longest) = days_of(table("o330902", today=date(2026, 9, 30)), "admission-list")
    assert (is_open, ended, median) == (0, 1, longest)
    assert longest is not None
    assert longest > 1


@pytest.mark.usefixtures("moves")
def test_what_has_no_day_comes_last_in_the_list_and_pages_by_key() -> None:
    plan = promotion.plan(area=33 * 10**10, school_year=2027, by=actor("o330000"), today=RECEIVED)
    by = actor("o330000")
    with acting(by.scope):
        seen, after = [], None
        while True:
            page = overdue.turns(by, place=by.place, state="open", today=LATER, size=2, after=after)
            seen += page.items
            after = page.after
            if after is None:
                break
    assert [one.kind.code for one in seen] == ["transfer"] * 3 + ["promotion"] * 2
    assert {one.case_id for one in seen if one.kind.code == "promotion"} == {plan.id}
    answered = as_("o330000").get("/api/v1/status/overdue/turns?state=open&kind=promotion").json()["items"]
    assert [(one["name"], one["due_on"]) for one in answered] == [("2027", None)] * 2
