"""Unified admission: a list is checked and issued, its pupils come or not, and are registered once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.changes.admissions import (
    COUNTY,
    FIRST,
    JUNIOR,
    LEADER,
    OTHER_COUNTY,
    OTHER_PROVINCE,
    SECOND,
    TERMS,
    admissions,
    checked,
    child,
    codes,
    given_in,
    issued,
)
from tests.factories import TODAY, actor, school
from xueji.changes.actions.admissions import lists
from xueji.changes.models import AdmissionList
from xueji.lib.errors import Refused
from xueji.organisations.queries import authority_of_level

pytestmark = pytest.mark.usefixtures("db")


def test_a_list_is_checked_without_writing_anything() -> None:
    found = checked([child(0), child(1, SECOND)])
    assert (found.rows.height, codes(found)) == (2, [])
    assert not AdmissionList.everywhere.using("owner").exists()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        pytest.param({"name": ""}, "missing", id="no-name"),
        pytest.param({"document_number": ""}, "number-missing", id="no-number"),
        pytest.param({"document_number": "33090220190901911"}, "id-length", id="number-too-short"),
        pytest.param({"document_number": "330902201909019110"}, "id-check-digit", id="digit-wrong"),
        pytest.param({"school_identifier": "2199999999"}, "unknown-school", id="no-such-school"),
        pytest.param({"school_identifier": OTHER_COUNTY}, "school-outside", id="school-of-another-county"),
        pytest.param({"school_identifier": JUNIOR}, "stage-not-taught", id="school-without-the-stage"),
        pytest.param({"school_name": "别的学校"}, "school-name-differs", id="name-of-another-school"),
        pytest.param(
            {"document_number": "", "student_number": "G330902201909019119"}, "person-differs", id="nobody"
        ),
    ],
)
def test_every_fault_of_a_row_is_told(wrong: dict[str, Any], code: str) -> None:
    found = checked([child(0, **wrong), child(1)])
    assert codes(found) == [(1, code)]


def test_a_child_twice_in_a_list_counts_once() -> None:
    found = checked([child(0), child(0, SECOND)])
    assert codes(found) == [(2, "duplicate-in-file")]
    assert lists.accepted_of(found)["row"].to_list() == [1]


def test_a_list_waits_at_its_schools_once_a_second_person_issues_it() -> None:
    found = given_in([child(0), child(1, SECOND), child(2, document_number="1")])
    assert (found.rows, found.accepted, found.rejected) == (3, 2, 1)
    assert admissions() == []
    with pytest.raises(lists.OwnWork):
        lists.issue(found.id, by=actor(COUNTY), today=TODAY)
    lists.issue(found.id, by=actor(LEADER), today=TODAY)
    assert [(a.row, a.place, a.state) for a in admissions()] == [
        (1, school(FIRST).place, "awaited"),
        (2, school(SECOND).place, "awaited"),
    ]


def test_a_county_leaves_the_list_to_the_authority_that_enrols_by_its_province_s_rules() -> None:
    """In Sichuan the prefecture enrols for senior secondary schools; where no prefecture is, the county stands for it."""
    seniors = replace(TERMS, stage="senior")
    with pytest.raises(lists.AnotherEnrols) as refused:
        given_in([child(0, OTHER_PROVINCE)], by="o510104", terms=seniors)
    assert "成都市教育局" in refused.value.zh
    with pytest.raises(lists.AnotherEnrols):
        checked([child(0, OTHER_PROVINCE)], by="o510104", terms=seniors)
    assert given_in([child(0, OTHER_PROVINCE)], by="o510000", terms=seniors).rows == 1
    assert given_in([child(0, OTHER_PROVINCE)], by="o510104").accepted == 1
    assert given_in([child(0)], terms=seniors).rows == 1
    assert authority_of_level(510104_000000, "prefecture") == 510100_000000
    assert authority_of_level(429004_000000, "prefecture") == 429004_000000


def test_the_same_list_given_in_again_is_the_one_it_is() -> None:
    assert given_in([child(0)]).id == given_in([child(0)]).id
    assert given_in([child(0)]).id != given_in([child(0)], terms=replace(TERMS, school_year=2025)).id


def test_a_list_is_taken_back_as_long_as_nobody_has_come() -> None:
    found = issued([child(0)])
    lists.withdraw(found.id, by=actor(COUNTY), today=TODAY)
    assert [a.state for a in admissions()] == ["cancelled"]
    with pytest.raises(Refused):
        lists.issue(found.id, by=actor(LEADER), today=TODAY)
    assert [a.state for a in admissions(issued([child(0)]).id)] == ["awaited"]
