"""专门学校: enrolment and certificate stay with the original school, and nobody but those who must know learns of it (R12)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.urls import URLResolver, get_resolver

from tests.factories import PLACES, TODAY, account, actor
from tests.status.cases import (
    HERE,
    PAPER,
    approved,
    class_id,
    enrolled,
    filed,
    headcounts,
    to_class,
    truth_of,
)
from tests.status.leavers import SUMMER, graduated, last_grade, leavers
from tests.web.registered import as_
from xueji.access.rules.permissions import Level
from xueji.access.scope import NotAllowed, acting
from xueji.organisations.models import Organisation, OrganisationName, PlaceHistory, School, SchoolIdentifier
from xueji.status.actions import cases, clocks, graduations, papers
from xueji.status.actions.cases import NoSuchCase, NotYourTurn, Stopped
from xueji.status.actions.drafts import NoDraft, keep_draft
from xueji.status.models import Placement
from xueji.status.queries import discreet
from xueji.status.rules.steps import State
from xueji.students.queries.records import record_of

pytestmark = pytest.mark.usefixtures("db")

SPECIALISED, PLACE = "3733000007", 330903_000007
OFFICER = "o330902"
# Words that would tell of it, on a page, in an answer, in a row.
WORDS = ("专门学校", "placement", "specialised", "示例专门", "discreet", SPECIALISED, str(PLACE))


def specialised_school() -> None:
    """Open a specialised school in the county next door, with a registrar and a leader."""
    organisation = Organisation.objects.using("owner").create(
        place=PLACE, level=Level.SCHOOL, name="示例专门", opened_on=date(2000, 9, 1),
        parent=Organisation.objects.using("owner").get(place=PLACE // 10**6 * 10**6),
    )  # fmt: skip
    school = School.objects.using("owner").create(
        organisation=organisation, place=PLACE, identifier=SPECIALISED, kind="371", founder="831", urban_rural="111",
    )  # fmt: skip
    SchoolIdentifier.objects.using("owner").create(identifier=SPECIALISED, school=school, place=PLACE)
    OrganisationName.objects.using("owner").create(organisation=organisation, place=PLACE, name="示例专门")
    PlaceHistory.objects.using("owner").create(place=PLACE, organisation=organisation)
    account(f"r{SPECIALISED}", PLACE, "registrar")
    account(f"l{SPECIALISED}", PLACE, "leader")


TYPED = {"school": SPECIALISED, "since": "2026-09-10", "note": "须保密"}


def file_placement(student: UUID) -> UUID:
    """File a placement on the paper of its decision alone, as in life."""
    paper = papers.file_paper(
        student, kind="placement_decision", file_name="a.pdf", content=PAPER, by=actor(OFFICER), today=TODAY
    )
    return cases.file_case("placement", student, TYPED, by=actor(OFFICER), today=TODAY, paper_ids=[paper]).id


def placed(student: UUID) -> UUID:
    case = file_placement(student)
    approved(case, f"l{HERE}", f"l{SPECIALISED}")
    return case


def test_the_enrolment_stays_with_the_original_school_R12() -> None:
    specialised_school()
    student = enrolled("测专门")
    before, counts = truth_of(student), headcounts()
    case = placed(student)
    after = truth_of(student)
    assert {table for table in after if after[table] != before[table]} == {"status_placement"}
    assert headcounts() == counts
    assert Placement.everywhere.using("owner").get(student_id=student).school_place == PLACE
    cases.undo(case, reason="误办", by=actor("o330903"), today=TODAY)
    assert truth_of(student) == before


def test_the_pupil_comes_back_and_that_can_be_undone_R12() -> None:
    specialised_school()
    student = enrolled("测专门")
    placed(student)
    before = truth_of(student)
    case = filed("placement_return", student, {"until": "2026-09-10"}, by=OFFICER).id
    approved(case, f"l{SPECIALISED}", f"l{HERE}")
    assert Placement.everywhere.using("owner").get(student_id=student).until == TODAY
    cases.undo(case, reason="误办", by=actor(OFFICER), today=TODAY)
    assert truth_of(student) == before


def test_only_leaders_of_the_two_schools_and_the_officer_who_decided_find_it_R12() -> None:
    specialised_school()
    student = enrolled("测专门")
    case = filed("placement", student, TYPED, by=OFFICER).id
    for who in (OFFICER, f"l{HERE}", f"l{SPECIALISED}"):
        (found,) = discreet.cases_for(actor(who), today=TODAY)
        assert (found.id, found.kind, found.name) == (case, "placement", "测专门")
        assert discreet.case_content(case, by=actor(who), today=TODAY) == TYPED
    for who in ("o330903", "o330900", "o330000", "l2133000002"):
        assert discreet.cases_for(actor(who), today=TODAY) == ()
        assert discreet.case_content(case, by=actor(who), today=TODAY) is None
    for who in (f"r{HERE}", f"r{SPECIALISED}", "l330902", "l330000", "o000000"):
        with pytest.raises(NotAllowed):
            discreet.cases_for(actor(who), today=TODAY)
    approved(case, f"l{HERE}", f"l{SPECIALISED}")
    assert [one.name for one in discreet.placed_with(actor(f"l{HERE}"))] == ["测专门"]
    assert [one.specialised_school for one in discreet.placed_with(actor(f"l{SPECIALISED}"))] == ["示例专门"]
    assert discreet.placed_with(actor("l2133000002")) == ()


def test_it_stands_in_nobodys_way_and_no_word_of_another_change_tells_of_it_R12() -> None:
    specialised_school()
    student = enrolled("测专门")
    filed("placement", student, TYPED, by=OFFICER)
    correction = filed("correction", student, {"blood": "1"}, by=f"r{HERE}")
    approved(correction.id, f"l{HERE}")
    cases.undo(correction.id, reason="误办", by=actor("o330902"), today=TODAY)
    move = filed("transfer", student, to_class("2133000002"), by="r2133000002")
    assert (move.state, move.waits_for) == (State.WITH_DESK, ())


def test_a_school_cannot_file_it_and_no_draft_is_kept_R12() -> None:
    specialised_school()
    student = enrolled("测专门")
    with pytest.raises((NotAllowed, NoSuchCase)):
        cases.file_case("placement", student, TYPED, by=actor(f"r{HERE}"), today=TODAY)
    with pytest.raises(NoSuchCase):
        cases.file_case("placement", student, TYPED, by=actor("o330903"), today=TODAY)
    with pytest.raises(NoDraft):
        keep_draft("placement", TYPED, by=actor(OFFICER), today=TODAY, student_id=student)


@pytest.mark.parametrize("school", ["2133000002", "9999999999"])
def test_only_a_specialised_school_in_operation_can_be_named(school: str) -> None:
    with pytest.raises(Stopped) as refused:
        filed("placement", enrolled("测专门"), TYPED | {"school": school}, by=OFFICER)
    assert [one.code for one in refused.value.obstacles] == ["no-specialised-school"]


def test_registrars_do_not_decide_it() -> None:
    specialised_school()
    case = filed("placement", enrolled("测专门"), TYPED, by=OFFICER).id
    for who, refusal in ((f"r{HERE}", NotAllowed), (f"l{SPECIALISED}", NotYourTurn)):
        with pytest.raises(refusal):
            cases.approve(case, by=actor(who), today=TODAY)


def tables_with_a_pupil() -> list[str]:
    """Return every table that has a column of the pupil or a text in which one could stand."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """SELECT DISTINCT table_name FROM information_schema.columns c
               JOIN pg_class k ON k.relname = c.table_name AND k.relkind = 'r' AND k.relrowsecurity
               WHERE table_schema = 'public'"""
        )
        return sorted(row[0] for row in cursor.fetchall())


def every_row_seen_by(who: str) -> set[str]:
    """Return every row that the application role shows to somebody, over all tables, as text."""
    seen = set()
    with acting(actor(who).scope), connections["default"].cursor() as cursor:
        for table in tables_with_a_pupil():
            cursor.execute(f"SELECT '{table}:' || (to_jsonb(t) - 'version')::text FROM {table} t")
            seen |= {row[0] for row in cursor.fetchall()}
    return seen


# Every ordinary role that could come across the pupil, from the own school up to the province.
ROLES = (
    f"r{HERE}",
    f"l{HERE}",
    OFFICER,
    "l330902",
    "o330900",
    "l330900",
    "o330000",
    "l330000",
    f"r{SPECIALISED}",
    "o330903",
)


def test_no_ordinary_role_reads_a_row_that_tells_of_it_R12() -> None:
    specialised_school()
    student = enrolled("测专门")
    before = {who: every_row_seen_by(who) for who in ROLES}
    case = placed(student)
    clocks.remind(today=TODAY + timedelta(days=60))
    for who in ROLES:
        new = every_row_seen_by(who) - before[who]
        # What is left is the office's own history: that somebody decided something, not about whom.
        assert {row.partition(":")[0] for row in new} <= {"audit_event"}, who
        assert not [row for row in new if str(student) in row or "测专门" in row or "placement" in row], who
    assert case


def addresses(patterns: Any, known: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield every address of the site that can be built from what is known; what is discreet by name is another matter."""
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, known, prefix + str(one.pattern))
            continue
        address = prefix + str(one.pattern)
        wanted = re.findall(r"<(?:\w+:)?(\w+)>", address)
        if "discreet" not in address and "sign" not in address and all(name in known for name in wanted):
            yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(known[found[1]]), address)


