"""Student numbers: their shapes, given once for life, and never twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.db import connections

from tests.changes.invariants import broken
from tests.changes.rosters_as_csv import as_csv, child, nameless
from tests.changes.whole_import import carry_over
from tests.factories import TODAY, actor, pupil, resident_number, school
from tests.races import at_once
from xueji.access.scope import national
from xueji.changes.actions import rosters
from xueji.changes.actions.upgrades import upgrade_number
from xueji.changes.models import RosterBatch, RosterRow
from xueji.changes.rules.roster_steps import Act
from xueji.lib.id_numbers import check_digit
from xueji.students.encryption import associated
from xueji.students.models import Enrolment, Identifier, NumberSerial, Student
from xueji.students.rules import numbers
from xueji.students.rules.numbers import Applicant, NoSerialLeft, Reserve, kind_of, provisional

BORN = date(2019, 9, 1)
RESIDENT = resident_number(0, birth="20190901")


def applicant(number: str | None = None, *, disputed: bool = False, born: date = BORN) -> Applicant:
    return Applicant(resident_number=number, is_disputed=disputed, division="330902", birth_on=born)


class Serials:
    """Reserves serials in memory."""

    def __init__(self, following: int = 1) -> None:
        self.following = following
        self.asked: list[dict[str, int]] = []

    def __call__(self, wanted: dict[str, int]) -> dict[str, int]:
        self.asked.append(dict(wanted))
        return dict.fromkeys(wanted, self.following)


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        pytest.param(applicant(RESIDENT), "G", id="resident-number"),
        pytest.param(applicant(RESIDENT, disputed=True), "L", id="resident-number-disputed"),
        pytest.param(applicant(None), "J", id="no-usable-number"),
    ],
)
def test_the_kind_follows_from_the_resident_number(who: Applicant, kind: str) -> None:
    assert kind_of(who) == kind
    (number,) = numbers.national([who], Serials())
    assert number[0] == kind
    assert len(number) == 19


def test_a_formal_number_is_g_and_the_resident_number() -> None:
    serials = Serials()
    assert numbers.national([applicant(RESIDENT)], serials) == [f"G{RESIDENT}"]
    assert serials.asked == []


def test_a_provisional_number_is_division_birth_date_and_serial() -> None:
    assert numbers.national([applicant(RESIDENT, disputed=True)], Serials(7)) == ["L330902201909010007"]


def test_a_j_number_ends_in_the_check_digit_of_the_seventeen_before() -> None:
    (number,) = numbers.national([applicant(None)], Serials(42))
    assert number[:18] == "J33090220190901042"
    assert number[18] == check_digit("33090220190901042")


def test_serials_are_reserved_in_one_go_and_given_in_order() -> None:
    serials = Serials(3)
    other = date(2019, 9, 2)
    given = numbers.national(
        [applicant(None), applicant(RESIDENT), applicant(None), applicant(None, born=other)], serials
    )
    assert serials.asked == [{"J33090220190901": 2, "J33090220190902": 1}]
    assert [number[15:18] for number in (given[0], given[2], given[3])] == ["003", "004", "003"]
    assert given[1] == f"G{RESIDENT}"


@pytest.mark.parametrize(("kind", "last"), [("L", 9_999), ("J", 999)])
def test_after_the_last_serial_there_is_none_left(kind: str, last: int) -> None:
    prefix = f"{kind}33090220190901"
    assert len(provisional(prefix, last)) == 19
    with pytest.raises(NoSerialLeft) as refused:
        provisional(prefix, last + 1)
    assert "330902" in refused.value.zh
    assert "20190901" in refused.value.en


# In the registry.


def numbers_of(student_id: UUID) -> dict[str, date | None]:
    """Return every student number a pupil ever had, with the day it ended."""
    ring = django_settings.XUEJI_KEY_RING
    with national("commands") as using:
        return {
            ring.decrypt(kept.value, associated("identifier", bytes(kept.index))): kept.until
            for kept in Identifier.everywhere.using(using).filter(student_id=student_id, scheme="S")
        }


def students(**where: Any) -> list[Student]:
    with national("commands") as using:
        return list(Student.everywhere.using(using).filter(**where).order_by("name"))


def registered(values: dict[str, str], identifier: str = "2133000001") -> Student:
    batch = carry_over(as_csv([values]), name=f"{values['name']}.csv", identifier=identifier)
    assert batch.registered == 1
    return students(name=values["name"])[0]


def test_who_has_a_resident_number_gets_g_and_who_has_none_gets_j(db: None) -> None:
    with_number, without = registered(child(0)), registered(nameless(0))
    assert numbers_of(with_number.id) == {f"G{child(0)['document_number']}": None}
    (number,) = numbers_of(without.id)
    assert number[:18] == "J33090220190901001"


@pytest.mark.parametrize(
    ("prefix", "document_type"),
    [("810000", "港澳居民居住证"), ("830000", "1")],
    ids=["permit-of-hong-kong", "permit-entered-as-an-identity-card"],
)
def test_a_residence_permit_leads_to_a_j_number(db: None, prefix: str, document_type: str) -> None:
    number = resident_number(0, birth="20190901", division=prefix)
    values = pupil(0, document_type="居民身份证" if document_type == "1" else "其他", document_number=number)
    (given,) = numbers_of(registered(values).id)
    assert given[0] == "J"


def test_a_pupil_whose_number_is_disputed_gets_l_and_moves_to_g_later(db: None) -> None:
    batch, found = rosters.enrol_one(
        child(0), school=school(), by=actor("r2133000001"), today=TODAY, door="form"
    )
    assert batch is not None, found.checked.findings.rows()
    with national("problems") as using:
        RosterRow.everywhere.using(using).filter(batch_id=batch.id).update(is_disputed=True)
    for name in ("l2133000001", "o330902"):
        rosters.decide(batch.id, act=Act.APPROVE, by=actor(name), today=TODAY)
    (student,) = students()
    assert numbers_of(student.id) == {"L330902201909010001": None}
    formal = upgrade_number(student.id, by=actor("r2133000001"), today=TODAY)
    assert formal == f"G{child(0)['document_number']}"
    assert numbers_of(student.id) == {"L330902201909010001": TODAY, formal: None}
    assert broken() == []


def test_a_pupil_who_gets_a_resident_number_moves_to_g_and_keeps_j_as_an_alias(db: None) -> None:
    student = registered(nameless(0))
    (old,) = numbers_of(student.id)
    document = resident_number(3, birth="20190901", sex="2")
    formal = upgrade_number(
        student.id, document_number=document, evidence="户口簿", by=actor("o330902"), today=TODAY
    )
    assert formal == f"G{document}"
    assert numbers_of(student.id) == {old: TODAY, formal: None}
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT before, after FROM audit_event WHERE act = 'number.upgrade'")
        ((before, after),) = cursor.fetchall()
    assert document not in str(before) + str(after)


def test_serials_are_unique_when_many_rosters_are_approved_at_once(db: None) -> None:
    desks = {"2133000001": "l2133000001", "2133000002": "l2133000002"}
    batches = []
    for n in range(8):
        identifier = sorted(desks)[n % 2]
        twins = [{**nameless(0), "name": f"合成{chr(0x4E00 + 20 * n + k)}"} for k in range(5)]
        batch, _ = rosters.import_file(
            as_csv(twins),
            file_name=f"{n}.csv",
            school=school(identifier),
            by=actor(f"r{identifier}"),
            today=TODAY,
        )
        batches.append(rosters.decide(batch.id, act=Act.APPROVE, by=actor(desks[identifier]), today=TODAY))
    officer = actor("o330902")

    def approval(batch: RosterBatch) -> Any:
        return lambda: rosters.decide(batch.id, act=Act.APPROVE, by=officer, today=TODAY)

    answers = at_once(*(approval(batch) for batch in batches))
    assert [answer.registered for answer in answers] == [5] * 8
    given = sorted(number for student in students() for number in numbers_of(student.id))
    assert [int(number[15:18]) for number in given] == list(range(1, 41))


def test_a_roster_for_which_no_number_is_left_changes_nothing(db: None) -> None:
    with national("commands") as using:
        NumberSerial.objects.using(using).create(prefix="J33090220190901", next=1000)
    with pytest.raises(NoSerialLeft):
        carry_over(as_csv([nameless(0)]), name="a.csv", identifier="2133000001")
    assert students() == []
    assert broken() == []


def own_generator(applicants: Sequence[Applicant], reserve: Reserve) -> list[str]:
    """Give numbers of another kind, as another source would."""
    first = reserve({"X": len(applicants)})["X"]
    return [f"X{first + n:018d}" for n in range(len(applicants))]


def test_another_source_can_give_the_numbers(db: None, settings: Any) -> None:
    settings.XUEJI_NUMBER_GENERATOR = f"{__name__}.own_generator"
    assert numbers_of(registered(child(0)).id) == {"X000000000000000001": None}
    assert numbers_of(registered(child(1)).id) == {"X000000000000000002": None}


def leave(student: Student) -> None:
    """Close the enrolment of a pupil, as leaving the school will."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE students_enrolment SET ended_on = %s, end_reason = '1' WHERE student_id = %s",
            [TODAY, student.id],
        )
        cursor.execute("UPDATE students_headcount SET count = count - 1")


