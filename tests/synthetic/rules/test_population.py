import re
from datetime import date

import polars as pl
import pytest

from xueji.lib import id_columns, text_columns
from xueji.organisations.rules.divisions import known_codes
from xueji.synthetic.rules import given_names
from xueji.synthetic.rules.drawing import generator
from xueji.synthetic.rules.nation import plan_nation
from xueji.synthetic.rules.newcomers import draw_newcomers
from xueji.synthetic.rules.population import draw_population

YEAR = 2026
NATION = plan_nation(60_000, 1, YEAR)


@pytest.fixture(scope="module")
def counties():
    return [draw_population(county, seed=1, school_year=YEAR) for county in NATION.counties]


@pytest.fixture(scope="module")
def pupils(counties):
    return pl.concat([c.pupils.with_columns(county=pl.lit(i)) for i, c in enumerate(counties)]).with_columns(
        home=pl.struct("county", "family")
    )


@pytest.fixture(scope="module")
def twins(pupils):
    found = pupils.filter("is_twin").sort("county", "family", "birth", "number")
    pairs = found.group_by("home", "birth", maintain_order=True).agg(pl.all().exclude("home", "birth"))
    return pairs.filter(pl.col("name").list.len() == 2)


def shaped(pupils):
    return pupils.filter(pl.col("kind").is_in(["resident", "permit", "residence-card"]))


def test_the_same_seed_draws_the_same_pupils_and_another_seed_others(counties):
    again = draw_population(NATION.counties[4], seed=1, school_year=YEAR)
    other = draw_population(NATION.counties[4], seed=2, school_year=YEAR)
    assert again.pupils.equals(counties[4].pupils)
    assert again.members.equals(counties[4].members)
    assert not other.pupils["name"].equals(counties[4].pupils["name"])


def test_no_id_and_no_number_is_given_twice(pupils):
    given = pupils.filter(pl.col("number") != "")["number"]
    assert given.n_unique() == len(given)
    ids = pl.concat([pupils["student"], pupils["enrolment"]])
    assert ids.n_unique() == 2 * pupils.height
    assert ids.str.contains("^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$").all()


def test_numbers_fit_sex_birth_and_check_digit(pupils):
    judged = (
        shaped(pupils)
        .filter(pl.col("kind") != "residence-card")
        .select(
            check=id_columns.check_digit_ok(pl.col("number")),
            sex=id_columns.sex_code(pl.col("number")) == pl.col("sex"),
            birth=id_columns.birth_text(pl.col("number")) == pl.col("birth").dt.strftime("%Y%m%d"),
        )
    )
    assert all(judged[column].all() for column in ("check", "sex", "birth"))


def test_order_codes_mark_every_number_as_made_up(pupils, counties):
    children = shaped(pupils).filter(pl.col("kind") != "residence-card")["number"]
    adults = pl.concat([county.members["number"] for county in counties])
    assert (pl.concat([children, adults]).str.slice(14, 3).cast(pl.Int16) >= 850).all()


def test_prefixes_are_counties_or_permits(pupils):
    prefixes = set(shaped(pupils)["number"].str.slice(0, 6))
    permits = {"810000", "820000", "830000"}
    assert permits <= prefixes
    assert {p for p in prefixes - permits if p not in known_codes() and p[0] != "9"} == set()


def test_households_and_numbers_of_migrants_agree(pupils):
    residents = pupils.filter(pl.col("kind") == "resident")
    assert (residents["household"] == residents["number"].str.slice(0, 6)).all()
    assert 0.04 < pupils["is_migrant"].mean() < 0.25


def test_pupils_were_six_by_the_end_of_august_of_their_entry(pupils):
    primary = pupils.filter((pl.col("grade") == 1) & (pl.col("overseas") == "00"))
    assert primary["birth"].max() <= date(YEAR - 6, 8, 31)
    assert (primary["birth"] >= date(YEAR - 7, 9, 1)).mean() > 0.95


def test_twins_share_birthday_surname_and_grade_and_most_a_character(twins):
    assert twins.height > 300
    assert (twins["grade"].list.n_unique() == 1).all()
    han = twins.filter(pl.col("surname").list.eval(pl.element().str.len_chars() == 1).list.all())
    assert (han["surname"].list.n_unique() == 1).all()
    same_sex = han.filter(pl.col("sex").list.n_unique() == 1)
    shared = same_sex["given"].list.eval(pl.element().str.slice(0, 1)).list.n_unique() == 1
    assert shared.mean() > 0.45


