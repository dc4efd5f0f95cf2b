"""The divisions of the country: what is in force, what once was, and who governs."""

from __future__ import annotations

from collections import Counter

import pytest

from xueji.organisations.rules import divisions


def test_divisions_in_force_number_as_the_country_counts_them():
    counts = Counter(d.level for d in divisions.in_force())
    assert counts == {"province": 34, "prefecture": 333, "county": 2847}


def test_a_code_in_force_has_one_name():
    codes = [d.code for d in divisions.in_force()]
    assert len(codes) == len(set(codes))


def test_the_shape_of_every_code_says_its_level():
    assert all(d.level == divisions.level(d.code) for d in divisions.all_divisions())
    assert all(len(d.code) == 6 and d.code.isdigit() and d.name for d in divisions.all_divisions())


@pytest.mark.parametrize(
    ("code", "name"),
    [
        pytest.param("330902", "浙江省舟山市定海区", id="county-of-a-prefecture"),
        pytest.param("330900", "浙江省舟山市", id="prefecture"),
        pytest.param("110105", "北京市朝阳区", id="district-of-a-municipality"),
        pytest.param("500229", "重庆市城口县", id="county-of-a-municipality"),
        pytest.param("429005", "湖北省潜江市", id="city-run-by-its-province"),
        pytest.param("659013", "新疆维吾尔自治区草湖市", id="newer-than-the-packaged-table"),
        pytest.param("330113", "浙江省杭州市临平区", id="newer-district"),
        pytest.param("232701", "黑龙江省大兴安岭地区漠河市", id="code-given-to-another"),
        pytest.param("110103", "北京市崇文区", id="retired"),
        pytest.param("660800", "新疆生产建设兵团第八师", id="division-of-the-corps"),
        pytest.param("990200", "香港内地课程学校", id="listed-apart"),
        pytest.param("339011", "浙江省", id="earlier-code-without-a-name"),
        pytest.param("000000", "", id="unknown"),
    ],
)
def test_a_full_name_passes_over_groupings(code, name):
    assert divisions.full_name(code) == name


@pytest.mark.parametrize(
    ("year", "name"),
    [(1985, "城区"), (1999, "秀城区"), (2020, "南湖区"), (1960, "城区"), (None, "南湖区")],
)
def test_a_code_had_the_name_of_its_year(year, name):
    assert divisions.name_of("330402", year) == name


@pytest.mark.parametrize(
    ("code", "above"),
    [
        ("330902", "330900"),
        ("330900", "330000"),
        ("330000", None),
        ("310115", "310000"),
        ("469025", "460000"),
        ("660100", "660000"),
        ("990100", "990000"),
    ],
)
def test_the_division_above_is_one_that_governs(code, above):
    assert divisions.parent(code) == above


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("110103", id="abolished-district"),
        pytest.param("422921", id="renumbered-forest-district"),
        pytest.param("512921", id="prefecture-long-gone"),
        pytest.param("339011", id="city-of-the-nineties"),
        pytest.param("139020", id="end-of-a-range"),
        pytest.param("330114", id="newest"),
        pytest.param("810000", id="hong-kong"),
    ],
)
def test_codes_ever_in_force_are_known(code):
    assert code in divisions.known_codes()


@pytest.mark.parametrize("code", ["000000", "339999", "660100", "990100", "139999"])
def test_codes_that_never_were_divisions_are_not_known(code):
    assert code not in divisions.known_codes()


def test_every_retired_code_of_the_table_stays_known():
    retired = {d.code for d in divisions.all_divisions() if d.until is not None}
    assert len(retired) > 3000
    assert retired <= divisions.known_codes()


def test_authorities_are_31_provinces_the_corps_and_their_divisions():
    codes = divisions.authority_codes()
    assert Counter(divisions.level(c) for c in codes) == {
        "province": 31 + 1 + 1,
        "prefecture": 333 + 13,
        "county": 2847,
    }
    assert len(divisions.provinces()) == 32
    assert not codes & {"710000", "810000", "820000"}


def test_groupings_have_no_authority_and_leave_no_county_without_one():
    codes = divisions.authority_codes()
    groupings = {d.code for d in divisions.all_divisions() if d.is_grouping and d.until is None}
    assert groupings
    assert not codes & groupings
    assert {"110100", "500200", "429000", "469000", "659000", "419000"}.isdisjoint(codes)
    assert all(divisions.parent(c) in codes for c in codes if not c.endswith("0000"))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("330000", "Zhejiang"),
        ("330902", "Dinghai District"),
        ("610100", "Xi'an City"),
        ("110105", "Chaoyang District"),
        ("500240", "Shizhu Tujia Autonomous County"),
        ("622926", "Dongxiang Autonomous County"),
        ("140109", "Wanbailin District"),
        ("660800", "Eighth Division"),
        ("990300", "Mainland-curriculum schools in Macao"),
        ("339011", ""),
    ],
)
def test_divisions_have_english_names(code, name):
    assert divisions.name_en(code) == name


def test_every_authority_has_a_name_in_both_languages():
    for code in divisions.authority_codes():
        assert divisions.name_of(code)
        assert divisions.name_en(code).replace("ü", "u").isascii()