# One role per level; their colleagues see the same pages, and the rows above are looked at for all.
@pytest.mark.parametrize("who", [f"r{HERE}", "o330902", "o330000"])
def test_no_ordinary_page_list_export_or_answer_tells_of_it_R12(who: str) -> None:
    specialised_school()
    student, browser = enrolled("测专门"), as_(who)
    case = file_placement(student)
    known = {
        "student_id": student, "place": PLACES[HERE], "class_id": class_id(HERE, "2026101"), "case_id": case,
        "pupil_id": student, "student": student, "identifier": HERE, "kind": "transfer",
    }  # fmt: skip
    pages = sorted(set(addresses(get_resolver().url_patterns, known)))
    assert f"/pupils/{student}/" in pages
    assert f"/api/v1/pupils/{student}" in pages
    cases.withdraw(case, by=actor(OFFICER), today=TODAY)
    before = {address: answer(browser, address) for address in pages}
    placed(student)
    clocks.remind(today=TODAY + timedelta(days=60))
    for address in pages:
        text = answer(browser, address)
        told = [word for word in WORDS if text.count(word) > before[address].count(word)]
        assert not told, (address, told)


def answer(browser: Any, address: str) -> str:
    """Return what an address answers as text; nothing where there is none."""
    answered = browser.get(address, follow=True)
    content = b"".join(answered.streaming_content) if answered.streaming else answered.content
    return content.decode("utf-8", "replace") if answered.status_code == 200 else ""


