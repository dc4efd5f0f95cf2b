"""The change feed: no fact is lost and none comes twice, whatever the order in which transactions end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from tests.factories import PLACES, TODAY, actor, pupil
from tests.status.cases import (
    HERE,
    NEXT_DOOR,
    OTHER_COUNTY,
    OTHER_PROVINCE,
    approved,
    class_id,
    enrolled,
    filed,
    transferred,
)
from tests.web.registered import register
from tests.web.test_api import Caller
from xueji.audit.rules.transactions import functions
from xueji.status.actions import cases
from xueji.status.queries import feed
from xueji.status.rules.feed_facts import Fact, fact_of

pytestmark = pytest.mark.usefixtures("db")

EVENT = """
INSERT INTO audit_event (subject_id, act, subject_kind, office, place) VALUES (%s, 'roster.register', 'student', %s, %s)
"""


def read(who: str, after: tuple[int, int] | None = None, limit: int = 100) -> feed.FeedPage:
    return feed.page(actor(who), after=after, limit=limit)


def facts(who: str) -> list[tuple[str, str]]:
    return [(one.fact.value, one.kind) for one in read(who).facts]


@contextmanager
def transaction() -> Iterator[Any]:
    """A transaction on a connection of its own, rolled back unless it was committed."""
    own = connections["owner"].copy()
    try:
        own.set_autocommit(False)
        yield own
    finally:
        own.close()


def happened(own: Any) -> uuid.UUID:
    """Let a registration happen here in a transaction, and return its pupil."""
    student = uuid.uuid4()
    with own.cursor() as cursor:
        cursor.execute(EVENT, [student, PLACES[HERE], PLACES[HERE]])
    return student


def test_two_transactions_that_commit_in_reverse_order_lose_nothing() -> None:
    with transaction() as first, transaction() as second:
        early, late = happened(first), happened(second)
        second.commit()
        begun = read(f"r{HERE}")
        assert begun.facts == ()
        first.commit()
        rest = read(f"r{HERE}", after=begun.key)
    assert [one.student_id for one in rest.facts] == [early, late]
    assert read(f"r{HERE}", after=rest.key).facts == ()


def test_a_reader_that_follows_while_others_write_gets_each_fact_once() -> None:
    seen: list[uuid.UUID] = []
    written: list[uuid.UUID] = []
    key = None
    with transaction() as slow:
        written.append(happened(slow))
        for _ in range(5):
            with transaction() as quick:
                written.append(happened(quick))
                quick.commit()
            page = read(f"r{HERE}", after=key, limit=2)
            seen, key = seen + [one.student_id for one in page.facts], page.key
        assert seen == []
        slow.commit()
    more = True
    while more:
        page = read(f"r{HERE}", after=key, limit=2)
        seen, key, more = seen + [one.student_id for one in page.facts], page.key, page.has_more
    assert seen == written


def test_what_was_rolled_back_is_no_fact() -> None:
    with transaction() as one:
        happened(one)
        one.rollback()
    assert read(f"r{HERE}").facts == ()


def test_both_schools_of_a_transfer_are_told_and_a_third_is_not() -> None:
    student = enrolled()
    case = transferred(student)
    assert facts(f"r{HERE}") == [("registered", ""), ("changed", "transfer")]
    (arrived,) = read(f"r{OTHER_PROVINCE}").facts
    assert (arrived.student_id, arrived.case_id) == (student, case)
    assert (arrived.school, arrived.to_school) == (HERE, OTHER_PROVINCE)
    assert facts("o510104") == [("changed", "transfer")]
    assert facts(f"r{OTHER_COUNTY}") == []
    cases.undo(case, reason="误办", by=actor("o330900"), today=TODAY)
    assert facts(f"r{OTHER_PROVINCE}") == [("changed", "transfer"), ("undone", "transfer")]


def all_facts(who: str) -> list[feed.FeedFact]:
    """Follow the feed from its beginning to its end, one fact a page."""
    found: list[feed.FeedFact] = []
    key, has_more = None, True
    while has_more:
        page = read(who, after=key, limit=1)
        found, key, has_more = [*found, *page.facts], page.key, page.has_more
    return found


@pytest.mark.parametrize("most", [1, 2, 1000])
def test_the_events_of_divisions_and_of_a_province_are_the_same_facts_as_those_of_the_nation(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = transferred(enrolled())
    cases.undo(case, reason="误办", by=actor("o330900"), today=TODAY)
    monkeypatch.setattr(feed, "MOST_IN_AREAS", most)
    readers = (
        f"r{HERE}",
        f"r{OTHER_PROVINCE}",
        f"r{OTHER_COUNTY}",
        "o330902",
        "o510104",
        "o330900",
        "o330000",
    )
    of_areas = {who: all_facts(who) for who in readers}
    monkeypatch.setattr(feed, "MOST_DIVISIONS", 0)
    assert of_areas == {who: all_facts(who) for who in readers}
    monkeypatch.setattr(feed, "PLACES_OF_A_PROVINCE", 0)
    assert of_areas == {who: all_facts(who) for who in readers}
    assert [len(of_areas[who]) for who in readers] == [3, 2, 0, 3, 2, 3, 3]


@pytest.mark.parametrize(("who", "what"), [("o330902", "division"), ("o330000", "province")])
def test_a_county_and_a_province_read_their_own_events_by_their_index(who: str, what: str) -> None:
    scope = actor(who).scope
    statement, most, size = feed.where_to_look(scope)
    known = {"xid": 0, "id": 0, "most": most, "first": scope.lo // size, "last": (scope.hi - 1) // size}
    assert known["first"] == known["last"]
    with connections["owner"].cursor() as cursor:
        # A table with next to nothing in it is sorted as quickly as read in order.
        others = ("enable_seqscan", "enable_bitmapscan", "enable_sort")
        for way in others:
            cursor.execute(f"SET {way} = off")
        cursor.execute(f"EXPLAIN {statement}", known)
        plan = "\n".join(row[0] for row in cursor.fetchall())
        for way in others:
            cursor.execute(f"RESET {way}")
    assert f"audit_event_of_{what}" in plan
    assert f"audit_event_to_{what}" in plan
    # The parts come in order, so that each is read no further than the page goes: the whole alone is sorted.
    assert plan.count("Sort Key") == 1


def test_a_step_on_the_way_is_no_fact() -> None:
    student = enrolled()
    typed = {"class_id": class_id(OTHER_COUNTY), "reason": "household"}
    case = filed("transfer", student, typed, by=f"r{OTHER_COUNTY}")
    approved(case.id, f"l{OTHER_COUNTY}")
    assert facts(f"r{HERE}") == [("registered", "")]


def test_a_page_of_others_facts_leads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    register(pupil(0, name="别处甲"), pupil(1, name="别处乙"), identifier=NEXT_DOOR)
    student = enrolled(serial=2)
    monkeypatch.setattr(feed, "MOST_IN_AREAS", 1)
    page, pages = read(f"r{HERE}"), 1
    while not page.facts:
        assert page.has_more
        page, pages = read(f"r{HERE}", after=page.key), pages + 1
    assert ([one.student_id for one in page.facts], pages) == ([student], 3)


def test_a_history_restored_from_a_dump_stops_the_feed_instead_of_losing_facts() -> None:
    enrolled()
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE audit_event SET xid = xid + 1000000")
    with pytest.raises(feed.FeedBehind):
        read(f"r{HERE}")
    try:
        call_command("feed_resume")
        begun = read(f"r{HERE}")
        assert len(begun.facts) == 1
        student = enrolled("测后来", serial=1)
        assert [one.student_id for one in read(f"r{HERE}", after=begun.key).facts] == [student]
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute(functions(0))


@pytest.mark.parametrize(
    ("act", "after", "fact"),
    [
        ("roster.register", {}, Fact.REGISTERED),
        ("status.transfer.approve", {"case": "x"}, None),
        ("status.transfer.approve", {"case": "x", "effect": True}, Fact.CHANGED),
        ("status.suspension.undo", {"case": "x"}, Fact.UNDONE),
        ("status.promotion.promote", {"grade": 2}, Fact.PROMOTED),
        ("status.promotion.undo", {"grade": 1}, Fact.UNDONE),
        ("status.graduation.leave", {"state": "07"}, Fact.LEFT),
        ("status.graduation.undo", None, Fact.UNDONE),
        ("status.paper.file", {"paper": "x"}, None),
        ("student.unmask", None, None),
    ],
)
def test_an_event_is_a_fact_or_a_step(act: str, after: dict[str, Any] | None, fact: Fact | None) -> None:
    assert fact_of(act, after) is fact


def test_campaigns_are_in_the_feed() -> None:
    with connections["owner"].cursor() as cursor:
        for act in ("status.promotion.promote", "status.graduation.leave", "status.graduation.undo"):
            cursor.execute(
                """INSERT INTO audit_event (subject_id, act, subject_kind, office, place, batch_id, after)
                   VALUES (%s, %s, 'student', %s, %s, %s, '{"grade": 2}')""",
                [uuid.uuid4(), act, PLACES[HERE], PLACES[HERE], uuid.uuid4()],
            )
    assert facts(f"r{HERE}") == [("promoted", "promotion"), ("left", "graduation"), ("undone", "graduation")]
    assert [one["kind_zh"] for one in Caller(f"r{HERE}").get("/feed").json()["items"]] == [
        "升级", "毕业", "毕业",
    ]  # fmt: skip


# Over HTTP -------------------------------------------------------------------------------


def test_a_program_goes_on_from_where_it_ended() -> None:
    register(*(pupil(serial, name=f"名{letter}") for serial, letter in enumerate("甲乙丙")))
    program, seen, after, more = Caller(f"r{HERE}"), [], "", True
    while more:
        page = program.get("/feed", after=after, limit=2).json()
        seen, after, more = seen + [one["pupil"] for one in page["items"]], page["next"], page["more"]
    assert len(seen) == len(set(seen)) == 3
    assert program.get("/feed", after=after).json() == {"items": [], "more": False, "next": after}
    transferred(uuid.UUID(seen[0]))
    (fact,) = program.get("/feed", after=after).json()["items"]
    assert (fact["fact"], fact["change_code"], fact["to_school"]) == ("changed", "22", OTHER_PROVINCE)


def test_who_may_not_follow_is_refused_and_a_strange_cursor_too() -> None:
    answer = Caller(f"l{HERE}").get("/feed")
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    assert Caller(f"r{HERE}").get("/feed", after="xx").status_code == 422
