"""关键数据变更, as the rules see it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.factories import resident_number
from tests.status.rules.example import DAY, codes, facts
from xueji.status.rules import key_data
from xueji.status.rules.facts import IdentifierFacts, Ready, ReadyNumber, SealedRecord
from xueji.status.rules.plans import Table

NUMBER = resident_number(1, birth="20170901")
J = IdentifierFacts("S", b"j", date(2026, 9, 1), None, "J")
G = IdentifierFacts("S", b"g", date(2026, 9, 1), None, "G")
CARD = IdentifierFacts("R", b"r", date(2026, 9, 1), None, "", date(2017, 9, 1), "1")


def ready(*identifiers: IdentifierFacts, is_taken: bool = False, formal: bool = True) -> Ready:
    return Ready(
        identifiers=identifiers,
        numbers=(ReadyNumber("R", b"new", b"sealed", is_taken),),
        formal=ReadyNumber("S", b"formal", b"sealed", False) if formal else None,
        sealed={"student": SealedRecord("student", None, b"after")},
    )


@pytest.mark.parametrize(("payload", "expected"), [
    pytest.param({}, ["nothing-changes"], id="nothing"),
    pytest.param({"name": "测试生"}, ["nothing-changes"], id="the-same-name"),
    pytest.param({"name": "测 试\u3000甲"}, [], id="another-name-with-blanks-for-looks"),
    pytest.param({"name": "测试1"}, ["name-characters"], id="a-digit-in-a-name"),
    pytest.param({"document_type": "A"}, ["document-number"], id="a-type-without-its-number"),
    pytest.param({"ethnicity": "02"}, ["no-key-field"], id="no-key-field-here"),
])  # fmt: skip
def test_what_stands_in_the_way(payload: dict[str, Any], expected: list[str]) -> None:
    assert codes(key_data.obstacles(facts(), payload)) == expected


@pytest.mark.parametrize(("payload", "expected"), [
    pytest.param({"document_number": NUMBER}, [], id="fits"),
    pytest.param({"document_number": NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2")}, ["id-check-digit"], id="check-digit"),
    pytest.param({"document_number": NUMBER[:-1]}, ["id-length"], id="seventeen-digits"),
    pytest.param({"document_number": resident_number(1, birth="20180901")}, ["id-birth-mismatch"], id="another-birth-date"),
    pytest.param({"document_number": resident_number(1, birth="20170901", sex="2")}, ["id-sex-mismatch"], id="another-sex"),
    pytest.param(
        {"document_number": resident_number(1, birth="20180901"), "birth_on": "2018-09-01"}, [], id="both-stated"
    ),
])  # fmt: skip
def test_a_number_fits_birth_date_and_sex(payload: dict[str, Any], expected: list[str]) -> None:
    assert codes(key_data.obstacles(facts(ready=ready(CARD, G)), payload)) == expected


def test_a_number_of_somebody_else_stops_it_and_no_word_says_where() -> None:
    found = key_data.obstacles(facts(ready=ready(CARD, G, is_taken=True)), {"document_number": NUMBER})
    assert codes(found) == ["number-held"]
    assert "学校" not in found[0].zh
    assert "school" not in found[0].en


def test_while_a_problem_record_is_open_the_number_is_corrected_there() -> None:
    pupil = facts(ready=ready(CARD, G), has_problem=True)
    assert codes(key_data.obstacles(pupil, {"document_number": NUMBER})) == ["problem-record"]
    assert codes(key_data.obstacles(pupil, {"name": "测试甲"})) == []


def test_a_birth_date_against_the_number_on_record_needs_the_new_number() -> None:
    found = key_data.obstacles(facts(ready=Ready(identifiers=(CARD, G))), {"birth_on": "2017-10-01"})
    assert codes(found) == ["against-number"]


def test_the_old_number_stays_as_an_alias_and_the_student_number_is_never_changed_by_a_correction_R02() -> (
    None
):
    plan = key_data.effect(facts(ready=ready(CARD, G)), {"document_number": NUMBER})
    assert [(write.key["index"], write.after["until"]) for write in plan.writes if write.after] == [
        (b"r", DAY), (b"new", None),
    ]  # fmt: skip


def test_a_first_resident_number_gives_a_pupil_from_abroad_the_formal_number_R05() -> None:
    passport = IdentifierFacts("P", b"p", date(2026, 9, 1), None)
    pupil = facts(ready=ready(passport, J), document_type="A", nationality="USA")
    plan = key_data.effect(pupil, {"document_type": "1", "document_number": NUMBER, "nationality": "CHN"})
    numbers = [write for write in plan.writes if write.table is Table.IDENTIFIER]
    assert [(w.key["scheme"], w.key["index"], w.after["until"]) for w in numbers if w.after] == [
        ("P", b"p", DAY), ("S", b"j", DAY), ("R", b"new", None), ("S", b"formal", None),
    ]  # fmt: skip


def test_a_permit_of_hong_kong_is_no_resident_number_and_gives_no_formal_number() -> None:
    needs = key_data.needs(
        facts(document_type="A"), {"document_type": "6", "document_number": "810000201709019014"}
    )
    assert needs.numbers[0].scheme == "R"
    assert needs.formal_for == ""


def test_a_passport_is_known_together_with_its_country() -> None:
    needs = key_data.needs(facts(nationality="USA"), {"document_type": "A", "document_number": " e12345 "})
    assert (needs.numbers[0].scheme, needs.numbers[0].text) == ("P", "USA|E12345")


@pytest.mark.parametrize(("level", "payload", "places"), [
    pytest.param("county", {"name": "测试甲"}, [330902000001, 330902000000], id="county"),
    pytest.param("province", {"name": "测试甲"}, [330902000001, 330902000000, 330000000000], id="province"),
    pytest.param("province", {"ethnicity": "02"}, [330902000001, 330902000000], id="no-identity-field"),
])  # fmt: skip
def test_identity_goes_up_to_the_level_the_province_names(
    level: str, payload: dict[str, Any], places: list[int]
) -> None:
    pack = replace(facts().pack, identity_level=level, key_fields=frozenset({"ethnicity"}))
    route = key_data.desks(facts(pack=pack), payload)
    assert [desk.place for desk in route] == places
    assert [desk.has_effect for desk in route] == [False] * (len(route) - 1) + [True]


@pytest.mark.parametrize(("document", "payload", "kinds"), [
    pytest.param("1", {"name": "测试甲"}, ["household_register", "police_proof"], id="name"),
    pytest.param("A", {"document_type": "1", "document_number": NUMBER}, ["household_register"], id="first-number"),
    pytest.param("A", {"document_number": "E7654321"}, ["identity"], id="passport-renewed"),
    pytest.param("1", {"document_number": NUMBER}, ["household_register", "police_proof"], id="number-replaced"),
])  # fmt: skip
def test_what_has_to_be_shown(document: str, payload: dict[str, Any], kinds: list[str]) -> None:
    assert [need.kind for need in key_data.papers(facts(document_type=document), payload)] == kinds
