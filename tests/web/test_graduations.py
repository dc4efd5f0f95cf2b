"""The pages of graduation: the school's list of what blocks, its request, the leader's and the authority's decision."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.factories import actor
from tests.status.cases import HERE, NEXT_DOOR, filed
from tests.status.leavers import LEADER, NAMES, OFFICER, REGISTRAR, last_grade, leavers
from tests.web.registered import as_, queries_of, text_of
from tests.web.test_api import Caller
from xueji.status.actions import graduations
from xueji.status.models import Graduation
from xueji.status.queries.graduations import listed

pytestmark = pytest.mark.usefixtures("db")
# Pages read the clock: those who should have left in the summer of 2026 are late, and leave now.
ENTERED = 2020


def the_request() -> Graduation:
    found: Graduation = Graduation.everywhere.using("owner").get()
    return found


def begun(number: int = 6) -> Graduation:
    """Let the registrar press the button that begins."""
    entered = ENTERED if number == 6 else 2023
    students = leavers(number=number, entry_year=entered)
    terms = {"reason": "10", "since": "2026-09-10", "until": "2026-12-31"}
    filed("suspension", students[0], terms, by=REGISTRAR)
    as_(REGISTRAR).post(reverse("graduation-begin", args=[last_grade(entry_year=entered)]))
    return the_request()


def pressed(username: str, act: str, **more: Any) -> Any:
    """Press a button of the request's page."""
    values = {"act": act, "version": the_request().version, **more}
    return as_(username).post(reverse("graduation-act", args=[the_request().id]), values, follow=True)


def today() -> date:
    return timezone.localdate()


def test_a_school_sees_its_last_grade_and_what_blocks_each_pupil() -> None:
    begun()
    browser = as_(REGISTRAR)
    assert "六年级" in text_of(browser.get(reverse("graduations")))
    page = text_of(browser.get(reverse("graduation-grade", args=[last_grade(entry_year=ENTERED)])))
    assert "有在办的休学，须先办结或撤回。" in page
    assert NAMES[0] in page
    assert NAMES[1] not in page


def test_registrar_proposes_and_leader_decides() -> None:
    request = begun()
    draft = text_of(as_(REGISTRAR).get(reverse("graduation", args=[request.id])))
    assert f'value="{today().isoformat()}"' in draft
    assert "已提交" in text_of(pressed(REGISTRAR, "propose", graduates_on=today().isoformat()))
    assert reverse("graduation", args=[request.id]) in text_of(as_(LEADER).get(reverse("inbox")))
    assert text_of(as_(LEADER).get(reverse("inbox-count"))) == "2"  # and the suspension
    assert reverse("graduation", args=[request.id]) not in text_of(as_(REGISTRAR).get(reverse("inbox")))
    page = text_of(as_(LEADER).get(reverse("graduation", args=[request.id])))
    assert f"2 名学生的学籍在 {today().isoformat()} 结束" in page
    assert "同意毕业" in page
    assert "毕业生学籍已结束" in text_of(pressed(LEADER, "approve"))
    assert sorted(one.state for one in listed(request.id, using="owner")) == ["aside", "done", "done"]


def test_outcomes_and_destinations_are_told_class_by_class() -> None:
    request = begun()
    one = next(line for line in listed(request.id, using="owner") if line.name == NAMES[1])
    address = reverse("graduation-class", args=[request.id, one.class_id])
    browser = as_(REGISTRAR)
    wrong = browser.post(address, {f"outcome-{one.student_id}": "08"})
    assert wrong.status_code == 422
    assert "请写明原因" in text_of(wrong)
    right = {
        f"outcome-{one.student_id}": "08",
        f"reason-{one.student_id}": "未修满",
        f"destination-{one.student_id}": "16",
    }
    assert "已保存" in text_of(browser.post(address, right, follow=True))
    page = text_of(browser.get(reverse("graduation", args=[request.id])))
    assert "未修满" in page
    browser.post(reverse("graduation-destination", args=[request.id]), {"destination": "14"})
    kept = {line.name: line.destination for line in listed(request.id, using="owner")}
    assert kept == {NAMES[0]: "14", NAMES[1]: "16", NAMES[2]: "14"}


def test_the_authority_finds_and_approves_grade_twelve() -> None:
    request = begun(12)
    pressed(REGISTRAR, "propose", graduates_on=today().isoformat())
    assert "等待主管部门核准" in text_of(pressed(LEADER, "approve"))
    browser = as_(OFFICER)
    assert reverse("graduation", args=[request.id]) in text_of(browser.get(reverse("graduations")))
    page = text_of(browser.get(reverse("graduation", args=[request.id])))
    assert NAMES[0] not in page
    assert "毕业生学籍已结束" in text_of(pressed(OFFICER, "approve"))


def test_the_authority_above_takes_a_graduation_back() -> None:
    begun()
    pressed(REGISTRAR, "propose", graduates_on=today().isoformat())
    pressed(LEADER, "approve")
    assert pressed(OFFICER, "undo").status_code == 422
    assert "学生恢复在读" in text_of(pressed(OFFICER, "undo", reason="误办"))


