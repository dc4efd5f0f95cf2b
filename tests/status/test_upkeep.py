"""信息更正、调班、特殊教育安置、普职融通, from the filing to the undo."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings

from tests.factories import PLACES, TODAY, account, actor
from tests.status.cases import (
    HERE,
    NEXT_DOOR,
    OTHER_COUNTY,
    approved,
    class_id,
    enrolled,
    filed,
    headcounts,
    recounted,
    to_class,
    transferred,
    truth_of,
)
from tests.status.seniors import SENIOR, SENIOR_JIANGSU, seated, senior_school
from xueji.access.scope import NotAllowed
from xueji.status.actions import cases
from xueji.status.actions.cases import Stopped
from xueji.status.models import Case, Mark
from xueji.status.rules.steps import State
from xueji.students.encryption import associated
from xueji.students.models import Enrolment, FamilyMember, Student

pytestmark = pytest.mark.usefixtures("db")


def done(kind: str, student: UUID, typed: dict[str, Any], *desks: str, by: str = f"r{HERE}") -> UUID:
    case = filed(kind, student, typed, by=by).id
    approved(case, *desks)
    return case


def private_of(student: UUID) -> dict[str, Any]:
    kept = Student.everywhere.using("owner").get(pk=student)
    opened: dict[str, Any] = json.loads(
        settings.XUEJI_KEY_RING.decrypt(bytes(kept.private), associated("student", student))
    )
    return opened


def test_a_correction_is_the_work_of_two_persons_of_the_school_and_can_be_undone() -> None:
    student = enrolled("测更正")
    before = truth_of(student)
    typed = {"phone": "13811110000", "member1_phone": "13822220000", "study_mode": "住校", "blood": "1"}
    case = done("correction", student, typed, f"l{HERE}")
    assert Case.everywhere.using("owner").get(id=case).state == State.COMPLETED
    assert private_of(student)["phone"] == "13811110000"
    assert private_of(student)["present_address"].startswith("合成路")
    member = FamilyMember.everywhere.using("owner").get(student_id=student)
    opened = settings.XUEJI_KEY_RING.decrypt(bytes(member.private), associated("family1", student))
    assert json.loads(opened)["phone"] == "13822220000"
    assert Enrolment.everywhere.using("owner").get(student_id=student).study_mode == "2"
    cases.undo(case, reason="误办", by=actor("o330902"), today=TODAY)
    assert truth_of(student) == before


def test_a_member_of_the_family_is_added_and_values_are_emptied_and_both_are_undone() -> None:
    student = enrolled("测更正", postcode="316000")
    before = truth_of(student)
    member = {"member2_name": "李合成", "member2_relation": "52", "member2_phone": "13822220000"}
    case = done("correction", student, {**member, "empties": "postcode"}, f"l{HERE}")
    assert "postcode" not in private_of(student)
    added = FamilyMember.everywhere.using("owner").get(student_id=student, ordinal=2)
    assert (added.name, added.relation, added.place) == ("李合成", "52", PLACES[HERE])
    opened = settings.XUEJI_KEY_RING.decrypt(bytes(added.private), associated("family2", student))
    assert json.loads(opened) == {"phone": "13822220000"}
    cases.undo(case, reason="误办", by=actor("o330902"), today=TODAY)
    assert truth_of(student) == before


def test_who_filed_a_correction_does_not_decide_it() -> None:
    case = filed("correction", enrolled("测更正"), {"blood": "1"}, by=f"r{HERE}")
    with pytest.raises(NotAllowed):
        approved(case.id, f"r{HERE}")


def test_a_correction_runs_beside_a_transfer_and_both_take_effect() -> None:
    student = enrolled("测并行")
    case = filed("correction", student, {"phone": "13811110000"}, by=f"r{HERE}").id
    move = filed("transfer", student, to_class(OTHER_COUNTY), by=f"r{OTHER_COUNTY}")
    assert move.state is State.WITH_DESK
    approved(case, f"l{HERE}")
    approved(move.id, f"l{OTHER_COUNTY}", "o330903", f"l{HERE}", "o330902")
    assert private_of(student)["phone"] == "13811110000"
    assert Student.everywhere.using("owner").get(pk=student).place == PLACES[OTHER_COUNTY]


def test_a_pupil_changes_class_and_back_again_and_the_counts_follow() -> None:
    student = enrolled("测调班")
    before, counts = truth_of(student), headcounts()
    case = done("class_change", student, {"class_id": class_id(HERE)}, f"l{HERE}")
    assert Enrolment.everywhere.using("owner").get(student_id=student).class_of_id == class_id(HERE)
    assert headcounts() == recounted() != counts
    cases.undo(case, reason="误办", by=actor("o330902"), today=TODAY)
    assert truth_of(student) == before
    assert headcounts() == counts


def test_a_pupil_does_not_change_into_another_grade_or_school() -> None:
    student = enrolled("测调班")
    for other in (class_id(HERE, "2025101"), class_id(NEXT_DOOR)):
        with pytest.raises(Stopped):
            filed("class_change", student, {"class_id": other}, by=f"r{HERE}")


def test_the_special_file_moves_along_with_the_pupil() -> None:
    student = enrolled("测特教")
    before = truth_of(student)
    typed = {"arrangement": "2", "disability": "2", "since": "2026-09-10"}
    case = done("special_education", student, typed, f"l{HERE}", "o330902")
    assert Student.everywhere.using("owner").get(pk=student).details["regular_class"] == "2"
    moved = transferred(student, to=OTHER_COUNTY)
    mark = Mark.everywhere.using("owner").get(student_id=student, until=None)
    assert (mark.place, mark.details["arrangement"]) == (PLACES[OTHER_COUNTY], "2")
    home = typed | {"arrangement": "4"}
    done("special_education", student, home, f"l{OTHER_COUNTY}", "o330903", by=f"r{OTHER_COUNTY}")
    marks = Mark.everywhere.using("owner").filter(student_id=student).order_by("id")
    assert [(one.details["arrangement"], one.until) for one in marks] == [("2", TODAY), ("4", None)]
    last = Case.everywhere.using("owner").filter(student_id=student).latest("id")
    for one, by in ((last.id, "o330900"), (moved, "o330900"), (case, "o330900")):
        cases.undo(one, reason="误办", by=actor(by), today=TODAY)
    assert truth_of(student) == before


def test_a_programme_begins_and_ends_where_the_province_has_one_R14() -> None:
    student = seated("测融通", senior_school(SENIOR_JIANGSU), grade=11)
    for code in ("320102", "320100"):
        account(f"o{code}", int(code) * 10**6, "officer")
    before, by = truth_of(student), f"r{SENIOR_JIANGSU}"
    typed = {
        "programme": "mutual_transfer",
        "track": "both",
        "partner": "示例职业学校",
        "since": "2026-09-10",
    }
    case = filed("programme", student, typed, by=by).id
    route = Case.everywhere.using("owner").get(id=case).route
    desks = [f"o{desk['place'] // 10**6}" for desk in route[1:]]
    approved(case, f"l{SENIOR_JIANGSU}", *desks)
    mark = Mark.everywhere.using("owner").get(student_id=student, until=None)
    assert mark.details["partner"] == "示例职业学校"
    end = done("programme_end", student, {"until": "2026-09-10"}, f"l{SENIOR_JIANGSU}", *desks, by=by)
    assert not Mark.everywhere.using("owner").filter(student_id=student, until=None).exists()
    for one in (end, case):
        cases.undo(one, reason="误办", by=actor("o320100"), today=TODAY)
    assert truth_of(student) == before


def test_a_province_without_programmes_takes_nobody_into_one_R14() -> None:
    student = seated("测融通", senior_school())
    typed = {
        "programme": "mutual_transfer",
        "track": "both",
        "partner": "示例职业学校",
        "since": "2026-09-10",
    }
    with pytest.raises(Stopped) as refused:
        filed("programme", student, typed, by=f"r{SENIOR}")
    assert "第二十八条" in refused.value.zh
