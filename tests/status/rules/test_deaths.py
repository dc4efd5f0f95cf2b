"""死亡: quiet, at once, within 60 working days (R10 of the requirements)."""

from __future__ import annotations

from datetime import date

from tests.status.rules.pupils import codes, mark, pupil
from xueji.status.rules import abroad, class_change, death, special_education, withdrawal
from xueji.status.rules.kinds import KINDS, clashes
from xueji.status.rules.plans import Table

TOLD = {"died_on": "2026-08-20", "cause": "41"}


def test_r10_the_authority_has_60_working_days_from_the_day_of_death() -> None:
    assert death.KIND.days_in_all == 60
    assert death.KIND.counts_from(pupil(5), TOLD) == date(2026, 8, 20)
    assert [need.kind for need in death.KIND.papers(pupil(5), TOLD)] == ["death_proof"]


def test_it_is_filed_in_every_state_and_beside_every_other_case_but_itself() -> None:
    for state in ("01", "02", "06", "13", "15"):
        assert codes(death.KIND, pupil(5, state=state), TOLD) == []
    assert codes(death.KIND, pupil(5), {"died_on": "2026-09-11"}) == ["day-ahead"]
    assert [kind.code for kind in KINDS if clashes("death", kind.code)] == ["death"]


def test_no_other_change_is_done_while_the_enrolment_is_being_ended() -> None:
    for kind in (withdrawal.KIND, class_change.KIND, abroad.KIND, special_education.KIND):
        assert "being-ended" in codes(kind, pupil(11, state="11", to=11))
    assert codes(death.KIND, pupil(5, state="11"), TOLD) == []


def test_the_family_gets_no_code_and_no_message() -> None:
    assert death.KIND.is_silent


def test_filing_hides_and_the_effect_ends_the_enrolment_on_the_day_of_death() -> None:
    facts = pupil(5, marks=(mark("special_education"),))
    (hidden,) = death.hide(facts, TOLD).writes
    assert hidden.after is not None
    assert (hidden.after["state"], hidden.after["ended_on"]) == ("11", None)
    ended, over = death.effect(pupil(5, state="11", marks=facts.marks), TOLD).writes
    assert ended.after is not None
    assert (ended.after["ended_on"], ended.after["end_reason"]) == (date(2026, 8, 20), "11")
    assert (over.table, over.after) == (Table.MARK, {"until": date(2026, 8, 20)})
