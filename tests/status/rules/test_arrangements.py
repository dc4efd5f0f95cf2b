"""特殊教育安置、普职融通, as the rules see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.status.rules.example import DAY, codes, facts
from xueji.organisations.rules.rule_packs import ProgrammeTerms
from xueji.status.rules import programme, special_education
from xueji.status.rules.facts import Facts, MarkFacts
from xueji.status.rules.plans import Table

SIGHT = {"disability": "1"}


def mark(kind: str, **details: Any) -> MarkFacts:
    return MarkFacts(UUID(int=5), kind, date(2026, 9, 1), None, details)


@pytest.mark.parametrize(("kind", "arrangement", "expected"), [
    pytest.param("211", "2", [], id="regular-class"),
    pytest.param("211", "1", [], id="special-class"),
    pytest.param("211", "4", [], id="taught-at-home"),
    pytest.param("211", "5", [], id="institution"),
    pytest.param("211", "3", ["school-kind"], id="no-special-school"),
    pytest.param("511", "3", [], id="special-school"),
    pytest.param("511", "2", ["school-kind"], id="no-regular-class-there"),
    pytest.param("211", "0", ["no-arrangement"], id="nothing-to-end"),
])  # fmt: skip
def test_an_arrangement_fits_the_school(kind: str, arrangement: str, expected: list[str]) -> None:
    payload = {"arrangement": arrangement, "since": "2026-09-10", **SIGHT}
    assert codes(special_education.obstacles(facts(kind=kind), payload)) == expected


def test_an_arrangement_needs_the_kind_of_disability_and_the_committees_advice() -> None:
    payload = {"arrangement": "2", "since": "2026-09-10"}
    assert codes(special_education.obstacles(facts(), payload)) == ["disability"]
    assert [need.kind for need in special_education.papers(facts(), payload)] == ["expert_advice"]


def test_taught_at_home_changes_how_the_pupil_studies_and_coming_back_gives_it_back() -> None:
    boarder = facts(enrolment={"study_mode": "2"})
    home = special_education.effect(boarder, {"arrangement": "4", "since": "2026-09-10", **SIGHT})
    begun, _details, period = home.writes
    assert (begun.after["details"], period.after["study_mode"]) == (
        {"arrangement": "4", "study_mode": "2"},
        "4",
    )
    at_home = facts(
        enrolment={"study_mode": "4"}, marks=(mark("special_education", **begun.after["details"]),)
    )
    back = special_education.effect(at_home, {"arrangement": "2", "since": "2026-09-10", **SIGHT})
    ended, following, details, period = back.writes
    assert ended.after == {"until": DAY}
    assert following.after["details"]["arrangement"] == "2"
    assert details.after["details"]["regular_class"] == "1"
    assert period.after["study_mode"] == "2"


def senior(year: int = 2, **terms: Any) -> Facts:
    pupil = facts(9 + year)
    national = pupil.pack.programme_terms
    made = replace(national, **{"first_year": 1, "to_vocational": frozenset(), **terms})
    assert isinstance(made, ProgrammeTerms)
    return replace(pupil, pack=replace(pupil.pack, programmes=("mutual_transfer",), programme_terms=made))


WANTED = {
    "programme": "mutual_transfer",
    "track": "to_vocational",
    "partner": "某职高",
    "since": "2026-09-10",
}


@pytest.mark.parametrize(("pupil", "payload", "expected"), [
    pytest.param(senior(), WANTED, [], id="possible"),
    pytest.param(facts(9), WANTED, ["not-senior"], id="junior"),
    pytest.param(replace(senior(), pack=replace(senior().pack, programmes=())), WANTED, ["no-programme"], id="none-here"),
    pytest.param(senior(), WANTED | {"programme": "joint_credit"}, ["programme-not-here"], id="not-this-one"),
    pytest.param(senior(1, first_year=2), WANTED, ["too-early"], id="first-year"),
    pytest.param(senior(2, to_vocational=frozenset({(2, 2)})), WANTED, ["other-term"], id="other-term"),
    pytest.param(senior(2, to_vocational=frozenset({(2, 2)})), WANTED | {"since": "2027-03-01"}, [], id="that-term"),
    pytest.param(replace(senior(), marks=(mark("programme"),)), WANTED, ["in-programme"], id="already"),
])  # fmt: skip
def test_a_programme_follows_what_the_province_arranged_R14(
    pupil: Facts, payload: dict[str, Any], expected: list[str]
) -> None:
    pupil = replace(
        pupil,
        pack=replace(
            pupil.pack, programme_terms=replace(pupil.pack.programme_terms, to_vocational_make_up=False)
        ),
    )
    assert codes(programme.obstacles(pupil, payload)) == expected


def test_the_way_into_general_courses_asks_for_the_entrance_mark_where_the_province_does_R14() -> None:
    asked = senior(to_general_entrance_mark=True)
    wanted = WANTED | {"track": "to_general"}
    assert [need.kind for need in programme.papers(asked, wanted)] == ["application", "entrance_result"]
    assert [need.kind for need in programme.papers(senior(to_general_entrance_mark=False), wanted)] == [
        "application"
    ]


def test_the_enrolment_stays_and_a_dual_record_begins_and_ends_R14() -> None:
    (write,) = programme.effect(senior(), WANTED).writes
    assert write.table is Table.MARK
    assert write.after["details"] == {
        "programme": "mutual_transfer", "track": "to_vocational", "partner": "某职高", "grade": 11,
    }  # fmt: skip
    inside = replace(senior(), marks=(mark("programme"),))
    assert codes(programme.end_obstacles(senior(), {})) == ["no-programme-runs"]
    (ended,) = programme.end_effect(inside, {"until": "2026-09-10"}).writes
    assert (ended.before, ended.after) == ({"until": None}, {"until": DAY})
