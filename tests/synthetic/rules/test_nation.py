from collections import Counter

import pytest

from xueji.organisations.rules.school_kinds import Stage, founder_problem, school_identifier_problem
from xueji.synthetic.rules.nation import NationTooLarge, plan_nation
from xueji.synthetic.rules.schools import INSTITUTIONS, PUPILS

SMALL = plan_nation(60_000, 1, 2026)
LARGE = plan_nation(1_000_000, 1, 2026)


def schools_of(nation):
    return [school for county in nation.counties for school in county.schools]


@pytest.mark.parametrize("nation", [SMALL, LARGE, plan_nation(300, 7, 2026)], ids=["60k", "1m", "300"])
def test_a_nation_has_exactly_the_pupils_that_were_asked_for(nation):
    assert sum(school.pupils for school in schools_of(nation)) == nation.students
    assert all(county.pupils == sum(s.pupils for s in county.schools) for county in nation.counties)


def test_the_small_nation_has_about_150_schools_in_three_provinces_and_some_that_stand_apart():
    assert 130 <= len(schools_of(SMALL)) <= 170
    assert {county.division[:2] for county in SMALL.counties} == {"33", "51", "65", "66", "99"}
    assert {c.division[:2] for c in plan_nation(10_000, 1, 2026).counties} == {"33", "51", "65"}


@pytest.mark.parametrize("nation", [SMALL, LARGE], ids=["60k", "1m"])
def test_schools_of_the_corps_and_schools_listed_apart_are_drawn(nation):
    corps = [county for county in nation.counties if county.division.startswith("66")]
    apart = [county for county in nation.counties if county.division.startswith("99")]
    assert corps
    assert all(county.household.startswith("6590") for county in corps)
    assert [county.division for county in apart] == ["990100", "990200", "990300"]
    assert all(county.schools and county.pupils > 100 for county in apart)
    assert len({county.household for county in nation.counties}) == len(nation.counties)


def test_no_founder_disagrees_with_the_place():
    for school in schools_of(LARGE):
        assert founder_problem(school.founder, f"{school.place // 10**6:06d}") is None


def test_the_same_arguments_give_the_same_plan_and_another_seed_another():
    assert plan_nation(60_000, 1, 2026) == SMALL
    assert plan_nation(60_000, 2, 2026) != SMALL


def test_stages_have_the_shares_of_the_national_bulletin():
    pupils = Counter()
    for school in schools_of(LARGE):
        for cohort in school.cohorts:
            pupils[cohort.grade.stage] += sum(cohort.class_sizes)
    whole = sum(PUPILS.values())
    for stage in Stage:
        assert pupils[stage] / 1e6 == pytest.approx(PUPILS[stage] / whole, abs=0.01)


def test_kinds_of_school_have_the_shares_of_the_national_bulletin():
    kinds = Counter(school.kind for school in schools_of(LARGE))
    whole, found = sum(INSTITUTIONS.values()), sum(kinds.values())
    for kind, number in INSTITUTIONS.items():
        # Every county has a senior school, which is more than the bulletin says.
        assert kinds[kind] / found == pytest.approx(number / whole, abs=0.07)


def test_every_school_has_a_fitting_identifier_and_a_place_of_its_own():
    schools = schools_of(LARGE)
    assert len({school.identifier for school in schools}) == len(schools)
    assert len({school.place for school in schools}) == len(schools)
    for school in schools:
        division = f"{school.place // 10**6:06d}"
        assert school_identifier_problem(school.identifier, school.kind, division) is None


def test_no_two_schools_of_a_county_have_one_name():
    for county in LARGE.counties:
        names = [school.name for school in county.schools]
        assert len(set(names)) == len(names)


def test_teaching_points_hang_under_a_school_of_their_county():
    for county in SMALL.counties:
        places = {school.place for school in county.schools if school.kind != "218"}
        points = [school for school in county.schools if school.kind == "218"]
        assert all(point.under in places for point in points)


def test_some_schools_are_run_by_prefecture_and_province():
    runners = {place % 10**10 // 10**6 for place in (school.place for school in schools_of(SMALL))}
    assert 0 in runners
    assert any(runner and runner % 100 == 0 for runner in runners)


def test_no_county_of_origin_gives_one_slot_twice():
    given = [(o.division, o.slot) for county in LARGE.counties for o in county.origins]
    assert len(set(given)) == len(given)


def test_shanghai_runs_five_four_three():
    shanghai = [c for c in plan_nation(5_000_000, 1, 2026).counties if c.division.startswith("31")]
    assert shanghai
    assert {school.system for county in shanghai for school in county.schools} == {"5-4-3"}


@pytest.mark.parametrize("students", [0, 199, 20_000_001])
def test_a_nation_that_numbers_cannot_be_drawn_for_is_refused(students):
    with pytest.raises(NationTooLarge):
        plan_nation(students, 1, 2026)
