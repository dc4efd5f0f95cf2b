"""Many pupils change class by one request: split, merge, filled anew; two persons, all or nothing, undone exactly."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.factories import TODAY, actor, pupil
from tests.status.cases import HERE, approved, class_id, filed, headcounts, recounted, truth_of
from tests.web.registered import one_called, register
from xueji.access.scope import NotAllowed, acting
from xueji.organisations.models import Class
from xueji.status.actions import class_requests
from xueji.status.actions.cases import CannotUndo, NotNow, NotYourTurn
from xueji.status.actions.class_requests import PupilsMoved, RequestUnfit
from xueji.status.models import ClassRequest, Effect
from xueji.status.rules.class_requests import RequestState
from xueji.students.models import Enrolment

pytestmark = pytest.mark.usefixtures("db")

NAMES = ("测班一", "测班二", "测班三", "测班四")


def a_class() -> list[UUID]:
    """Register four pupils in class 2026101 and return them."""
    register(*(pupil(at, name=name) for at, name in enumerate(NAMES)))
    return [one_called(name).id for name in NAMES]


def grade() -> int:
    return int(Class.everywhere.using("owner").get(pk=class_id(HERE)).grade_id)


def proposed(moves: dict[UUID, str], **more: object) -> UUID:
    by = actor(f"r{HERE}")
    with acting(by.scope):
        return class_requests.propose(grade(), moves, by=by, today=TODAY, **more)


def decided(request: UUID, *, approve: bool = True, by: str = f"l{HERE}") -> None:
    who = actor(by)
    with acting(who.scope):
        class_requests.decide(request, approve=approve, reason="理由", by=who, today=TODAY)


def undone(request: UUID, by: str = "o330902") -> None:
    who = actor(by)
    with acting(who.scope):
        class_requests.undo(request, reason="误办", by=who, today=TODAY)


def numbers(students: list[UUID]) -> list[str]:
    found = Enrolment.everywhere.using("owner").filter(student_id__in=students).select_related("class_of")
    return [{one.student_id: one.class_of.number for one in found}[student] for student in students]


def test_a_class_is_split_into_a_new_one_and_put_together_again() -> None:
    students = a_class()
    before, counts = [truth_of(one) for one in students], headcounts()
    by = actor(f"r{HERE}")
    moves = dict.fromkeys(students[:2], "2026109")
    with acting(by.scope):
        preview = class_requests.look_ahead(grade(), moves, opens={"2026109": "9班"}, by=by)
    seen = {one.number: (one.before, one.after, one.is_new) for one in preview.counts}
    assert (seen["2026101"], seen["2026109"]) == ((4, 2, False), (0, 2, True))
    request = proposed(moves, opens={"2026109": "9班"})
    assert [truth_of(one) for one in students] == before
    decided(request)
    assert numbers(students) == ["2026109", "2026109", "2026101", "2026101"]
    assert headcounts() == recounted()
    assert Effect.everywhere.using("owner").filter(case_id=request).count() == 2
    undone(request)
    assert [truth_of(one) for one in students] == before
    assert headcounts() == counts
    assert Class.everywhere.using("owner").get(number="2026109").closed_on == TODAY


def test_two_classes_are_merged_and_the_empty_one_is_closed_until_it_is_undone() -> None:
    students = a_class()
    first = proposed({students[0]: "2026102"})
    decided(first)
    before, counts = [truth_of(one) for one in students], headcounts()
    merge = proposed({students[0]: "2026101"}, closes=["2026102"])
    decided(merge)
    assert set(numbers(students)) == {"2026101"}
    assert Class.everywhere.using("owner").get(pk=class_id(HERE)).closed_on == TODAY
    undone(merge)
    assert [truth_of(one) for one in students] == before
    assert headcounts() == counts == recounted()
    assert Class.everywhere.using("owner").get(pk=class_id(HERE)).closed_on is None


def test_it_takes_two_persons_and_the_authority_to_undo() -> None:
    students = a_class()
    request = proposed({students[0]: "2026102"})
    for who in (f"r{HERE}", "o330902"):
        with pytest.raises(NotAllowed):
            decided(request, by=who)
    decided(request)
    with pytest.raises(NotNow):
        decided(request)
    with pytest.raises(NotYourTurn):
        undone(request, by="o330900")


def test_refused_nothing_happens() -> None:
    students = a_class()
    request = proposed({students[0]: "2026102"})
    with pytest.raises(NotNow):
        proposed({students[1]: "2026102"})
    decided(request, approve=False)
    assert set(numbers(students)) == {"2026101"}
    assert ClassRequest.everywhere.using("owner").get(pk=request).state == RequestState.REFUSED


def test_all_pupils_move_or_none_does() -> None:
    students = a_class()
    request = proposed(dict.fromkeys(students, "2026102"))
    single = filed("class_change", students[0], {"class_id": class_id(HERE, "2026103")}, by=f"r{HERE}")
    approved(single.id, f"l{HERE}")
    with pytest.raises(PupilsMoved):
        decided(request)
    assert numbers(students) == ["2026103", "2026101", "2026101", "2026101"]
    assert headcounts() == recounted()


def test_what_changed_since_keeps_it_from_being_undone() -> None:
    students = a_class()
    request = proposed(dict.fromkeys(students, "2026102"))
    decided(request)
    single = filed("class_change", students[0], {"class_id": class_id(HERE, "2026103")}, by=f"r{HERE}")
    approved(single.id, f"l{HERE}")
    with pytest.raises(CannotUndo):
        undone(request)


@pytest.mark.parametrize(("target", "more", "code"), [
    pytest.param("2026101", {}, "nobody-moves", id="nobody"),
    pytest.param("2025101", {}, "no-class", id="another-grade"),
    pytest.param("2026102", {"opens": {"2026103": "3班"}}, "class-there", id="a-number-in-use"),
    pytest.param("2026102", {"closes": ["2026101"]}, "class-not-empty", id="not-empty"),
])  # fmt: skip
def test_what_cannot_be_filed(target: str, more: dict[str, object], code: str) -> None:
    students = a_class()
    with pytest.raises(RequestUnfit) as refused:
        proposed({students[0]: target}, **more)
    assert code in [one.code for one in refused.value.faults]
