"""信息更正、调班, as the rules see them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.status.rules.example import class_of, codes, facts
from xueji.status.rules import class_change, correction
from xueji.status.rules.facts import Facts, MemberFacts, Ready, SealedRecord
from xueji.status.rules.plans import Table
from xueji.status.rules.routes import Party

SEALED = {"student": SealedRecord("student", b"old", b"new")}


@pytest.mark.parametrize(("payload", "expected"), [
    pytest.param({}, ["nothing-changes"], id="nothing"),
    pytest.param({"study_mode": "1"}, ["nothing-changes"], id="as-it-is"),
    pytest.param({"study_mode": "2"}, [], id="boarder"),
    pytest.param({"phone": "13800000001"}, [], id="phone"),
    pytest.param({"phone": "12"}, ["phone-format"], id="no-phone"),
    pytest.param({"postcode": "31600"}, ["postcode-format"], id="no-postcode"),
    pytest.param({"entry_mode": "21"}, ["entry-mode"], id="a-way-into-senior-school"),
    pytest.param({"entered_on": "2027-09-01"}, ["future"], id="not-yet"),
    pytest.param({"member1_phone": "13800000001"}, ["no-member"], id="no-such-member"),
    pytest.param({"member1_name": "王合成", "member1_relation": "51"}, [], id="a-new-member"),
    pytest.param({"member1_name": "王合成"}, ["no-member"], id="a-new-member-without-relation"),
    pytest.param({"empties": "邮政编码、blood"}, [], id="emptied"),
    pytest.param({"empties": "姓名"}, ["cannot-be-emptied", "nothing-changes"], id="a-name-is-never-empty"),
    pytest.param({"empties": "民族，邮政编码"}, ["cannot-be-emptied"], id="one-of-two-cannot-be-emptied"),
    pytest.param({"talent": "琴" * 101}, ["too-long"], id="too-long"),
    pytest.param({"name": "测试乙"}, ["nothing-changes"], id="a-name-is-key-data"),
])  # fmt: skip
def test_what_stands_in_the_way_of_a_correction(payload: dict[str, Any], expected: list[str]) -> None:
    assert codes(correction.obstacles(facts(ready=Ready(sealed=SEALED)), payload)) == expected


def test_what_the_province_made_key_data_is_not_corrected_by_the_school() -> None:
    pack = replace(facts().pack, key_fields=frozenset({"ethnicity"}))
    assert codes(correction.obstacles(facts(pack=pack), {"ethnicity": "02"})) == ["key-field"]
    assert codes(correction.obstacles(facts(), {"ethnicity": "02"})) == []


def test_a_correction_writes_only_what_becomes_otherwise() -> None:
    pupil = facts(ready=Ready(sealed=SEALED), details={"health": "1"})
    plan = correction.effect(
        pupil, {"phone": "13800000001", "blood": "1", "seat_number": "7", "ethnicity": "02"}
    )
    student, period = plan.writes
    assert (student.table, period.table) == (Table.STUDENT, Table.ENROLMENT)
    assert student.after == {"ethnicity": "02", "details": {"health": "1", "blood": "1"}, "private": b"new"}
    assert period.after["seat_number"] == "7"


def test_what_is_emptied_leaves_the_record() -> None:
    pupil = facts(details={"health": "1", "blood": "2"})
    (student,) = correction.effect(pupil, {"empties": "blood"}).writes
    assert student.after == {"details": {"health": "1"}}
    assert correction.effect(facts(details={"health": "1"}), {"empties": "blood"}).writes == ()


def test_a_new_member_of_the_family_is_a_new_row_and_a_known_one_is_changed() -> None:
    said = {"member2_name": "李合成", "member2_relation": "52", "member2_is_guardian": "1"}
    (new,) = correction.effect(facts(), said).writes
    assert (new.table, new.before) == (Table.FAMILY, None)
    assert {
        "ordinal": 2,
        "name": "李合成",
        "relation": "52",
        "is_guardian": True,
    }.items() <= new.after.items()
    known = Ready(members={2: MemberFacts("李合成", "52", False)})
    (changed,) = correction.effect(facts(ready=known), said).writes
    assert (changed.before, changed.after) == ({"is_guardian": False}, {"is_guardian": True})


def test_a_correction_and_a_change_of_class_are_decided_by_the_leader_of_the_school_alone() -> None:
    for kind in (correction.KIND, class_change.KIND):
        (desk,) = kind.desks(facts(), {})
        assert (desk.party, desk.place, desk.has_effect) == (Party.SCHOOL, facts().school.place, True)


def into(**changed: Any) -> Facts:
    pupil = facts()
    return replace(
        pupil, target_school=pupil.school, target_class=class_of(pupil.school, 3, id=12, **changed)
    )


@pytest.mark.parametrize(("changed", "expected"), [
    pytest.param({}, [], id="beside"),
    pytest.param({"id": 11}, ["same-class"], id="the-same"),
    pytest.param({"grade_id": 4}, ["other-grade"], id="another-grade"),
    pytest.param({"is_open": False}, ["class-closed"], id="closed"),
    pytest.param({"school_id": 99}, ["class-closed"], id="another-school"),
])  # fmt: skip
def test_a_change_of_class_stays_within_the_grade(changed: dict[str, Any], expected: list[str]) -> None:
    pupil = into()
    pupil = replace(pupil, target_class=replace(pupil.target_class, **changed))
    assert codes(class_change.obstacles(pupil, {})) == expected


def test_a_change_of_class_takes_the_seat_number_away() -> None:
    pupil = into()
    pupil = replace(pupil, enrolment=replace(pupil.enrolment, seat_number="5"))
    (write,) = class_change.effect(pupil, {}).writes
    assert (write.before["class_of_id"], write.after["class_of_id"]) == (11, 12)
    assert (write.before["seat_number"], write.after["seat_number"]) == ("5", "")
