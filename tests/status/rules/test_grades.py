"""留级, 跳级, 降级就读: who may change the grade, and how often (R08, R11 of the requirements)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.status.rules.pupils import codes, mark, province, pupil, school
from xueji.status.rules import demotion, repetition, skipping
from xueji.status.rules.routes import Party

HUNAN, SICHUAN, FUJIAN = province("43"), province("51"), province("35")


@pytest.mark.parametrize(
    ("grade", "day", "pack", "expected"),
    [
        pytest.param(12, date(2026, 9, 10), HUNAN, [], id="hunan-grade-11-again-after-promotion"),
        pytest.param(11, date(2027, 6, 20), HUNAN, [], id="hunan-grade-11-again-before-promotion"),
        pytest.param(11, date(2026, 9, 10), HUNAN, ["grade-closed"], id="hunan-grade-10-is-closed"),
        pytest.param(12, date(2027, 3, 1), HUNAN, ["grade-closed"], id="hunan-grade-12-is-closed"),
        pytest.param(11, date(2027, 1, 15), SICHUAN, [], id="sichuan-grade-10-again"),
        pytest.param(11, date(2026, 9, 10), province("32"), ["not-allowed"], id="jiangsu-knows-none"),
    ],
)
def test_a_grade_is_repeated_where_the_province_allows_it(
    grade: int, day: date, pack: object, expected: list[str]
) -> None:
    facts = pupil(grade, to=grade - 1, pack=pack, today=day, grade_size=200)
    assert codes(repetition.KIND, facts) == expected


@pytest.mark.parametrize(
    ("size", "alike", "expected"),
    [
        pytest.param(200, 3, [], id="the-fourth-of-200"),
        pytest.param(200, 4, ["share-used"], id="the-fifth-of-200"),
        pytest.param(49, 0, ["share-used"], id="a-grade-too-small"),
    ],
)
def test_no_more_than_the_share_of_a_grade_repeat_it(size: int, alike: int, expected: list[str]) -> None:
    facts = pupil(12, to=11, pack=HUNAN, grade_size=size, alike=alike)
    assert codes(repetition.KIND, facts) == expected


def test_the_chain_of_repetition_is_the_packs() -> None:
    facts = pupil(12, to=11, pack=HUNAN, at=school(430102_000001))
    places = [(desk.party, desk.place) for desk in repetition.desks(facts, {})]
    assert places == [
        (Party.SCHOOL, 430102_000001),
        (Party.AUTHORITY, 430102_000000),
        (Party.HIGHER_AUTHORITY, 430100_000000),
    ]


@pytest.mark.parametrize(
    ("grade", "to", "pack", "expected"),
    [
        pytest.param(3, 4, FUJIAN, [], id="fujian-one-grade-up"),
        pytest.param(3, 5, FUJIAN, ["other-grade"], id="two-grades"),
        pytest.param(6, 7, FUJIAN, ["across-stages", "other-grade"], id="never-across-stages"),
        pytest.param(3, 4, SICHUAN, ["not-allowed"], id="sichuan-knows-none"),
    ],
)
def test_a_grade_is_skipped_in_the_stages_of_the_province(
    grade: int, to: int, pack: object, expected: list[str]
) -> None:
    assert codes(skipping.KIND, pupil(grade, to=to, pack=pack)) == expected


SPECIAL: dict[str, Any] = {"details": {"regular_class": "3"}}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param({}, ["not-special"], id="an-ordinary-pupil"),
        pytest.param({"details": {"regular_class": "0"}}, ["not-special"], id="said-not-to-be-one"),
        pytest.param(SPECIAL, [], id="in-a-regular-class"),
        pytest.param({"marks": (mark("special_education"),)}, [], id="by-an-arrangement"),
        pytest.param({"at": school(kind="513")}, [], id="at-a-special-school"),
        pytest.param({**SPECIAL, "times": {"demotion": 1}}, ["demoted-enough"], id="a-second-time"),
    ],
)
def test_r11_only_special_pupils_are_demoted_and_no_oftener_than_the_province_says(
    changed: dict[str, Any], expected: list[str]
) -> None:
    assert codes(demotion.KIND, pupil(5, to=4, **changed)) == expected


def test_r11_a_demotion_is_one_grade_on_expert_advice() -> None:
    assert codes(demotion.KIND, pupil(5, to=3, **SPECIAL)) == ["other-grade"]
    assert codes(demotion.KIND, pupil(7, to=6, **SPECIAL)) == ["other-grade"]
    assert "expert_advice" in [need.kind for need in demotion.KIND.papers(pupil(5), {})]