def test_who_comes_back_keeps_number_and_history_on_the_same_record(db: None) -> None:
    student = registered(child(0))
    before = numbers_of(student.id)
    leave(student)
    again = {**child(0), "class_number": "2026101", "phone": "13911112222", "member1_name": "合成祖母"}
    batch, found = rosters.enrol_one(
        again, school=school("2151000001"), by=actor("r2151000001"), today=TODAY, door="form"
    )
    assert batch is not None, found.checked.findings.rows()
    with national("commands") as using:
        assert RosterRow.everywhere.using(using).get(batch_id=batch.id).is_known
    for name in ("l2151000001", "o510104"):
        rosters.decide(batch.id, act=Act.APPROVE, by=actor(name), today=TODAY)
    (same,) = students()
    assert same.id == student.id
    assert same.place == school("2151000001").place
    assert same.version == student.version + 1
    assert numbers_of(student.id) == before
    with national("commands") as using:
        history = Enrolment.everywhere.using(using).filter(student_id=student.id).order_by("ended_on")
        assert [kept.ended_on for kept in history] == [TODAY, None]
        assert Identifier.everywhere.using(using).filter(student_id=student.id).count() == 2
        assert [member.name for member in same.family.using(using)] == ["合成祖母"]
    private = django_settings.XUEJI_KEY_RING.decrypt(same.private, associated("student", same.id))
    assert "13911112222" in private
    assert broken() == []


def test_who_comes_back_under_another_name_has_to_be_checked_first(db: None) -> None:
    leave(registered(child(0)))
    renamed = {**child(0), "name": "合成改名"}
    found = rosters.check_file(as_csv([renamed]), file_name="a.csv", school=school("2151000001"), today=TODAY)
    assert found.accepted.is_empty()
    assert found.checked.findings["code"].to_list() == ["to-be-checked"]
