"""Problem records over HTTP: the same rights and the same sights as on the pages, and acts done once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.changes.test_problems import (
    HERE,
    OTHER_NAME,
    OTHER_PROVINCE,
    PDF,
    SAME_COUNTY,
    enrolled,
    events,
    number_twice,
    state,
    the_case,
)
from tests.factories import pupil, resident_number
from tests.web.test_api import Caller
from xueji.changes.api import problem_shapes

pytestmark = pytest.mark.usefixtures("db")

REGISTRAR, OTHER_REGISTRAR, LEADER, OFFICER = f"r{HERE}", f"r{SAME_COUNTY}", f"l{HERE}", "o330902"


def file_paper(caller: Caller, address: str, kind: str, *, content: bytes = PDF, key: str = "") -> Any:
    form = {"kind": kind, "file": SimpleUploadedFile("户口簿.pdf", content)}
    return caller.client.post(f"/api/v1{address}/papers", form, headers=caller.headers(key))


def prove(username: str, address: str) -> Any:
    """Let a school file both papers and prove its record."""
    caller = Caller(username)
    for kind in ("attendance", "identity"):
        assert file_paper(caller, address, kind).status_code == 201
    return caller.post(f"{address}/statement", {"remedy": "prove", "statement": "已核对户口簿。"})


def test_a_case_goes_from_list_to_decision() -> None:
    address = f"/problems/{number_twice(SAME_COUNTY).id}"
    (line,) = Caller(REGISTRAR).get("/problems", tab="state").json()["items"]
    assert (line["id"], line["problem"], line["state"]) == (address[10:], "number-duplicate", "with_schools")
    for username in (REGISTRAR, OTHER_REGISTRAR):
        assert prove(username, address).status_code == 200
    officer = Caller(OFFICER)
    shown = officer.get(address).json()
    assert [one["outcome"] for one in shown["outcomes"]] == ["standing-right", "two-persons"]
    assert [len(one["papers"]) for one in shown["statements"]] == [2, 2]
    sent = {"outcome": "two-persons", "reason": "已与公安部门核对。", "version": shown["version"]}
    first, again = (officer.post(f"{address}/decision", sent, key="k") for _ in range(2))
    assert (first.status_code, first.json()["state"], first.json()["outcome_en"]) == (
        200,
        "closed",
        "Two different persons",
    )
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replay"] == "true"
    assert Caller(OTHER_REGISTRAR).get(address).json()["answer"] == "已与公安部门核对。"


def test_a_school_sees_its_own_side_alone_and_no_number_in_full() -> None:
    case = number_twice(SAME_COUNTY)
    address = f"/problems/{case.id}"
    own, other = Caller(REGISTRAR).get(address).json(), Caller(OTHER_REGISTRAR).get(address).json()
    assert (own["name"], other["name"]) == (OTHER_NAME, pupil()["name"])
    assert (own["filed"]["values"]["name"], other["filed"]) == (OTHER_NAME, None)
    assert [one["office"] for one in other["statements"]] == ["定海区第二小学"]
    desk = Caller(OFFICER).get(address).json()
    assert [one["office"] for one in desk["statements"]] == ["定海区第一小学", "定海区第二小学"]
    for shown in (own, other, desk):
        assert pupil()["document_number"] not in json.dumps(shown)
    assert [one["remedy"] for one in own["remedies"]] == ["prove", "correct", "delete"]
    assert (desk["remedies"], own["outcomes"]) == ([], [])


def test_who_is_not_concerned_finds_nothing() -> None:
    case = number_twice(SAME_COUNTY)
    address, stranger = f"/problems/{case.id}", Caller(f"r{OTHER_PROVINCE}")
    assert stranger.get(address).json()["code"] == "not-found"
    assert stranger.get("/problems").json()["items"] == []
    said = {"remedy": "delete", "statement": "不在。"}
    assert stranger.post(f"{address}/statement", said).status_code == 404
    assert file_paper(stranger, address, "identity").status_code == 404
    assert Caller("a330902").get("/problems").status_code == 403
    assert Caller(OFFICER).post(f"{address}/statement", said).status_code == 403
    decided = {"outcome": "two-persons", "reason": "是", "version": 1}
    assert Caller(REGISTRAR).post(f"{address}/decision", decided).status_code == 403


def test_the_filing_school_corrects_its_row_and_is_told_when_it_still_fails() -> None:
    address, registrar = f"/problems/{number_twice(SAME_COUNTY).id}", Caller(REGISTRAR)
    correction = {"remedy": "correct", "statement": "号码录错。"}
    right = {"proposal": {"document_number": resident_number(7)}}
    assert registrar.post(f"{address}/statement", correction | right).json()["code"] == "papers-missing"
    assert file_paper(registrar, address, "identity").status_code == 201
    wrong = {"proposal": {"document_number": "330902201909019"}}
    refused = registrar.post(f"{address}/statement", correction | wrong)
    assert (refused.status_code, refused.json()["code"]) == (409, "correction-fails")
    done = registrar.post(f"{address}/statement", correction | right).json()
    assert (done["state"], done["outcome"]) == ("closed", "corrected")


def test_a_paper_is_filed_once_and_opening_it_leaves_an_event() -> None:
    case = number_twice(SAME_COUNTY)
    address, registrar = f"/problems/{case.id}", Caller(REGISTRAR)
    first = file_paper(registrar, address, "identity", key="k")
    assert file_paper(registrar, address, "identity", key="k").json() == first.json()
    paper = f"{address}/papers/{first.json()['id']}"
    answer = Caller(OFFICER).get(paper)
    assert (answer.content, answer.headers["Content-Type"]) == (PDF, "application/pdf")
    assert events(case.id).count("problem.read") == 1
    assert Caller(OTHER_REGISTRAR).get(paper).status_code == 404
    assert file_paper(registrar, address, "identity", content=b"MZ").json()["code"] == "paper-unfit"
    assert file_paper(registrar, address, "banana").status_code == 422


def test_an_officer_returns_a_case_that_was_stated_poorly() -> None:
    case = number_twice(SAME_COUNTY)
    for identifier in (HERE, SAME_COUNTY):
        state(case, identifier, "prove")
    officer, address = Caller(OFFICER), f"/problems/{case.id}"
    version = officer.get(address).json()["version"]
    assert officer.post(f"{address}/return", {"version": version}).status_code == 422
    sent = {"version": version, "reason": "请补交户口簿首页。"}
    assert officer.post(f"{address}/return", sent).json()["state"] == "with_schools"
    stale = {"version": version, "outcome": "two-persons", "reason": "是"}
    assert officer.post(f"{address}/decision", stale).json()["code"] == "not-now"


def test_an_officer_opens_a_case_on_a_pupil() -> None:
    student, officer = enrolled(HERE), Caller(OFFICER)
    sent = {"pupil": str(student.id), "problem": "name-mismatch", "statement": "人口库 9 月反馈。"}
    opened = officer.post("/problems", sent, key="k")
    assert (opened.status_code, opened.json()["opening"]) == (201, "人口库 9 月反馈。")
    assert officer.post("/problems", sent, key="k").json()["id"] == opened.json()["id"]
    assert officer.post("/problems", sent).json()["code"] == "already-open"
    assert officer.post("/problems", sent | {"problem": "same-person"}).status_code == 422
    assert Caller(REGISTRAR).post("/problems", sent).status_code == 403


class Crash(BaseException):
    """The process ends."""


@pytest.mark.parametrize("act", ["statement", "decision", "return"])
def test_a_step_taken_before_a_crash_is_told_to_who_took_it(
    act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = number_twice(SAME_COUNTY)
    address, caller = f"/problems/{case.id}", Caller(OFFICER)
    if act == "statement":
        caller, sent = Caller(REGISTRAR), {"remedy": "delete", "statement": "不该上报。"}
    else:
        for identifier in (HERE, SAME_COUNTY):
            state(case, identifier, "prove")
        sent = {"reason": "已核对。", "version": the_case().version}
        sent |= {"outcome": "two-persons"} if act == "decision" else {}

    def end(*args: Any, **kwargs: Any) -> Any:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(problem_shapes, "content_of", end)
        with pytest.raises(Crash):
            caller.post(f"{address}/{act}", sent, key="k")
    version = the_case().version
    answer = caller.post(f"{address}/{act}", sent, key="k")
    assert (answer.status_code, the_case().version) == (200, version)
    assert "没有任何改变" in answer.json()["note_zh"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/problems?tab=banana", 422),
        ("/problems?after=W10", 422),
        ("/problems?limit=0", 422),
        ("/problems/not-a-uuid", 404),
        ("/problems/01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11", 404),
        ("/problems/01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11/papers/01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11", 404),
    ],
)
def test_a_broken_address_is_answered_as_json(address: str, status: int) -> None:
    answer = Caller(REGISTRAR).get(address)
    assert (answer.status_code, bool(answer.json()["message_en"])) == (status, True)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"remedy": "banana", "statement": "是"},
        {"remedy": "delete", "statement": ""},
        {"remedy": "delete", "statement": "长" * 501},
        {"remedy": "delete", "statement": "\0"},
        {"remedy": "correct", "statement": "是", "proposal": {"banana": "1"}},
        {"remedy": "correct", "statement": "是", "proposal": {"name": ["张"]}},
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_a_malformed_statement_is_no_server_error(body: dict[str, Any]) -> None:
    address = f"/problems/{number_twice(SAME_COUNTY).id}"
    assert Caller(REGISTRAR).post(f"{address}/statement", body).status_code == 422