def test_twins_of_one_sex_mostly_have_neighbouring_numbers(twins):
    same = twins.filter((pl.col("sex").list.n_unique() == 1) & (pl.col("number").list.get(0) != ""))
    orders = same["number"].list.eval(pl.element().str.slice(14, 3).cast(pl.Int16, strict=False))
    assert ((orders.list.max() - orders.list.min()) == 2).mean() > 0.9


def test_brothers_and_sisters_are_months_apart_and_have_names_of_their_own(pupils):
    families = (
        pupils.filter(pl.col("siblings") > 0)
        .group_by("home")
        .agg("birth", pl.col("name").n_unique().alias("names"), pl.len().alias("children"), "address")
    )
    gaps = families["birth"].list.sort().list.eval(pl.element().diff().dt.total_days().drop_nulls())
    assert gaps.explode().filter(gaps.explode() > 0).min() > 230
    assert (families["names"] == families["children"]).all()
    assert (families["address"].list.n_unique() == 1).all()
    assert 0.3 < (pupils["siblings"] > 0).mean() < 0.65


def test_some_brothers_and_sisters_go_to_different_schools(pupils):
    schools = pupils.filter(pl.col("siblings") > 0).group_by("home").agg(pl.col("school").n_unique())
    assert 0.1 < (schools["school"] > 1).mean() < 0.9


@pytest.mark.parametrize(
    ("pattern", "least", "most"),
    [
        pytest.param(r"^.{2}$", 0.03, 0.15, id="one-character-given-names"),
        pytest.param(r"^[^·]{4}$", 0.008, 0.15, id="four-characters"),
        pytest.param("·", 0.1, 0.3, id="middle-dot"),
        pytest.param(r"[\x{20000}-\x{3FFFF}]", 0.0005, 0.004, id="beyond-the-basic-plane"),
        pytest.param("^欧阳|^上官|^司马", 0.0002, 0.005, id="compound-surnames"),
        pytest.param("^[A-Z ']+$", 0.00005, 0.002, id="latin"),
    ],
)
def test_names_have_the_shapes_that_occur(pupils, pattern, least, most):
    assert least < pupils["name"].str.contains(pattern).mean() < most


def test_every_name_is_written_as_names_are(pupils, counties):
    everybody = pl.concat([pupils["name"], *(county.members["name"] for county in counties)]).to_frame("name")
    judged = everybody.filter(~text_columns.name_characters_ok(pl.col("name")))
    assert judged.is_empty()


def test_rare_characters_are_ideographs_of_the_standard():
    for character in given_names.RARE_BOY + given_names.RARE_GIRL:
        assert re.match("[\u3400-\u9fff\U00020000-\U0003347f]", character)
        assert character.encode("gb18030").decode("gb18030") == character


def test_all_kinds_of_document_occur(pupils):
    assert set(pupils["kind"]) == {
        "resident", "permit", "travel-permit", "residence-card", "passport", "nothing"
    }  # fmt: skip
    assert 0 < (pupils["kind"] == "nothing").mean() < 0.005


def test_every_pupil_has_a_guardian_with_a_phone(counties):
    for county in counties:
        guardians = county.members.filter("is_guardian")
        assert guardians["pupil"].n_unique() == county.pupils.height
        assert guardians["phone"].str.contains(r"^1(54|60|61|63|64|69)\d{8}$").all()


def test_children_left_behind_by_both_parents_are_cared_for_by_a_grandparent(counties):
    for county in counties:
        left = county.pupils.with_row_index("pupil").filter(pl.col("left_behind") == 2)["pupil"]
        of = county.members.filter(pl.col("is_guardian") & pl.col("pupil").is_in(left.implode()))
        assert set(of["relation"]) <= {"61", "62"}


def test_newcomers_are_not_in_the_nation(pupils):
    county = NATION.counties[0]
    rows = draw_newcomers(
        generator(1),
        division=county.division,
        full_name=county.full_name,
        grade=1,
        school_year=YEAR,
        n=4000,
    )
    numbers = {row["身份证件号"] for row in rows}
    assert len(numbers) == 4000
    assert not numbers & set(pupils["number"])


def test_a_county_with_many_pupils_from_overseas_runs_out_of_permits_and_not_of_time():
    nation = plan_nation(1_000_000, 1, YEAR)
    guangdong = max((c for c in nation.counties if c.division[:2] == "44"), key=lambda c: c.pupils)
    drawn = draw_population(guangdong, seed=1, school_year=YEAR).pupils
    from_regions = drawn.filter(pl.col("overseas").is_in(["01", "03", "05"]))
    assert from_regions.height > 50
    assert set(from_regions["kind"]) == {"permit", "travel-permit"}
    assert from_regions["number"].n_unique() == from_regions.height
