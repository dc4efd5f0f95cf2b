"""Who graduates, what blocks a pupil, who decides: the rules without a database."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from xueji.organisations.rules.school_kinds import Stage, System
from xueji.status.rules import graduation as rules
from xueji.status.rules.graduation import Act, Choice, GradeFacts, PupilFacts, State
from xueji.status.rules.kind import Kind
from xueji.status.rules.kinds import KINDS

DAY = date(2027, 6, 30)
SIX, FIVE = System.SIX_THREE_THREE, System.FIVE_FOUR_THREE


def grade_facts(number: int = 6, entry_year: int = 2021, **changed: Any) -> GradeFacts:
    stage = Stage.PRIMARY if number <= 6 else Stage.JUNIOR if number <= 9 else Stage.SENIOR
    return GradeFacts(
        **{"stage": stage, "number": number, "entry_year": entry_year, "system": SIX, **changed}
    )


def pupil_facts(**changed: Any) -> PupilFacts:
    return PupilFacts(**{"student_id": UUID(int=1), "state": "01", "started_on": date(2021, 9, 1), **changed})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(grade_facts(6), True, id="grade-six-of-six-years"),
        pytest.param(grade_facts(5), False, id="grade-five-of-six-years"),
        pytest.param(grade_facts(5, system=FIVE), True, id="grade-five-of-five-years"),
        pytest.param(grade_facts(9, system=FIVE), True, id="grade-nine-of-four-junior-years"),
        pytest.param(grade_facts(8), False, id="grade-eight"),
        pytest.param(grade_facts(12), True, id="grade-twelve"),
        pytest.param(grade_facts(12, system=System.NINE_YEARS), False, id="no-such-stage"),
    ],
)
def test_the_last_grade_is_the_last_of_its_stage_in_the_school_s_years(
    facts: GradeFacts, expected: bool
) -> None:
    assert rules.is_last(facts) is expected


def test_what_blocks_is_shown_from_may_and_proposed_from_june_of_the_last_year() -> None:
    facts = grade_facts(6, 2021)
    assert rules.shown_from(facts) == date(2027, 5, 1)
    assert [one.code for one in rules.grade_findings(facts, date(2027, 5, 31))] == ["too-early"]
    assert rules.grade_findings(facts, date(2027, 6, 1)) == ()


def test_a_grade_that_is_not_a_last_one_cannot_leave() -> None:
    (found,) = rules.grade_findings(grade_facts(5), DAY)
    assert (found.code, found.is_stop) == ("not-last", True)


def test_years_that_hardly_a_school_of_the_county_has_go_to_the_authority() -> None:
    """A school of six years that was set to five graduates grade 5 a year too early: the county looks at it."""
    wrong = grade_facts(5, 2022, system=FIVE, others=20, alike=1)
    (found,) = rules.grade_findings(wrong, DAY)
    assert (found.code, found.is_stop) == ("unusual-years", False)
    assert rules.needs_authority(wrong)
    assert not rules.needs_authority(grade_facts(6, others=20, alike=19))
    assert not rules.needs_authority(grade_facts(5, system=FIVE, others=2, alike=0))


def test_senior_secondary_is_approved_by_the_authority() -> None:
    assert rules.needs_authority(grade_facts(12, 2024))
    assert not rules.needs_authority(grade_facts(9, 2024))


@pytest.mark.parametrize(
    ("pupil", "codes"),
    [
        pytest.param(pupil_facts(), [], id="nothing"),
        pytest.param(pupil_facts(state="02"), ["away"], id="suspended"),
        pytest.param(pupil_facts(state="13"), ["away"], id="abroad"),
        pytest.param(pupil_facts(state="15"), ["away"], id="missing"),
        pytest.param(pupil_facts(state="06"), ["away"], id="dropped-out"),
        pytest.param(pupil_facts(open_kinds=("transfer",)), ["open-case"], id="open-transfer"),
        pytest.param(pupil_facts(has_problem=True), ["problem"], id="problem-record"),
        pytest.param(pupil_facts(has_number=False), ["no-number"], id="no-number"),
        pytest.param(pupil_facts(started_on=date(2027, 7, 2)), ["started-later"], id="came-later"),
        pytest.param(
            pupil_facts(state="02", has_problem=True, has_document=False),
            ["away", "problem", "no-document"],
            id="several",
        ),
    ],
)
def test_what_stands_in_a_pupil_s_way(pupil: PupilFacts, codes: list[str]) -> None:
    assert [one.code for one in rules.findings_of(pupil, DAY)] == codes


def test_a_missing_document_number_warns_and_blocks_nobody() -> None:
    assert not rules.is_blocked(rules.findings_of(pupil_facts(has_document=False), DAY))


@pytest.mark.parametrize(
    ("choice", "stage", "is_fit"),
    [
        pytest.param(Choice("07", "16", ""), Stage.PRIMARY, True, id="graduates"),
        pytest.param(Choice("07", "", ""), Stage.PRIMARY, True, id="destination-later"),
        pytest.param(Choice("07", "11", ""), Stage.PRIMARY, False, id="to-university-after-grade-six"),
        pytest.param(Choice("08", "16", ""), Stage.JUNIOR, False, id="completes-without-a-reason"),
        pytest.param(Choice("08", "13", "未修满"), Stage.JUNIOR, True, id="completes"),
        pytest.param(Choice("09", "", "中途离校"), Stage.JUNIOR, False, id="compulsory-is-not-left"),
        pytest.param(Choice("09", "", "中途离校"), Stage.SENIOR, True, id="leaves-senior"),
        pytest.param(Choice("00", "", "休学未满"), Stage.PRIMARY, True, id="stays"),
        pytest.param(Choice("10", "", ""), Stage.PRIMARY, False, id="no-outcome"),
        pytest.param(Choice("08", "16", "长" * 201), Stage.PRIMARY, False, id="reason-too-long"),
    ],
)
def test_what_a_school_may_say_of_a_pupil(choice: Choice, stage: Stage, is_fit: bool) -> None:
    assert (rules.choice_fault(choice, stage) is None) is is_fit


def test_an_approval_leads_to_the_authority_where_it_has_a_say() -> None:
    assert rules.after_approval(State.WITH_LEADER, needs_authority=True) is State.WITH_AUTHORITY
    assert rules.after_approval(State.WITH_LEADER, needs_authority=False) is State.DONE
    assert rules.after_approval(State.WITH_AUTHORITY, needs_authority=True) is State.DONE


def test_every_open_state_can_end() -> None:
    for state in rules.OPEN:
        assert any(rules.step_of(state, act) for act in Act)
    assert rules.step_of(State.DONE, Act.APPROVE) is None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_what_is_discreet_or_goes_beside_everything_blocks_nobody_and_is_not_told(kind: Kind) -> None:
    found = rules.findings_of(pupil_facts(open_kinds=(kind.code,)), DAY)
    assert rules.is_blocked(found) is not (kind.is_discreet or kind.is_beside_all)
    assert all(kind.zh in one.zh for one in found)