def test_what_a_transfer_leaves_and_shows_says_nothing_of_it_R12() -> None:
    specialised_school()
    student = enrolled("测专门")
    placed(student)
    move = filed(
        "transfer", student, {"class_id": class_id("2133000002"), "reason": "household"}, by="r2133000002"
    ).id
    approved(move, "l2133000002", f"l{HERE}", "o330902")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT convert_from(content, 'UTF8') FROM status_sealedcopy WHERE case_id = %s", [move]
        )
        (copy,) = cursor.fetchone()
    assert not [word for word in WORDS if word in copy]
    with acting(actor("r2133000002").scope):
        record = record_of(student)
    assert record is not None
    assert not [word for word in WORDS if word in str(record)]


def test_what_blocks_a_graduation_says_nothing_of_it_and_the_original_school_graduates_the_pupil_R12() -> (
    None
):
    specialised_school()
    student, *_ = leavers()
    before = graduations.what_blocks(last_grade(), by=actor(f"r{HERE}"), today=SUMMER)
    paper = papers.file_paper(
        student, kind="placement_decision", file_name="a.pdf", content=PAPER, by=actor(OFFICER), today=SUMMER
    )
    case = cases.file_case("placement", student, TYPED, by=actor(OFFICER), today=SUMMER, paper_ids=[paper])
    after = graduations.what_blocks(last_grade(), by=actor(f"r{HERE}"), today=SUMMER)
    assert after == before
    graduated()
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT state, place FROM students_enrolment WHERE student_id = %s", [student])
        assert cursor.fetchall() == [("07", PLACES[HERE])]
    assert case.state is State.WITH_DESK
