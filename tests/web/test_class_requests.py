"""The pages and the API of class requests: split and merge, looked at first, decided by the leader, undone by the authority."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import PLACES, pupil
from tests.status.cases import HERE, headcounts, recounted
from tests.web.registered import LEADER, OFFICER, REGISTRAR, as_, one_called, queries_of, register, text_of
from tests.web.test_api import Caller
from xueji.organisations.models import Class
from xueji.students.models import Enrolment

pytestmark = pytest.mark.usefixtures("db")

NAMES = ("测班一", "测班二", "测班三")
FIRST = PLACES[HERE]


def class_of(number: str) -> Class:
    found: Class = Class.everywhere.using("owner").get(place=FIRST, number=number)
    return found


def sitting() -> dict[str, str]:
    """Return the class number of every pupil by name."""
    found = Enrolment.everywhere.using("owner").filter(ended_on=None).select_related("student", "class_of")
    return {one.student.name: one.class_of.number for one in found}


def three() -> list[str]:
    register(*(pupil(n, name=name) for n, name in enumerate(NAMES)))
    return [str(one_called(name).pk) for name in NAMES]


def sent(chosen: list[str], target: str, **more: str) -> dict[str, Any]:
    return {"selected": chosen, "target": target, **more}


def filed(chosen: list[str], target: str, **more: str) -> str:
    """Let the registrar look and then confirm; return the address of the request."""
    address = f"/classes/{class_of('2026101').pk}/move/"
    look = as_(REGISTRAR).post(address, sent(chosen, target, **more))
    assert look.status_code == 200
    return str(as_(REGISTRAR).post(address, sent(chosen, target, confirmed="yes", **more))["Location"])


def test_a_class_is_split_by_registrar_and_leader_and_put_together_by_the_authority() -> None:
    chosen = three()
    registrar, address = as_(REGISTRAR), f"/classes/{class_of('2026101').pk}/move/"
    assert 'name="target"' in text_of(registrar.get(f"/classes/{class_of('2026101').pk}/"))
    look = text_of(registrar.post(address, sent(chosen[:2], "new", name="4班")))
    assert "2 名学生从 1班 调入 4班" in look
    assert "新开 4班（班号 2026104）" in look
    assert set(sitting().values()) == {"2026101"}
    form = sent(chosen[:2], "new", name="4班", number="2026104", confirmed="yes", idempotency_key="k")
    first, second = (registrar.post(address, form)["Location"] for _ in range(2))
    assert first == second
    page = text_of(registrar.get(first))
    assert "撤回" in page
    assert 'value="approve"' not in page
    leader = as_(LEADER)
    assert 'value="approve"' in text_of(leader.get(first))
    assert "已生效" in text_of(leader.post(f"{first}act", {"act": "approve"}, follow=True))
    assert sitting() == {NAMES[0]: "2026104", NAMES[1]: "2026104", NAMES[2]: "2026101"}
    assert headcounts() == recounted()
    officer = as_(OFFICER)
    page = text_of(officer.get(first))
    assert NAMES[0] not in page
    assert "撤销这次调班" in page
    assert "请写明撤销的理由" in text_of(officer.post(f"{first}act", {"act": "undo"}))
    assert "回到原班级" in text_of(
        officer.post(f"{first}act", {"act": "undo", "reason": "误办"}, follow=True)
    )
    assert set(sitting().values()) == {"2026101"}


def test_a_class_is_merged_and_closed() -> None:
    address = filed(three(), "2026102", closes="on")
    page = text_of(as_(LEADER).get(address))
    assert "关闭：1班" in page
    as_(LEADER).post(f"{address}act", {"act": "approve"})
    assert set(sitting().values()) == {"2026102"}
    assert class_of("2026101").closed_on is not None


def test_refused_or_withdrawn_nobody_moves() -> None:
    chosen = three()
    address = filed(chosen[:1], "2026102")
    again = as_(REGISTRAR).post(
        f"/classes/{class_of('2026101').pk}/move/", sent(chosen[1:2], "2026102", confirmed="yes")
    )
    assert again.status_code == 409
    assert "已有一份待审核" in text_of(again)
    assert as_(LEADER).post(f"{address}act", {"act": "refuse"}).status_code == 409
    assert "没有学生变动" in text_of(
        as_(LEADER).post(f"{address}act", {"act": "refuse", "reason": "学期中"}, follow=True)
    )
    other = filed(chosen[:1], "2026102")
    as_(REGISTRAR).post(f"{other}act", {"act": "withdraw"})
    assert set(sitting().values()) == {"2026101"}
    listed = text_of(as_(REGISTRAR).get("/class-requests/"))
    assert "已撤回" in listed
    assert other in listed
    assert other not in text_of(as_(REGISTRAR).get("/class-requests/?state=refused"))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        pytest.param({}, "勾选学生", id="nobody"),
        pytest.param(sent(["x"], "2026102"), "勾选学生", id="no-id"),
        pytest.param(sent(["01a208ba-b48e-75b9-aa6a-5f70bc4d9297"], "999"), "选择要调入的班级", id="no-class"),
        pytest.param(sent(["01a208ba-b48e-75b9-aa6a-5f70bc4d9297"], "new"), "新班的名称", id="no-name"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_on_the_page_of_the_class(form: dict[str, Any], said: str) -> None:
    three()
    answer = as_(REGISTRAR).post(f"/classes/{class_of('2026101').pk}/move/", form)
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_a_pupil_of_another_school_is_not_moved() -> None:
    register(pupil(0, name="王伟"), identifier="2133000002")
    form = sent([str(one_called("王伟").pk)], "2026102")
    look = as_(REGISTRAR).post(f"/classes/{class_of('2026101').pk}/move/", form)
    assert "不在本校的这个年级" in text_of(look)
    assert "提交领导审核" not in text_of(look)
    answer = as_(REGISTRAR).post(f"/classes/{class_of('2026101').pk}/move/", form | {"confirmed": "yes"})
    assert answer.status_code == 409


def test_who_may_not_is_kept_out() -> None:
    address = filed(three()[:1], "2026102")
    assert as_("r2133000002").get(address).status_code == 404
    assert as_("o330903").get(address).status_code == 404
    assert as_(OFFICER).post(f"{address}act", {"act": "approve"}).status_code == 403
    assert as_(REGISTRAR).post(f"{address}act", {"act": "approve"}).status_code == 403
    assert as_(LEADER).post(f"{address}act", {"act": "nonsense"}).status_code == 404
    assert as_(LEADER).post(f"/classes/{class_of('2026101').pk}/move/", {}).status_code == 403
    assert as_("a330902").get("/class-requests/").status_code == 403


def test_a_request_takes_the_same_statements_whatever_its_size() -> None:
    address = filed(three(), "2026102")
    assert queries_of(as_(LEADER), address) <= 14
    assert queries_of(as_(OFFICER), "/class-requests/") <= 8


def test_programs_split_a_class_as_the_pages_do() -> None:
    chosen = three()
    registrar, leader, officer = Caller(REGISTRAR), Caller(LEADER), Caller(OFFICER)
    asked = {
        "class_number": "2026101",
        "moves": [{"pupil": one, "into": "2026109"} for one in chosen[:2]],
        "opens": [{"number": "2026109", "name": "9班"}],
    }
    ahead = registrar.post("/status/class-requests/check", asked, key=None).json()
    assert ahead["can_be_filed"]
    assert {one["number"]: (one["before"], one["after"]) for one in ahead["classes"]}["2026109"] == (0, 2)
    made = registrar.post("/status/class-requests", asked)
    assert (made.status_code, made.json()["pupils"]) == (201, 2)
    address = f"/status/class-requests/{made.json()['id']}"
    assert registrar.post(f"{address}/act", {"act": "approve"}).status_code == 403
    assert leader.post(f"{address}/act", {"act": "approve"}).json()["state"] == "done"
    assert officer.get(address).json()["moves"][0]["name"] != NAMES[0]
    assert [one["id"] for one in officer.get("/status/class-requests").json()["items"]] == [made.json()["id"]]
    undone = officer.post(f"{address}/act", {"act": "undo", "reason": "误办"})
    assert undone.json()["state"] == "undone"
    refused = registrar.post("/status/class-requests", asked)
    assert (refused.status_code, refused.json()["code"]) == (409, "class-request-unfit")
    assert registrar.post("/status/class-requests", asked | {"class_number": "9"}).status_code == 404
    assert Caller("r2133000002").get(address).status_code == 404