def test_the_authority_takes_some_pupils_back_after_a_look() -> None:
    request = begun()
    pressed(REGISTRAR, "propose", graduates_on=today().isoformat())
    pressed(LEADER, "approve")
    address = reverse("graduation-undo", args=[request.id])
    browser = as_(OFFICER)
    assert address in text_of(browser.get(reverse("graduation", args=[request.id])))
    page = text_of(browser.get(address))
    assert NAMES[1] not in page
    left = [one for one in listed(request.id, using="owner") if one.state == "done"]
    again = next(one for one in left if one.name == NAMES[1])
    assert browser.post(address, {"reason": "误办"}).status_code == 422
    assert browser.post(address, {"selected": str(again.student_id)}).status_code == 422
    sent = {"selected": str(again.student_id), "reason": "误办"}
    look = text_of(browser.post(address, sent))
    assert "撤销 1 名学生的毕业" in look
    assert {one.state for one in listed(request.id, using="owner")} == {"aside", "done"}
    done = text_of(browser.post(address, sent | {"confirmed": "yes"}, follow=True))
    assert "1 名学生恢复在读" in done
    assert {one.name: one.state for one in listed(request.id, using="owner")} == {
        NAMES[0]: "aside", NAMES[1]: "undone", NAMES[2]: "done",
    }  # fmt: skip
    assert as_(LEADER).get(address).status_code == 403
    assert as_("o330900").get(address).status_code == 404


def test_programs_carry_a_graduation_and_undo_some_of_it() -> None:
    students = leavers(entry_year=ENTERED)
    registrar, leader, officer = Caller(REGISTRAR), Caller(LEADER), Caller(OFFICER)
    (grade,) = registrar.get("/status/graduations/grades").json()["items"]
    assert (grade["grade"], grade["request"]) == (6, None)
    assert registrar.get(f"/status/graduations/grades/{grade['grade_id']}").json()["in_the_way"] == []
    made = registrar.post("/status/graduations", {"grade_id": grade["grade_id"]}).json()
    address = f"/status/graduations/{made['id']}"
    pupils = [{"pupil": str(students[0]), "outcome": "00", "reason": "补修"}]
    assert registrar.post(f"{address}/pupils", {"pupils": pupils}).json()["going"] == 2
    proposed = registrar.post(f"{address}/act", {"act": "propose", "version": made["version"]}).json()
    assert leader.get("/status/inbox").json()["graduations"] == 1
    assert (
        registrar.post(f"{address}/act", {"act": "approve", "version": proposed["version"]}).status_code
        == 403
    )
    done = leader.post(f"{address}/act", {"act": "approve", "version": proposed["version"]}).json()
    assert (done["state"], done["going"]) == ("done", 2)
    undone = officer.post(f"{address}/undo", {"reason": "误办", "pupils": [str(students[1])]}).json()
    assert (undone["state"], undone["going"]) == ("done", 1)
    assert [one["id"] for one in officer.get("/status/graduations", state="done").json()["items"]] == [
        made["id"]
    ]
    assert officer.get("/status/graduations", state="draft").json()["items"] == []
    assert Caller("o330903").get(address).status_code == 404


def test_a_wrong_day_and_a_return_without_reason_are_said_on_the_page() -> None:
    begun()
    assert pressed(REGISTRAR, "propose", graduates_on="2099-01-01").status_code == 409
    assert pressed(REGISTRAR, "propose", graduates_on="").status_code == 422
    pressed(REGISTRAR, "propose", graduates_on=today().isoformat())
    assert pressed(LEADER, "return").status_code == 422
    assert "已退回补正：去向不全" in text_of(pressed(LEADER, "return", reason="去向不全"))
    returned = text_of(as_(REGISTRAR).get(reverse("inbox")))
    assert reverse("graduation", args=[the_request().id]) in returned
    assert "待补正" in returned


def test_who_may_not_is_kept_out() -> None:
    request = begun()
    address = reverse("graduation", args=[request.id])
    assert as_(f"r{NEXT_DOOR}").get(address).status_code == 404
    assert as_("o330903").get(address).status_code == 404
    assert pressed(LEADER, "propose", graduates_on=today().isoformat()).status_code == 403
    assert (
        as_(LEADER).post(reverse("graduation-act", args=[request.id]), {"act": "nonsense"}).status_code == 404
    )


def test_a_page_takes_few_statements() -> None:
    request = begun()
    for address in (
        reverse("graduations"),
        reverse("graduation-grade", args=[last_grade(entry_year=ENTERED)]),
        reverse("graduation", args=[request.id]),
    ):
        assert queries_of(as_(REGISTRAR), address) <= 22, address


def test_nothing_is_begun_before_its_time() -> None:
    leavers(entry_year=2026, number=6)
    answer = as_(REGISTRAR).post(reverse("graduation-begin", args=[last_grade(entry_year=2026)]))
    assert answer.status_code == 409
    assert "2032" in text_of(answer)
    with pytest.raises(graduations.GradeStopped):
        graduations.begin(last_grade(entry_year=2026), by=actor(f"r{HERE}"), today=today())
