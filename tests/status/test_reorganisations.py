"""Schools merged, split and closed with the real database: who goes where, what stands in the way, what is undone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections, transaction

from tests.changes import admissions
from tests.factories import PLACES, TODAY, account, actor, pupil, school
from tests.races import at_once
from tests.status.cases import (
    HERE,
    NEXT_DOOR,
    OTHER_COUNTY,
    OTHER_PROVINCE,
    enrolled,
    filed,
    headcounts,
    recounted,
    to_class,
    transferred,
)
from tests.status.cases import approved as approved_case
from tests.status.invariants import broken
from tests.status.reorganised import (
    ABOVE,
    COUNTY,
    LEADER,
    OFFICER,
    approved,
    begun,
    classes_of,
    everything,
    proposed,
    pupils_of_two_schools,
    reorganised,
    said,
    school_id,
    split_off,
    stays_of,
    undone,
)
from tests.web.registered import register
from xueji.access.queries import actor_named
from xueji.access.scope import NotAllowed, acting
from xueji.changes.actions import rosters
from xueji.changes.actions.admissions import lists
from xueji.changes.actions.closing import SchoolAwaitsPupils, close_school
from xueji.lib.errors import Refused
from xueji.organisations.queries import place_of_identifier, schools_named
from xueji.status.actions import cases, promotion, reorganisations
from xueji.status.actions.cases import CannotUndo, NotNow, NotYourTurn, OwnWork, ReasonMissing, Stopped
from xueji.status.actions.reorganisations import NoSuchReorganisation, NoSuchSchool, ReorganisationStopped
from xueji.status.models import CampaignSchool, Placement, Reorganisation, ReorganisedClass, SealedCopy
from xueji.status.queries.feed import page
from xueji.status.queries.reorganisations import awaited_moved, history, listed, moves_of, number_waiting_at
from xueji.status.rules.feed_facts import Fact
from xueji.status.rules.graduation import State
from xueji.status.rules.reorganisation import Kind, Line, school_counts

pytestmark = pytest.mark.usefixtures("db")

JUNIOR = "3133000001"
SUSPENDED = {"reason": "10", "since": str(TODAY), "until": str(TODAY + timedelta(days=90))}


def suspended(student: UUID) -> None:
    approved_case(filed("suspension", student, SUSPENDED, by=f"r{HERE}").id, f"l{HERE}", OFFICER)


def codes(refused: Any) -> list[str]:
    return [one.code for one in refused.value.findings]


# Merging -----------------------------------------------------------------------------------------


def test_a_merged_school_closes_and_its_classes_go_on_at_the_other_one() -> None:
    first, second, third, own = pupils_of_two_schools()
    suspended(third)
    request = reorganised()
    assert request.state == State.DONE
    # Both schools had a 2026101 and a 2026102: the classes that came get the next numbers.
    assert stays_of(first) == [(HERE, "2026101", "10", "20"), (NEXT_DOOR, "2026104", "01", "")]
    assert stays_of(second) == [(HERE, "2026102", "10", "20"), (NEXT_DOOR, "2026105", "01", "")]
    assert stays_of(third) == [(HERE, "2025101", "10", "20"), (NEXT_DOOR, "2025104", "02", "")]
    assert stays_of(own) == [(NEXT_DOOR, "2026101", "01", "")]
    assert headcounts() == recounted()
    assert classes_of(HERE) == {}
    assert broken() == []


def test_the_dry_run_writes_nothing_and_is_the_run() -> None:
    pupils_of_two_schools()
    request = proposed()
    before = everything()
    _, preview = reorganisations.look_ahead(request.id, by=actor(LEADER), today=TODAY)
    assert everything() == before
    assert preview.stops == ()
    approved(request)
    foreseen = {line.number: one.pupils for one, line, _target in preview.facts.going}
    came = ReorganisedClass.everywhere.using("owner").filter(new_class_id__isnull=False)
    assert {one.number: one.pupils for one in came} == foreseen
    (source, target) = school_counts(preview.facts)
    assert (source.classes_after, source.pupils_after) == (0, 0)
    assert target.classes_after == len(classes_of(NEXT_DOOR)) == 9
    assert target.pupils_after == sum(headcounts().values()) == 4


@pytest.mark.parametrize("kind", [Kind.MERGE, Kind.CLOSE, Kind.SPLIT])
def test_an_undo_is_the_exact_inverse(kind: Kind) -> None:
    students = pupils_of_two_schools()
    suspended(students[1])
    transferred(enrolled("撤合成戊", 9), to=OTHER_COUNTY)
    promotion.plan(area=33 * 10**10, school_year=2027, by=actor("o330000"), today=TODAY)
    before = everything()
    request = approved(split_off("2026101")) if kind is Kind.SPLIT else reorganised(kind)
    assert everything() != before
    assert undone(request).state == State.UNDONE
    assert everything() == before
    assert headcounts() == recounted()
    assert broken() == []


def test_several_schools_of_two_counties_go_into_one_and_their_numbers_never_collide() -> None:
    pupils_of_two_schools()
    wanted = {"sources": (HERE, NEXT_DOOR), "targets": (OTHER_COUNTY,)}
    with pytest.raises(NotAllowed):
        begun(**wanted)
    approved(proposed(by=ABOVE, **wanted), by="l330900")
    assert {"2026104", "2026105", "2026106", "2025104"} <= set(classes_of(OTHER_COUNTY))
    assert classes_of(HERE) == classes_of(NEXT_DOOR) == {}
    assert broken() == []


def test_old_names_and_identifiers_lead_on_and_the_pages_know_where_everybody_went() -> None:
    pupils_of_two_schools()
    reorganised()
    assert place_of_identifier(HERE) == PLACES[HERE]
    assert [one.place for one in schools_named("定海区第一小学", COUNTY, COUNTY + 10**6, limit=5)] == [
        PLACES[HERE]
    ]
    (gone,), came = moves_of(school_id(HERE))
    assert (gone.target, gone.classes, gone.pupils, gone.document) == (
        "定海区第二小学",
        3,
        3,
        "定教〔2026〕8号",
    )
    assert (gone.archives, came) == ("定海区第二小学", ())
    assert moves_of(school_id(NEXT_DOOR)) == ((), (gone,))


def test_each_pupil_has_an_event_and_both_sides_of_the_feed_hear_of_it() -> None:
    first, *_ = pupils_of_two_schools()
    request = reorganised()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """SELECT count(*), count(DISTINCT subject_id) FROM audit_event
               WHERE act = 'status.reorganisation.move' AND batch_id = %s""",
            [request.id],
        )
        assert cursor.fetchone() == (3, 3)
    heard = [
        one for one in page(actor(f"r{NEXT_DOOR}"), after=None, limit=50).facts if one.student_id == first
    ]
    assert [(one.fact, one.kind, one.school, one.to_school) for one in heard] == [
        (Fact.REORGANISED, "reorganisation", HERE, NEXT_DOOR)
    ]
    undone(request)
    told = [
        one.fact for one in page(actor(f"r{HERE}"), after=None, limit=50).facts if one.student_id == first
    ]
    assert told == [Fact.REGISTERED, Fact.REORGANISED, Fact.UNDONE]


def test_appointments_at_a_closed_school_end_and_run_again_after_the_undo() -> None:
    pupils_of_two_schools()
    request = reorganised()
    assert actor_named(f"r{HERE}", today=TODAY) == actor_named(f"l{HERE}", today=TODAY) == []
    assert actor_named(f"r{NEXT_DOOR}", today=TODAY)
    undone(request)
    assert actor_named(f"r{HERE}", today=TODAY)


@pytest.mark.parametrize("taker", [PLACES[NEXT_DOOR], COUNTY], ids=["receiving-school", "authority"])
def test_the_archives_of_pupils_who_left_go_where_the_authority_says(taker: int) -> None:
    pupils_of_two_schools()
    transferred(enrolled("撤合成戊", 9), to=OTHER_COUNTY)
    request = reorganised(Kind.CLOSE, archives_place=taker)
    assert SealedCopy.everywhere.using("owner").get().place == taker
    undone(request)
    assert SealedCopy.everywhere.using("owner").get().place == PLACES[HERE]


def test_a_placement_and_a_discreet_case_go_along_without_being_seen() -> None:
    """Nothing about them stops a plan or is counted in it; the desk at the closed school is one at the new school."""
    first, second, *_ = pupils_of_two_schools()
    Placement.everywhere.using("owner").create(
        student_id=first, id=second, place=PLACES[HERE], school_place=PLACES[JUNIOR], since=TODAY
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE organisations_school SET kind = '371' WHERE place = %s", [PLACES[OTHER_PROVINCE]]
        )
    case = filed("placement", second, {"school": OTHER_PROVINCE, "since": str(TODAY)}, by=OFFICER)
    before = everything()
    request = reorganised()
    assert Placement.everywhere.using("owner").get().place == PLACES[NEXT_DOOR]
    approved_case(case.id, f"l{NEXT_DOOR}")
    assert broken() == []
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT route->0->>'place', place FROM status_case WHERE id = %s", [case.id])
        assert cursor.fetchone() == (str(PLACES[NEXT_DOOR]), PLACES[NEXT_DOOR])
    undone(request)
    assert everything()["students_enrolment"] == before["students_enrolment"]
    assert broken() == []


def test_what_hangs_under_a_merged_school_hangs_under_the_receiving_one() -> None:
    pupils_of_two_schools()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE organisations_school SET under_id = %s, kind = '218' WHERE organisation_id = %s",
            [school_id(HERE), school_id(JUNIOR)],
        )
    with pytest.raises(ReorganisationStopped) as stopped:
        proposed(Kind.CLOSE)
    assert codes(stopped) == ["points"]
    request = reorganised()
    assert host_of(JUNIOR) == school_id(NEXT_DOOR)
    undone(request)
    assert host_of(JUNIOR) == school_id(HERE)


def host_of(identifier: str) -> int:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT under_id FROM organisations_school WHERE organisation_id = %s", [school_id(identifier)]
        )
        return int(cursor.fetchone()[0])


# Splitting and closing ---------------------------------------------------------------------------


def test_a_split_takes_the_classes_that_were_named_and_the_school_goes_on() -> None:
    first, second, *_ = pupils_of_two_schools()
    request = approved(split_off("2026101"))
    assert stays_of(first)[-1] == (NEXT_DOOR, "2026104", "01", "")
    assert stays_of(second) == [(HERE, "2026102", "01", "")]
    assert set(classes_of(HERE)) == {"2026102", "2026103", "2025101", "2025102", "2025103"}
    assert actor_named(f"r{HERE}", today=TODAY)
    assert (request.archives_place, broken()) == (None, [])


def test_a_closed_school_gives_each_class_to_the_school_that_is_named() -> None:
    first, second, third, _ = pupils_of_two_schools()
    request = begun(Kind.CLOSE, targets=(NEXT_DOOR, OTHER_COUNTY), by=ABOVE, archives_place=330900 * 10**6)
    here = classes_of(HERE)
    with pytest.raises(ReorganisationStopped) as stopped:
        reorganisations.propose(request.id, by=actor(ABOVE), today=TODAY)
    assert codes(stopped) == ["class-without-school"]
    reorganisations.assign(
        request.id,
        {
            here["2026101"]: Line(here["2026101"], school_id(NEXT_DOOR), "A7", "阳光班"),
            here["2026102"]: Line(here["2026102"], school_id(OTHER_COUNTY)),
            here["2025101"]: Line(here["2025101"], school_id(OTHER_COUNTY)),
        },
        by=actor(ABOVE),
        today=TODAY,
    )
    reorganisations.propose(request.id, by=actor(ABOVE), today=TODAY)
    approved(request, by="l330900")
    assert [stays_of(one)[-1][:2] for one in (first, second, third)] == [
        (NEXT_DOOR, "A7"), (OTHER_COUNTY, "2026104"), (OTHER_COUNTY, "2025104")
    ]  # fmt: skip
    assert broken() == []


# Admitted pupils who have not come -------------------------------------------------------------------

TERMS = replace(admissions.TERMS, school_year=TODAY.year)


def awaited_at() -> dict[str, list[str]]:
    """Return the names of whom each school awaits."""
    found: dict[str, list[str]] = {HERE: [], NEXT_DOOR: [], OTHER_COUNTY: []}
    for one in admissions.admissions():
        (there,) = (identifier for identifier in found if PLACES[identifier] == one.place)
        assert one.school_id == school_id(there)
        found[there].append(one.name)
    return found


@pytest.mark.parametrize("kind", [Kind.MERGE, Kind.CLOSE, Kind.SPLIT])
def test_admitted_pupils_who_have_not_come_follow_their_grade_and_come_back_with_the_undo(kind: Kind) -> None:
    pupils_of_two_schools()
    admissions.issued(
        [admissions.child(41), admissions.child(42), admissions.child(43, NEXT_DOOR)], terms=TERMS
    )
    names = {key: sorted(value) for key, value in awaited_at().items()}
    before = everything()
    request = split_off("2026101", "2026102", "2026103") if kind is Kind.SPLIT else proposed(kind)
    _, preview = reorganisations.look_ahead(request.id, by=actor(OFFICER), today=TODAY)
    assert [one.pupils for one in preview.facts.awaited] == [2]
    approved(request)
    assert {key: sorted(value) for key, value in awaited_at().items()} == {
        HERE: [],
        NEXT_DOOR: sorted(names[HERE] + names[NEXT_DOOR]),
        OTHER_COUNTY: [],
    }
    ((moved, target),) = awaited_moved(Reorganisation.everywhere.using("owner").get())
    assert (moved.pupils, target) == (2, school_id(NEXT_DOOR))
    undone(request)
    assert everything() == before


def test_where_their_grade_is_divided_the_plan_has_to_say_where_they_come() -> None:
    pupils_of_two_schools()
    admissions.issued([admissions.child(41)], terms=TERMS)
    request = begun(Kind.CLOSE, targets=(NEXT_DOOR, OTHER_COUNTY), by=ABOVE, archives_place=330900 * 10**6)
    here, known = classes_of(HERE), {"by": actor(ABOVE), "today": TODAY}
    lines = {
        here[number]: Line(here[number], school_id(target))
        for number, target in (("2026101", NEXT_DOOR), ("2026102", OTHER_COUNTY), ("2025101", OTHER_COUNTY))
    }
    reorganisations.assign(request.id, lines, **known)
    with pytest.raises(ReorganisationStopped) as stopped:
        reorganisations.propose(request.id, **known)
    assert codes(stopped) == ["awaited-without-school"]
    entry = (school_id(HERE), "primary", TODAY.year)
    reorganisations.assign(request.id, lines, awaited={entry: school_id(OTHER_COUNTY)}, **known)
    approved(reorganisations.propose(request.id, **known), by="l330900")
    assert [len(names) for names in awaited_at().values()] == [0, 0, 1]


def test_a_school_that_has_only_awaited_pupils_is_reorganised_and_not_simply_closed() -> None:
    admissions.issued([admissions.child(41)], terms=TERMS)
    with acting(actor(OFFICER).scope), pytest.raises(SchoolAwaitsPupils):
        close_school(school(HERE), by=actor(OFFICER), today=TODAY)
    reorganised()
    assert [len(names) for names in awaited_at().values()] == [0, 1, 0]
    with pytest.raises(lists.NothingToIssue):
        admissions.issued([admissions.child(42)], terms=TERMS)


def test_an_undo_stops_once_a_pupil_has_come_to_the_other_school() -> None:
    pupils_of_two_schools()
    admissions.issued([admissions.child(41)], terms=TERMS)
    request = reorganised()
    child = admissions.child(41)
    values = pupil(41, name=child["name"], document_number=child["document_number"])
    batch, _ = rosters.enrol_one(
        values, school=school(NEXT_DOOR), by=actor(f"r{NEXT_DOOR}"), today=TODAY, door="form"
    )
    assert batch is not None
    before = everything()
    with pytest.raises(CannotUndo):
        undone(request)
    assert everything() == before
    rosters.undo(batch.id, by=actor(f"r{NEXT_DOOR}"), today=TODAY)
    assert undone(request).state == State.UNDONE


# What stands in the way --------------------------------------------------------------------------


def test_an_open_case_is_settled_first_and_only_stops_the_decision() -> None:
    first, *_ = pupils_of_two_schools()
    case = filed("suspension", first, SUSPENDED, by=f"r{HERE}")
    request = proposed()
    with pytest.raises(ReorganisationStopped) as stopped:
        approved(request)
    assert codes(stopped) == ["open-case"]
    cases.withdraw(case.id, by=actor(f"r{HERE}"), today=TODAY)
    assert approved(request).state == State.DONE


def test_a_pupil_on_the_way_to_the_school_is_settled_first_too() -> None:
    pupils_of_two_schools()
    coming = enrolled("撤合成己", 8, at=OTHER_PROVINCE)
    filed("transfer", coming, to_class(HERE), by=f"r{HERE}")
    with pytest.raises(ReorganisationStopped) as stopped:
        approved(proposed())
    assert codes(stopped) == ["open-case"]


def test_a_roster_on_its_way_is_settled_first() -> None:
    pupils_of_two_schools()
    from tests.changes.rosters_as_csv import as_csv

    batch, _ = rosters.receive(
        as_csv([pupil(20, name="撤合成庚")]), file_name="一.csv", school=school(HERE), by=actor(f"r{HERE}")
    )
    with pytest.raises(ReorganisationStopped) as stopped:
        approved(proposed())
    assert codes(stopped) == ["roster"]
    rosters.check_batch(batch.id, today=TODAY)
    rosters.undo(batch.id, by=actor(f"r{HERE}"), today=TODAY)
    assert approved(Reorganisation.everywhere.using("owner").order_by("-id")[0]).state == State.DONE


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        pytest.param({"targets": (JUNIOR,)}, "not-of-the-stage", id="another-stage"),
        pytest.param({"targets": ()}, "no-target", id="nowhere-to-go"),
        pytest.param({"targets": (HERE,)}, "target-closed", id="into-itself"),
        pytest.param({"document": " "}, "no-document", id="without-a-document"),
        pytest.param({"archives_place": None}, "no-archives", id="archives-forgotten"),
        pytest.param({"effective_on": TODAY - timedelta(days=1)}, "came-later", id="before-a-pupil-came"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_its_reason(more: dict[str, Any], wanted: str) -> None:
    pupils_of_two_schools()
    with pytest.raises(ReorganisationStopped) as stopped:
        proposed(**more)
    assert wanted in codes(stopped)


def test_a_plan_for_a_day_to_come_waits_for_that_day() -> None:
    pupils_of_two_schools()
    later = TODAY + timedelta(days=20)
    request = proposed(effective_on=later)
    with pytest.raises(ReorganisationStopped) as stopped:
        approved(request)
    assert codes(stopped) == ["day-to-come"]
    assert approved(request, today=later).effect_on == later


def test_a_class_that_has_pupils_only_since_the_plan_stops_it_until_the_plan_is_kept_again() -> None:
    pupils_of_two_schools()
    request = proposed()
    register(pupil(30, name="撤合成辛", class_number="2025103"))
    with pytest.raises(ReorganisationStopped) as stopped:
        approved(request)
    assert codes(stopped) == ["class-without-school"]
    reorganisations.withdraw(request.id, by=actor(OFFICER), today=TODAY)
    reorganisations.describe(request.id, said(), by=actor(OFFICER), today=TODAY)
    approved(reorganisations.propose(request.id, by=actor(OFFICER), today=TODAY))
    assert broken() == []


# Who does what -----------------------------------------------------------------------------------


def test_who_prepared_does_not_decide_and_another_office_does_neither() -> None:
    pupils_of_two_schools()
    request = proposed()
    assert number_waiting_at(COUNTY, using="owner") == 1
    with pytest.raises(NotAllowed):
        approved(request, by=OFFICER)
    with pytest.raises(NotYourTurn):
        approved(request, by="l330900")
    Reorganisation.everywhere.using("owner").update(prepared_by=actor(LEADER).account_id)
    with pytest.raises(OwnWork):
        approved(request)


def test_a_plan_is_returned_with_a_reason_kept_anew_and_given_up() -> None:
    pupils_of_two_schools()
    request = proposed()
    with pytest.raises(ReasonMissing):
        reorganisations.send_back(request.id, reason=" ", by=actor(LEADER), today=TODAY)
    returned = reorganisations.send_back(request.id, reason="班号有误", by=actor(LEADER), today=TODAY)
    assert (returned.state, returned.reason) == (State.DRAFT, "班号有误")
    with pytest.raises(NotNow):
        reorganisations.describe(request.id, said(), by=actor(OFFICER), today=TODAY, version=1)
    reorganisations.describe(request.id, said(Kind.CLOSE), by=actor(OFFICER), today=TODAY)
    reorganisations.propose(request.id, by=actor(OFFICER), today=TODAY)
    reorganisations.withdraw(request.id, by=actor(OFFICER), today=TODAY)
    assert reorganisations.withdraw(request.id, by=actor(OFFICER), today=TODAY).state == State.WITHDRAWN
    assert [one.act for one in history(request.id)] == [
        "begin", "propose", "return", "describe", "propose", "withdraw", "withdraw"
    ]  # fmt: skip


def test_a_draft_is_its_own_office_s_and_a_result_is_seen_by_the_schools() -> None:
    pupils_of_two_schools()
    request = begun()
    with pytest.raises(NoSuchReorganisation):
        reorganisations.look_ahead(request.id, by=actor("o330000"), today=TODAY)
    assert listed(actor("o330000")) == listed(actor(f"r{NEXT_DOOR}")) == ()
    approved(reorganisations.propose(request.id, by=actor(OFFICER), today=TODAY))
    for username in (f"r{NEXT_DOOR}", "o330000", LEADER):
        (shown,) = listed(actor(username))
        assert (shown.id, shown.sources, shown.targets) == (
            request.id,
            ("定海区第一小学",),
            ("定海区第二小学",),
        )
    assert listed(actor(f"r{OTHER_PROVINCE}")) == ()


def test_a_school_that_does_not_exist_or_is_not_in_the_area_is_refused() -> None:
    with pytest.raises(NotAllowed):
        begun(targets=(OTHER_PROVINCE,))
    with pytest.raises(NoSuchSchool):
        reorganisations.begin(
            reorganisations.Said(Kind.MERGE, [COUNTY + 999], [PLACES[HERE]], TODAY),
            by=actor(OFFICER),
            today=TODAY,
        )


# Undo --------------------------------------------------------------------------------------------


def test_an_undo_has_thirty_days_a_reason_and_belongs_to_the_authority_above() -> None:
    pupils_of_two_schools()
    request = reorganised()
    with pytest.raises(CannotUndo):
        undone(request, today=TODAY + timedelta(days=31))
    with pytest.raises(ReasonMissing):
        reorganisations.undo(request.id, reason=" ", by=actor(ABOVE), today=TODAY)
    with pytest.raises(NotYourTurn):
        reorganisations.undo(request.id, reason="误办", by=actor(OFFICER), today=TODAY)


def left_for_another_county(students: list[UUID]) -> None:
    case = filed("transfer", students[0], to_class(OTHER_COUNTY), by=f"r{OTHER_COUNTY}")
    approved_case(case.id, f"l{OTHER_COUNTY}", "o330903", f"l{NEXT_DOOR}", OFFICER)


def another_came(students: list[UUID]) -> None:
    transferred(enrolled("撤合成壬", 7, at=OTHER_COUNTY), to=NEXT_DOOR, sender=OTHER_COUNTY)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """UPDATE students_enrolment SET class_of_id = %s WHERE ended_on IS NULL
               AND student_id = (SELECT id FROM students_student WHERE name = '撤合成壬')""",
            [classes_of(NEXT_DOOR)["2026104"]],
        )


def a_case_is_open(students: list[UUID]) -> None:
    filed("suspension", students[0], SUSPENDED, by=f"r{NEXT_DOOR}")


def promoted_since(students: list[UUID]) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE organisations_grade SET number = number + 1 WHERE school_id = %s", [school_id(NEXT_DOOR)]
        )


@pytest.mark.parametrize("later", [left_for_another_county, another_came, a_case_is_open, promoted_since])
def test_an_undo_stops_where_a_later_fact_stands(later: Callable[[list[UUID]], None]) -> None:
    students = pupils_of_two_schools()
    request = reorganised()
    later(students)
    before = everything()
    with pytest.raises(CannotUndo):
        undone(request)
    assert everything() == before


def test_after_an_undo_it_can_be_done_again_under_other_numbers() -> None:
    first, *_ = pupils_of_two_schools()
    undone(reorganised())
    reorganised()
    assert stays_of(first)[-1][:2] == (NEXT_DOOR, "2026106")
    assert broken() == []


def test_what_was_signed_for_a_promotion_is_looked_at_again() -> None:
    pupils_of_two_schools()
    plan = promotion.plan(area=33 * 10**10, school_year=2027, by=actor("o330000"), today=TODAY)
    promotion.sign(plan.id, by=actor(OFFICER), today=TODAY)
    reorganised()
    states = {
        one.place: one.state
        for one in CampaignSchool.everywhere.using("owner").filter(place__lt=COUNTY + 10**6)
    }
    assert PLACES[HERE] not in states
    assert states[PLACES[NEXT_DOOR]] == "open"


# In the same moment ------------------------------------------------------------------------------


def test_a_transfer_at_its_last_desk_and_a_decision_have_one_order() -> None:
    """Either the pupil is gone first, or the plan is told that a case is under way; nobody is lost or doubled."""
    first, *_ = pupils_of_two_schools()
    case = filed("transfer", first, to_class(OTHER_PROVINCE), by=f"r{OTHER_PROVINCE}")
    approved_case(case.id, f"l{OTHER_PROVINCE}", "o510104", f"l{HERE}")
    request, officer, leader = proposed(), actor(OFFICER), actor(LEADER)
    answers = at_once(
        lambda: cases.approve(case.id, by=officer, today=TODAY),
        lambda: reorganisations.approve(request.id, by=leader, today=TODAY),
    )
    assert not isinstance(answers[0], Refused)
    assert not isinstance(answers[1], Refused) or answers[1].code in ("stopped", "overtaken")
    assert stays_of(first)[-1][:2] == (OTHER_PROVINCE, "2026102")
    assert broken() == []
    if isinstance(answers[1], Refused):
        approved(request)
    assert classes_of(HERE) == {}
    assert broken() == []


def test_a_pupil_does_not_come_into_a_class_while_it_goes() -> None:
    """The transfer waits for the class it leads to, sees that it has closed, and is told so."""
    pupils_of_two_schools()
    coming = enrolled("撤合成癸", 6, at=OTHER_COUNTY)
    case = filed("transfer", coming, to_class(HERE, "2026101"), by=f"r{HERE}")
    approved_case(case.id, f"l{HERE}", OFFICER, f"l{OTHER_COUNTY}")
    request = split_off("2026101")
    officer, leader = actor("o330903"), actor(LEADER)
    answers = at_once(
        lambda: cases.approve(case.id, by=officer, today=TODAY),
        lambda: reorganisations.approve(request.id, by=leader, today=TODAY),
    )
    assert any(not isinstance(one, Refused) for one in answers)
    assert broken() == []


def test_a_transfer_into_a_class_that_went_is_refused_with_the_reason() -> None:
    pupils_of_two_schools()
    coming = enrolled("撤合成癸", 6, at=OTHER_COUNTY)
    case = filed("transfer", coming, to_class(HERE, "2026101"), by=f"r{HERE}")
    approved_case(case.id, f"l{HERE}", OFFICER, f"l{OTHER_COUNTY}")
    approved(split_off("2026101"))
    with pytest.raises(Stopped) as stopped:
        cases.approve(case.id, by=actor("o330903"), today=TODAY)
    assert [one.code for one in stopped.value.obstacles] == ["class-closed"]


def test_two_leaders_who_press_at_once_decide_once() -> None:
    pupils_of_two_schools()
    account("l330902b", COUNTY, "leader")
    request = proposed()
    one, other = actor(LEADER), actor("l330902b")
    answers = at_once(
        lambda: reorganisations.approve(request.id, by=one, today=TODAY),
        lambda: reorganisations.approve(request.id, by=other, today=TODAY),
    )
    assert [one.code for one in answers if isinstance(one, Refused)] == ["not-now"]
    assert broken() == []


DECIDE = """
import django, sys
django.setup()
from uuid import UUID
from tests.factories import TODAY, actor
from xueji.status.actions import reorganisations
leader = actor("l330902")
print("ready", flush=True)
reorganisations.approve(UUID(sys.argv[1]), by=leader, today=TODAY)
"""


def test_a_process_killed_halfway_leaves_everything_as_it_was(database_environment: dict[str, str]) -> None:
    """It is stopped at the last row it wants to write, long after the pupils went, and killed there."""
    pupils_of_two_schools()
    request = proposed()
    before = everything()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM access_appointment WHERE place = %s FOR UPDATE", [PLACES[HERE]])
        process = subprocess.Popen(
            [sys.executable, "-c", DECIDE, str(request.id)],
            env={**os.environ, **database_environment, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        wait_until_somebody_waits(cursor)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert everything() == before
    assert approved(request).state == State.DONE
    assert broken() == []


def wait_until_somebody_waits(cursor: Any) -> None:
    """Wait until a session waits for a lock that this one holds."""
    for _ in range(2000):
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        if cursor.fetchone() != (0,):
            return
        time.sleep(0.01)
    raise AssertionError("nobody waits")
