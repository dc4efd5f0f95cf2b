"""Problem records from a held row to the end: stated by schools, decided at the common desk."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connections

from tests.factories import PLACES, TODAY, actor, pupil, resident_number, school
from xueji.access.scope import NotAllowed, acting, national
from xueji.changes.actions import rosters
from xueji.changes.actions.problems import by_hand, cases, corrections, decisions, papers, statements
from xueji.changes.models import Case, CaseParty, Decision, Evidence, RosterBatch, RosterRow
from xueji.changes.queries import problems
from xueji.changes.rules.problem_records import (
    BY_HAND,
    MOST_PAPER_BYTES,
    PROBLEMS,
    STEPS,
    CaseState,
    Remedy,
    outcomes_for,
)
from xueji.changes.rules.roster_steps import Act, State
from xueji.lib.errors import Refused
from xueji.students.models import Enrolment, Headcount, Identifier, Student

pytestmark = pytest.mark.usefixtures("db")

HERE, SAME_COUNTY, SAME_PREFECTURE, OTHER_PROVINCE = "2133000001", "2133000002", "2133000003", "2151000001"
PDF = b"%PDF-1.4 made up"
OTHER_NAME = "测别名"


def submit(identifier: str, serial: int = 0, **changed: Any) -> RosterBatch:
    batch, found = rosters.enrol_one(
        pupil(serial, **changed),
        school=school(identifier),
        by=actor(f"r{identifier}"),
        today=TODAY,
        door="form",
    )
    assert batch is not None, found.checked.findings.rows()
    return batch


def approve(batch: RosterBatch, identifier: str) -> RosterBatch:
    county = f"o{PLACES[identifier] // 1_000_000}"
    for username in (f"l{identifier}", county):
        batch = rosters.decide(batch.id, act=Act.APPROVE, by=actor(username), today=TODAY)
    return batch


def enrolled(identifier: str, serial: int = 0, **changed: Any) -> Student:
    approve(submit(identifier, serial, **changed), identifier)
    with national("commands") as using:
        return Student.everywhere.using(using).latest("created_at")


def the_case() -> Case:
    with national("commands") as using:
        return Case.everywhere.using(using).get()


def number_twice(standing: str, filing: str = HERE) -> Case:
    """One number, two names: the first is enrolled, the second filed."""
    enrolled(standing)
    submit(filing, name=OTHER_NAME)
    return the_case()


UNNUMBERED: dict[str, Any] = {
    "document_type": "无",
    "document_number": None,
    "sex": "男",
    "birth_on": "2019-09-01",
    "name": "测同名",
}


def equal_persons(standing: str, filing: str = HERE) -> Case:
    """Two children without number, equal in name, sex and birth date."""
    enrolled(standing, **UNNUMBERED)
    submit(filing, 1, **UNNUMBERED)
    return the_case()


def state(case: Case, identifier: str, remedy: str, **more: Any) -> Case:
    registrar = actor(f"r{identifier}")
    for kind in ("attendance", "identity"):
        papers.file_evidence(case.id, by=registrar, kind=kind, file_name="a.pdf", content=PDF)
    return statements.state(
        case.id, by=registrar, remedy=remedy, statement="已核对户口簿。", today=TODAY, **more
    )


def decide(case: Case, desk: str, outcome: str, **more: Any) -> Case:
    return decisions.decide(
        case.id, by=actor(desk), outcome=outcome, reason="已与公安部门核对。", today=TODAY, **more
    )


def batch_of_one() -> RosterBatch:
    with national("commands") as using:
        return RosterBatch.everywhere.using(using).get(door="problem")


def numbers_of(name: str) -> dict[str, str]:
    """Return the numbers in force of the student with this name, by scheme."""
    ring = settings.XUEJI_KEY_RING
    with national("commands") as using:
        student = Student.everywhere.using(using).get(name=name)
        kept = Identifier.everywhere.using(using).filter(student_id=student.id, until=None)
        return {one.scheme: ring.decrypt(one.value, b"identifier|" + bytes(one.index)) for one in kept}


def open_enrolments(name: str) -> list[int]:
    with national("commands") as using:
        found = Enrolment.everywhere.using(using).filter(student__name=name, ended_on=None)
        return list(found.values_list("place", flat=True))


def events(subject: UUID) -> list[str]:
    with connections["national"].cursor() as cursor:
        cursor.execute("SELECT act FROM audit_event WHERE subject_id = %s ORDER BY id", [subject])
        return [act for (act,) in cursor.fetchall()]


# Who is concerned, and whose desk it is ------------------------------------------------------


@pytest.mark.parametrize(
    ("standing", "desk"),
    [
        pytest.param(HERE, PLACES[HERE], id="one-school-settles-it"),
        pytest.param(SAME_COUNTY, 330902_000000, id="one-county"),
        pytest.param(SAME_PREFECTURE, 330900_000000, id="two-counties-of-a-prefecture"),
        pytest.param(OTHER_PROVINCE, 0, id="two-provinces"),
    ],
)
def test_the_desk_is_the_lowest_office_common_to_all_concerned(standing: str, desk: int) -> None:
    case = number_twice(standing)
    assert (case.desk_place, case.state, case.problem) == (desk, CaseState.WITH_SCHOOLS, "number-duplicate")


def test_each_school_reads_its_own_pupil_and_nothing_of_the_other_side() -> None:
    case = number_twice(SAME_COUNTY)
    for identifier, name in ((HERE, OTHER_NAME), (SAME_COUNTY, pupil()["name"])):
        registrar = actor(f"r{identifier}")
        with acting(registrar.scope):
            # Without the first wall: row-level security alone.
            parties = CaseParty.everywhere.all()
            assert [(party.place, party.name) for party in parties] == [(PLACES[identifier], name)]
            assert Case.everywhere.filter(pk=case.id).exists() == (identifier == HERE)
            assert problems.for_school(case.id, by=registrar).party.name == name
    with acting(actor(f"r{OTHER_PROVINCE}").scope):
        assert problems.for_school(case.id, by=actor(f"r{OTHER_PROVINCE}")) is None


def test_the_other_school_reads_no_paper_of_the_filing_school() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    with acting(actor(f"r{SAME_COUNTY}").scope):
        assert not Evidence.everywhere.exists()
    with acting(actor("o330902").scope):
        assert Evidence.everywhere.count() == 2


def test_a_child_that_another_roster_claims_concerns_that_roster_s_school() -> None:
    submit(SAME_COUNTY)
    submit(HERE, name=OTHER_NAME)
    with national("commands") as using:
        party = CaseParty.everywhere.using(using).get(place=PLACES[SAME_COUNTY])
    assert party.student_id is None
    assert party.name == pupil()["name"]


# Statements ------------------------------------------------------------------------------------


@pytest.mark.parametrize("remedy", ["prove", "correct"])
def test_proof_and_correction_need_papers(remedy: str) -> None:
    case = number_twice(SAME_COUNTY)
    with pytest.raises(statements.PapersMissing):
        statements.state(case.id, by=actor(f"r{HERE}"), remedy=remedy, statement="无误", today=TODAY)


def test_a_statement_says_something() -> None:
    case = number_twice(SAME_COUNTY)
    with pytest.raises(statements.StatementMissing):
        statements.state(case.id, by=actor(f"r{HERE}"), remedy="delete", statement=" ", today=TODAY)


def test_the_last_statement_brings_the_case_to_its_desk() -> None:
    case = number_twice(SAME_COUNTY)
    assert state(case, HERE, "prove").state == CaseState.WITH_SCHOOLS
    assert state(case, SAME_COUNTY, "prove").state == CaseState.WITH_DESK


def test_a_later_statement_takes_the_place_of_the_earlier_one() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, SAME_COUNTY, "prove")
    state(case, SAME_COUNTY, "delete")
    with national("commands") as using:
        assert CaseParty.everywhere.using(using).get(place=PLACES[SAME_COUNTY]).remedy == Remedy.DELETE


def test_a_desk_does_not_decide_on_a_statement_it_has_not_read() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    read = state(case, SAME_COUNTY, "prove").version
    state(case, SAME_COUNTY, "delete")
    with pytest.raises(cases.NotNow):
        decide(case, "o330902", "two-persons", version=read)


def test_a_school_that_is_not_concerned_finds_no_case() -> None:
    case = number_twice(SAME_COUNTY)
    with pytest.raises(cases.NoSuchCase):
        statements.state(
            case.id, by=actor(f"r{SAME_PREFECTURE}"), remedy="delete", statement="无此生", today=TODAY
        )


def test_a_leader_does_not_state() -> None:
    case = number_twice(SAME_COUNTY)
    with pytest.raises(NotAllowed):
        statements.state(case.id, by=actor(f"l{HERE}"), remedy="delete", statement="无此生", today=TODAY)


def test_the_filing_school_drops_its_row_without_a_desk() -> None:
    case = state(number_twice(SAME_COUNTY), HERE, "delete")
    assert (case.state, case.outcome) == (CaseState.CLOSED, "deleted")
    assert open_enrolments(pupil()["name"]) == [PLACES[SAME_COUNTY]]


def test_a_corrected_row_is_checked_from_the_start_and_goes_on_to_registration() -> None:
    right = resident_number(7)
    case = state(number_twice(SAME_COUNTY), HERE, "correct", proposal={"document_number": right})
    assert (case.state, case.outcome) == (CaseState.CLOSED, "corrected")
    batch = approve(batch_of_one(), HERE)
    assert (batch.state, batch.registered) == (State.REGISTERED, 1)
    assert numbers_of(OTHER_NAME) == {"R": right, "S": f"G{right}"}


@pytest.mark.parametrize(
    ("proposal", "code"),
    [
        pytest.param({"document_number": resident_number(7)[:-1] + "?"}, "id-check-digit", id="impossible"),
        pytest.param({"name": pupil()["name"]}, "already-enrolled", id="a-transfer-was-skipped"),
        pytest.param({"name": "测又一名"}, "to-be-checked", id="still-another-name"),
    ],
)
def test_a_correction_that_still_fails_says_why_and_changes_nothing(
    proposal: dict[str, str], code: str
) -> None:
    case = number_twice(SAME_COUNTY)
    with pytest.raises(corrections.CorrectionFails) as refused:
        state(case, HERE, "correct", proposal=proposal)
    assert code in [finding.code for finding in refused.value.findings]
    assert the_case().state == CaseState.WITH_SCHOOLS


def test_a_correction_corrects_something() -> None:
    case = number_twice(SAME_COUNTY)
    with pytest.raises(statements.NothingCorrected):
        state(case, HERE, "correct", proposal={"name": OTHER_NAME})


# Papers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"MZ\x90\x00 a program", id="a-program-called-pdf"),
        pytest.param(b"<html>", id="a-page"),
        pytest.param(PDF + b"0" * MOST_PAPER_BYTES, id="too-large"),
    ],
)
def test_a_paper_is_a_picture_or_a_pdf_of_at_most_2_mb(content: bytes) -> None:
    case = number_twice(SAME_COUNTY)
    with pytest.raises(papers.PaperUnfit):
        papers.file_evidence(
            case.id, by=actor(f"r{HERE}"), kind="identity", file_name="户口簿.pdf", content=content
        )


def test_the_same_paper_twice_is_one_and_is_kept_encrypted() -> None:
    case = number_twice(SAME_COUNTY)
    first, second = (
        papers.file_evidence(
            case.id,
            by=actor(f"r{HERE}"),
            kind="identity",
            file_name="..\\..\\a\x00b.exe",
            content=b"\xff\xd8\xff picture",
        )
        for _ in range(2)
    )
    assert first.id == second.id
    with acting(actor(f"r{HERE}").scope):
        kept = Evidence.objects.get()
        assert (kept.file_name, kept.media_type) == ("ab.jpg", "image/jpeg")
        assert b"picture" not in bytes(kept.content)
        assert problems.paper(case.id, kept.id)[1] == b"\xff\xd8\xff picture"


# Outcomes --------------------------------------------------------------------------------------


def test_two_persons_with_one_number_both_study_and_the_later_gets_a_provisional_number() -> None:
    case = number_twice(OTHER_PROVINCE)
    state(case, HERE, "prove")
    state(case, OTHER_PROVINCE, "prove")
    decide(case, "o000000", "two-persons")
    assert approve(batch_of_one(), HERE).registered == 1
    number = pupil()["document_number"]
    disputed = numbers_of(OTHER_NAME)
    assert disputed["D"] == number
    assert disputed["S"].startswith("L33090220190901")
    assert numbers_of(pupil()["name"]) == {"R": number, "S": f"G{number}"}


def test_a_pupil_whose_number_is_disputed_is_not_enrolled_again() -> None:
    test_two_persons_with_one_number_both_study_and_the_later_gets_a_provisional_number()
    _, found = rosters.enrol_one(
        pupil(name=OTHER_NAME, phone="13912345678"),
        school=school(HERE),
        by=actor(f"r{HERE}"),
        today=TODAY,
        door="form",
    )
    assert found.checked.findings["code"].to_list() == ["already-enrolled"]


def test_two_equal_persons_without_number_both_study() -> None:
    case = equal_persons(SAME_PREFECTURE)
    assert (case.problem, case.desk_place) == ("same-person", 330900_000000)
    state(case, HERE, "prove")
    state(case, SAME_PREFECTURE, "prove")
    decide(case, "o330900", "two-persons")
    approve(batch_of_one(), HERE)
    assert sorted(open_enrolments("测同名")) == [PLACES[HERE], PLACES[SAME_PREFECTURE]]
    with national("commands") as using:
        assert Identifier.everywhere.using(using).filter(scheme="S").count() == 2


def test_the_other_school_gives_a_mistyped_number_back() -> None:
    case = number_twice(SAME_COUNTY)
    contested, right = pupil()["document_number"], resident_number(9)
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "correct", proposal={"document_number": right})
    decide(case, "o330902", "filed-right")
    assert numbers_of(pupil()["name"]) == {"R": right, "S": f"G{right}"}
    assert approve(batch_of_one(), HERE).registered == 1
    assert numbers_of(OTHER_NAME) == {"R": contested, "S": f"G{contested}"}
    with national("commands") as using:
        student = Student.everywhere.using(using).get(name=pupil()["name"])
    assert events(student.id) == ["roster.register", "problem.release", "problem.correct"]
    assert student.version == 2


def test_a_correction_that_does_not_free_the_number_cannot_be_approved() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "correct", proposal={"name": "测第三名"})
    with pytest.raises(decisions.CorrectionDoesNotHelp):
        decide(case, "o330902", "filed-right")
    assert the_case().state == CaseState.WITH_DESK
    assert open_enrolments("测第三名") == []


def test_the_other_record_was_right_but_misspelt() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "correct", proposal={"name": "测第三名"})
    decide(case, "o330902", "standing-right")
    with national("commands") as using:
        student = Student.everywhere.using(using).get()
        assert (student.name, student.initials) == ("测第三名", "cdsm")
        assert not RosterBatch.everywhere.using(using).filter(door="problem").exists()


def test_the_other_school_s_pupil_is_not_there() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "delete")
    decide(case, "o330902", "filed-right")
    assert open_enrolments(pupil()["name"]) == []
    with national("commands") as using:
        ended = Enrolment.everywhere.using(using).get()
        assert (ended.state, ended.end_reason, ended.ended_on) == ("99", "18", TODAY)
        assert Headcount.everywhere.using(using).get().count == 0
    approve(batch_of_one(), HERE)
    assert numbers_of(OTHER_NAME)["R"] == pupil()["document_number"]


def test_the_same_child_without_number_keeps_number_and_history_at_the_new_school() -> None:
    case = equal_persons(SAME_COUNTY)
    number = numbers_of("测同名")["S"]
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "delete")
    decide(case, "o330902", "filed-right")
    approve(batch_of_one(), HERE)
    assert open_enrolments("测同名") == [PLACES[HERE]]
    assert numbers_of("测同名") == {"S": number}
    with national("commands") as using:
        assert Enrolment.everywhere.using(using).count() == 2


def test_a_known_child_brings_the_number_it_lacked() -> None:
    enrolled(SAME_COUNTY, **UNNUMBERED)
    number = resident_number(3)
    submit(HERE, 1, **UNNUMBERED | {"document_type": "1", "document_number": number})
    case = the_case()
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "delete")
    decide(case, "o330902", "filed-right")
    approve(batch_of_one(), HERE)
    assert numbers_of("测同名")["R"] == number


def test_a_child_in_another_roster_is_taken_out_when_that_school_gives_it_up() -> None:
    claiming = submit(SAME_COUNTY)
    submit(HERE, name=OTHER_NAME)
    case = the_case()
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "delete")
    decide(case, "o330902", "filed-right")
    assert approve(batch_of_one(), HERE).registered == 1
    with national("commands") as using:
        assert RosterRow.everywhere.using(using).get(batch=claiming).state == "excepted"
    assert approve(claiming, SAME_COUNTY).registered == 0


def test_a_child_in_another_roster_goes_on_under_its_right_number() -> None:
    claiming = submit(SAME_COUNTY)
    submit(HERE, name=OTHER_NAME)
    case, right = the_case(), resident_number(11)
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "correct", proposal={"document_number": right})
    decide(case, "o330902", "filed-right")
    with national("commands") as using:
        going = {batch.place: batch for batch in RosterBatch.everywhere.using(using).filter(door="problem")}
    approve(going[PLACES[HERE]], HERE)
    approve(going[PLACES[SAME_COUNTY]], SAME_COUNTY)
    approve(claiming, SAME_COUNTY)
    assert numbers_of(OTHER_NAME)["R"] == pupil()["document_number"]
    assert numbers_of(pupil()["name"])["R"] == right


def test_a_claim_that_was_registered_meanwhile_is_the_student_it_became() -> None:
    claiming = submit(SAME_COUNTY)
    submit(HERE, name=OTHER_NAME)
    case = the_case()
    approve(claiming, SAME_COUNTY)
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "delete")
    decide(case, "o330902", "filed-right")
    assert open_enrolments(pupil()["name"]) == []


def test_inside_one_school_the_leader_decides() -> None:
    case = number_twice(HERE)
    state(case, HERE, "delete", about="standing")
    decide(case, f"l{HERE}", "filed-right")
    assert open_enrolments(pupil()["name"]) == []
    approve(batch_of_one(), HERE)
    assert open_enrolments(OTHER_NAME) == [PLACES[HERE]]


def test_inside_one_school_the_registrar_says_which_record_is_meant() -> None:
    case = number_twice(HERE)
    with pytest.raises(statements.RemedyNotAllowed):
        state(case, HERE, "delete")
    state(case, HERE, "prove")
    assert state(case, HERE, "delete", about="filed").outcome == "deleted"


def test_who_stated_cannot_decide() -> None:
    case = number_twice(HERE)
    state(case, HERE, "prove")
    registrar = actor(f"r{HERE}")
    with national("commands") as using:
        CaseParty.everywhere.using(using).update(stated_by=actor(f"l{HERE}").account_id)
    with pytest.raises(decisions.OwnStatement):
        decide(case, f"l{HERE}", "two-persons")
    with pytest.raises(NotAllowed):
        decisions.decide(case.id, by=registrar, outcome="two-persons", reason="是", today=TODAY)


@pytest.mark.parametrize("desk", ["o330900", "o330000", "o330903"])
def test_only_the_common_desk_decides(desk: str) -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "prove")
    with pytest.raises(Refused):
        decide(case, desk, "two-persons")


def test_an_outcome_needs_the_statements_behind_it() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "delete")
    with pytest.raises(decisions.OutcomeNotOpen):
        decide(case, "o330902", "two-persons")
    with pytest.raises(decisions.OutcomeNotOpen):
        decide(case, "o330902", "no-such-outcome")
    with pytest.raises(decisions.ReasonMissing):
        decisions.decide(case.id, by=actor("o330902"), outcome="filed-right", reason=" ", today=TODAY)


def test_a_desk_waits_for_the_schools_until_their_time_has_run_out() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    with pytest.raises(cases.NotNow):
        decide(case, "o330902", "two-persons")
    decisions.decide(
        case.id,
        by=actor("o330902"),
        outcome="two-persons",
        reason="另一校逾期未说明。",
        today=TODAY + timedelta(days=30),
    )
    assert the_case().outcome == "two-persons"


def test_a_case_that_is_given_back_is_stated_anew() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "prove")
    decisions.give_back(case.id, by=actor("o330902"), reason="请补交户口簿首页。", today=TODAY)
    with acting(actor(f"r{HERE}").scope):
        party = CaseParty.objects.get()
        assert (party.stated_on, party.answer) == (None, "请补交户口簿首页。")
    state(case, HERE, "prove")
    assert state(case, SAME_COUNTY, "prove").state == CaseState.WITH_DESK


def test_every_school_learns_the_outcome_and_nothing_of_the_other() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "prove")
    decide(case, "o330902", "two-persons")
    with acting(actor(f"r{SAME_COUNTY}").scope):
        party = CaseParty.objects.get()
        assert (party.outcome, party.answer) == ("two-persons", "已与公安部门核对。")
        assert not Decision.everywhere.filter(subject_id=case.id).exists()


def test_of_two_desks_at_once_one_decides() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "prove")
    told: list[str] = []
    start = threading.Barrier(2)

    def one() -> None:
        by = actor("o330902")
        start.wait()
        try:
            told.append(
                decisions.decide(
                    case.id, by=by, outcome="two-persons", reason="是", today=TODAY, version=read
                ).outcome
            )
        except cases.NotNow as refused:
            told.append(refused.code)
        finally:
            connections.close_all()

    read = the_case().version
    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["not-now", "two-persons"]
    assert batch_of_one().rows == 1


# Rosters and their cases -----------------------------------------------------------------------


def test_taking_a_roster_back_closes_its_cases() -> None:
    enrolled(SAME_COUNTY)
    batch = submit(HERE, name=OTHER_NAME)
    case = the_case()
    rosters.undo(batch.id, by=actor(f"r{HERE}"), today=TODAY)
    assert (the_case().state, the_case().outcome) == (CaseState.CLOSED, "withdrawn")
    with pytest.raises(cases.NotNow):
        state(case, SAME_COUNTY, "delete")


def test_a_roster_that_comes_back_and_a_second_file_find_the_case_that_is_there() -> None:
    enrolled(SAME_COUNTY)
    batch = submit(HERE, name=OTHER_NAME)
    rosters.decide(batch.id, act=Act.RETURN, by=actor(f"l{HERE}"), today=TODAY, reason="请核对。")
    rosters.check_batch(batch.id, today=TODAY)
    with national("commands") as using:
        assert Case.everywhere.using(using).count() == 1
    with pytest.raises(rosters.NothingToSubmit):
        submit(HERE, name=OTHER_NAME, phone="13900001111")
    with national("commands") as using:
        assert Case.everywhere.using(using).count() == 1


# Opened by an authority --------------------------------------------------------------------------


def by_register(problem: str) -> Case:
    student = enrolled(HERE)
    return by_hand.open_on_student(
        student.id, problem=problem, statement="人口库 9 月 8 日反馈。", by=actor("o330902"), today=TODAY
    )


@pytest.mark.parametrize("problem", sorted(BY_HAND))
def test_an_authority_opens_the_kinds_that_the_population_register_tells(problem: str) -> None:
    case = by_register(problem)
    assert (case.state, case.desk_place, case.batch_id) == (CaseState.WITH_SCHOOLS, 330902_000000, None)
    with pytest.raises(by_hand.AlreadyOpen):
        by_hand.open_on_student(
            case.student_id, problem=problem, statement="再次反馈", by=actor("o330902"), today=TODAY
        )
    assert events(case.id) == ["problem.open"]


@pytest.mark.parametrize(
    ("problem", "by", "refusal"),
    [
        pytest.param("number-duplicate", "o330902", by_hand.NotByHand, id="what-rosters-open"),
        pytest.param("no-such", "o330902", by_hand.NotByHand, id="unknown-kind"),
        pytest.param("number-unknown", "o330903", by_hand.NoSuchPupil, id="of-another-county"),
        pytest.param("number-unknown", f"r{HERE}", NotAllowed, id="a-school"),
    ],
)
def test_nobody_else_opens_a_case_and_no_other_kind(problem: str, by: str, refusal: type[Refused]) -> None:
    student = enrolled(HERE)
    with pytest.raises(refusal):
        by_hand.open_on_student(student.id, problem=problem, statement="反馈", by=actor(by), today=TODAY)


CORRECTION = {
    "number-unknown": "document_number",
    "name-mismatch": "name",
    "number-changed": "document_number",
}
ENDS = {Remedy.PROVE: "confirmed", Remedy.CORRECT: "corrected", Remedy.DELETE: "deleted"}


@pytest.mark.parametrize("remedy", list(Remedy))
@pytest.mark.parametrize("kind", sorted(BY_HAND))
def test_every_kind_that_is_opened_by_hand_ends_by_each_of_its_remedies(kind: str, remedy: Remedy) -> None:
    allowed = next(problem.remedies for problem in PROBLEMS if problem.kind == kind)
    case = by_register(kind)
    new = {"document_number": resident_number(21), "name": "测更名"}
    proposal = {CORRECTION[kind]: new[CORRECTION[kind]]}
    if remedy not in allowed:
        with pytest.raises(statements.RemedyNotAllowed):
            state(case, HERE, remedy, proposal=proposal)
        return
    assert state(case, HERE, remedy, proposal=proposal).state == CaseState.WITH_DESK
    assert decide(case, "o330902", ENDS[remedy]).state == CaseState.CLOSED
    name = "测更名" if remedy is Remedy.CORRECT and kind == "name-mismatch" else pupil()["name"]
    assert bool(open_enrolments(name)) == (remedy is not Remedy.DELETE)


def test_a_number_that_the_police_replaced_stays_as_an_alias_and_the_student_number_too() -> None:
    case, old, new = by_register("number-changed"), pupil()["document_number"], resident_number(21)
    state(case, HERE, "correct", proposal={"document_number": new})
    decide(case, "o330902", "corrected")
    assert numbers_of(pupil()["name"]) == {"R": new, "S": f"G{old}"}
    with national("commands") as using:
        assert Identifier.everywhere.using(using).get(until=TODAY).scheme == "R"


def test_a_mistyped_number_is_free_for_the_person_it_belongs_to() -> None:
    case, old, new = by_register("number-unknown"), pupil()["document_number"], resident_number(21)
    state(case, HERE, "correct", proposal={"document_number": new})
    decide(case, "o330902", "corrected")
    enrolled(OTHER_PROVINCE, name=OTHER_NAME)
    assert numbers_of(OTHER_NAME) == {"R": old, "S": f"G{old}"}
    assert numbers_of(pupil()["name"]) == {"R": new, "S": f"G{new}"}


# A correction is checked again -----------------------------------------------------------------


def following(case: Case) -> Case:
    """Return the only other case, which the case before leads to."""
    with national("commands") as using:
        found: Case = Case.everywhere.using(using).exclude(pk=case.pk).get()
        assert problems.continued_by(Case.everywhere.using(using).get(pk=case.pk)) == found.pk
        return found


def parties(case: Case) -> list[tuple[int, str, str]]:
    with national("commands") as using:
        found = CaseParty.everywhere.using(using).filter(case=case).order_by("place")
        return list(found.values_list("place", "about", "name"))


def test_a_corrected_row_that_collides_again_opens_the_next_case_by_itself() -> None:
    enrolled(OTHER_PROVINCE, 5)
    case = number_twice(SAME_COUNTY)
    first = state(case, HERE, "correct", proposal={"document_number": pupil(5)["document_number"]})
    assert (first.state, first.outcome) == (CaseState.CLOSED, "continued")
    opened = following(case)
    assert (opened.problem, opened.state, opened.desk_place) == (
        "number-duplicate",
        CaseState.WITH_SCHOOLS,
        0,
    )
    assert (opened.batch_id, opened.row) == (case.batch_id, case.row)
    assert parties(opened) == [
        (PLACES[HERE], "filed", OTHER_NAME),
        (PLACES[OTHER_PROVINCE], "standing", pupil(5)["name"]),
    ]
    # It ends as any other does: here by another correction, which now passes.
    right = resident_number(23)
    assert state(opened, HERE, "correct", proposal={"document_number": right}).outcome == "corrected"
    approve(batch_of_one(), HERE)
    assert numbers_of(OTHER_NAME)["R"] == right


def test_taking_the_roster_back_closes_the_next_case_too() -> None:
    enrolled(OTHER_PROVINCE, 5)
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "correct", proposal={"document_number": pupil(5)["document_number"]})
    rosters.undo(case.batch_id, by=actor(f"r{HERE}"), today=TODAY, reason="")
    assert following(case).outcome == "withdrawn"


def test_a_row_on_its_way_that_collides_after_the_desk_s_correction_opens_the_next_case() -> None:
    enrolled(OTHER_PROVINCE, 5)
    claiming = submit(SAME_COUNTY)
    submit(HERE, name=OTHER_NAME)
    case = the_case()
    state(case, HERE, "prove")
    state(case, SAME_COUNTY, "correct", proposal={"document_number": pupil(5)["document_number"]})
    decide(case, "o330902", "filed-right")
    opened = following(case)
    assert (opened.place, opened.batch_id) == (PLACES[SAME_COUNTY], claiming.id)
    assert [place for place, _about, _name in parties(opened)] == [
        PLACES[SAME_COUNTY],
        PLACES[OTHER_PROVINCE],
    ]
    assert approve(batch_of_one(), HERE).registered == 1


def a_pupil_whose_right_number_is_taken() -> tuple[Case, Case]:
    """A wrong number on record; the right one is held by a pupil of another province."""
    enrolled(OTHER_PROVINCE, 5)
    case = by_register("number-unknown")
    state(case, HERE, "correct", proposal={"document_number": pupil(5)["document_number"]})
    decide(case, "o330902", "corrected")
    return case, following(case)


def test_a_pupil_s_correction_to_another_child_s_number_is_disputed_and_opens_the_next_case() -> None:
    _case, opened = a_pupil_whose_right_number_is_taken()
    contested = pupil(5)["document_number"]
    kept = numbers_of(pupil()["name"])
    assert (kept["D"], kept["S"][0]) == (contested, "L")
    assert "R" not in kept
    assert numbers_of(pupil(5)["name"])["R"] == contested
    assert (opened.problem, opened.batch_id, opened.desk_place) == ("number-duplicate", None, 0)
    assert parties(opened) == [
        (PLACES[HERE], "standing", pupil()["name"]),
        (PLACES[OTHER_PROVINCE], "standing", pupil(5)["name"]),
    ]
    assert events(opened.id) == ["problem.open"]


@pytest.mark.parametrize(
    ("remedy", "outcome", "scheme"),
    [
        pytest.param("correct", "corrected", "R", id="the-other-number-was-wrong"),
        pytest.param("delete", "deleted", "R", id="the-other-pupil-is-not-there"),
        pytest.param("prove", "confirmed", "D", id="both-stay"),
    ],
)
def test_the_next_case_of_a_pupil_ends_by_each_remedy(remedy: str, outcome: str, scheme: str) -> None:
    _case, opened = a_pupil_whose_right_number_is_taken()
    state(opened, HERE, "prove")
    proposal = {"document_number": resident_number(29)} if remedy == "correct" else None
    state(opened, OTHER_PROVINCE, remedy, proposal=proposal)
    assert decide(opened, "o000000", outcome).state == CaseState.CLOSED
    assert numbers_of(pupil()["name"])[scheme] == pupil(5)["document_number"]
    assert set(numbers_of(pupil()["name"])) == {scheme, "S"}


def test_a_pupil_whose_correction_collides_within_the_own_school_is_settled_there() -> None:
    enrolled(HERE, 5)
    case = by_register("number-unknown")
    state(case, HERE, "correct", proposal={"document_number": pupil(5)["document_number"]})
    decide(case, "o330902", "corrected")
    opened = following(case)
    assert (opened.desk_place, parties(opened)) == (
        PLACES[HERE],
        [(PLACES[HERE], "standing", pupil(5)["name"])],
    )
    state(opened, HERE, "correct", proposal={"document_number": resident_number(29)})
    decide(opened, f"l{HERE}", "corrected")
    assert numbers_of(pupil()["name"])["R"] == pupil(5)["document_number"]


def test_a_number_that_was_given_between_statement_and_decision_is_seen() -> None:
    case = by_register("number-unknown")
    number = pupil(5)["document_number"]
    state(case, HERE, "correct", proposal={"document_number": number})
    enrolled(OTHER_PROVINCE, 5)
    decide(case, "o330902", "corrected")
    assert numbers_of(pupil()["name"])["D"] == number
    assert following(case).student_id == case.student_id


def test_events_of_a_correction_hold_no_number_in_the_clear() -> None:
    case, new = by_register("number-unknown"), resident_number(21)
    state(case, HERE, "correct", proposal={"document_number": new})
    decide(case, "o330902", "corrected")
    with connections["national"].cursor() as cursor:
        cursor.execute(
            "SELECT before::text || coalesce(after::text, '') FROM audit_event WHERE before IS NOT NULL"
        )
        told = " ".join(text for (text,) in cursor.fetchall())
    assert new not in told
    assert pupil()["document_number"] not in told
    assert "330" in told


# The tables --------------------------------------------------------------------------------------


def test_every_open_state_leads_to_the_end() -> None:
    ending = {step.source for step in STEPS if step.target is CaseState.CLOSED}
    assert ending == {CaseState.WITH_SCHOOLS, CaseState.WITH_DESK}


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.kind)
def test_every_remedy_of_every_kind_has_an_end(problem: Any) -> None:
    for remedy in problem.remedies:
        filed = None if problem.is_by_hand else Remedy.PROVE
        assert outcomes_for(of_row=not problem.is_by_hand, filed=filed, standing=[remedy])
