"""Status business over HTTP: from the dry run to the undo, with the same rights and refusals as on the pages."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.factories import TODAY, pupil
from tests.status.cases import (
    HERE,
    OTHER_COUNTY,
    OTHER_PROVINCE,
    PAPER,
    all_papers,
    enrolled,
    filed,
    to_class,
)
from tests.web.test_api import Caller
from xueji.audit.models import Event
from xueji.status.actions import clocks
from xueji.status.api import shapes, tracking
from xueji.status.models import Case, Draft
from xueji.status.rules.kinds import KINDS
from xueji.status.rules.limits import Limit

pytestmark = pytest.mark.usefixtures("db")

RECEIVER, RECEIVING_LEADER = f"r{OTHER_PROVINCE}", f"l{OTHER_PROVINCE}"
SENDING_LEADER, SENDER = f"l{HERE}", f"r{HERE}"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: TODAY)


def move(student: uuid.UUID, **changed: Any) -> dict[str, Any]:
    fields = {key: str(value) for key, value in to_class(OTHER_PROVINCE).items()}
    papers = [str(one) for one in all_papers(student, by=RECEIVER)]
    return {"kind": "transfer", "pupil": str(student), "fields": fields, "papers": papers} | changed


def act(who: str, case: dict[str, Any], name: str, **more: Any) -> Any:
    return Caller(who).post(f"/status/cases/{case['id']}/{name}", {"version": case["version"]} | more)


def test_a_move_across_provinces_goes_from_dry_run_to_undo() -> None:
    student = enrolled()
    receiver = Caller(RECEIVER)
    ahead = receiver.post("/status/check", move(student), key=None).json()
    assert (ahead["can_be_filed"], ahead["waits"], ahead["faults"]) == (True, False, [])
    assert [desk["party"] for desk in ahead["route"]] == [
        "receiving_school", "receiving_authority", "sending_school", "sending_authority",
    ]  # fmt: skip
    assert Case.everywhere.using("owner").count() == 0
    answer = receiver.post("/status/cases", move(student))
    case = answer.json()
    assert (answer.status_code, case["state"], len(case["tracking_code"])) == (201, "with_desk", 20)
    (waiting,) = Caller(RECEIVING_LEADER).get("/status/inbox").json()["items"]
    assert (waiting["id"], waiting["name"]) == (case["id"], "测*学")
    for who in (RECEIVING_LEADER, "o510104", SENDING_LEADER, "o330902"):
        assert "approve" in Caller(who).get(f"/status/cases/{case['id']}").json()["acts"]
        case = act(who, case, "approve").json()
    assert (case["state"], case["effect_on"], case["tracking_code"]) == ("completed", str(TODAY), None)
    assert {row["record"] for row in case["rows"]} >= {"student", "enrolment"}
    assert [turn["days_used"] for turn in case["turns"]] == [0, 0, 0, 0]
    refused = act("o330902", case, "undo", reason="误办")
    assert (refused.status_code, refused.json()["code"]) == (409, "not-your-turn")
    undone = act("o330900", case, "undo", reason="误办").json()
    assert (undone["state"], undone["said"][-1]["reason"]) == ("undone", "误办")


def test_the_receiving_side_is_not_told_where_a_pupil_is_before_its_authority_approved() -> None:
    student = enrolled()
    receiver = Caller(RECEIVER)
    ahead = receiver.post("/status/check", move(student), key=None)
    case = receiver.post("/status/cases", move(student)).json()
    shown = receiver.get(f"/status/cases/{case['id']}")
    line = receiver.get("/status/cases", tab="filed")
    for answer in (ahead, shown, line):
        assert "定海" not in answer.content.decode()
        told = [row["before"] or {} for row in answer.json().get("rows", ())]
        assert not any(column in one for one in told for column in ("class_of_id", "office"))
    case = act(RECEIVING_LEADER, case, "approve").json()
    act("o510104", case, "approve")
    assert "定海区第一小学" in receiver.get(f"/status/cases/{case['id']}").content.decode()


def test_what_stands_in_the_way_is_named_one_by_one() -> None:
    student, registrar = enrolled(), Caller(SENDER)
    sent = {"kind": "suspension", "pupil": str(student), "fields": {}}
    ahead = registrar.post("/status/check", sent, key=None).json()
    assert not ahead["can_be_filed"]
    assert {fault["field"].partition(".")[0] for fault in ahead["faults"]} == {"fields"}
    refused = registrar.post("/status/cases", sent)
    assert (refused.status_code, refused.json()["code"]) == (422, "fields")
    assert refused.json()["errors"]
    typed = move(student, papers=[])
    stopped = Caller(RECEIVER).post("/status/cases", typed)
    assert (stopped.status_code, stopped.json()["code"]) == (409, "stopped")
    assert {one["code"] for one in stopped.json()["obstacles"]} == {"paper-missing"}
    needed = Caller(RECEIVER).post("/status/check", typed, key=None).json()["papers"]
    assert any(one["is_required"] for one in needed)


def test_a_case_is_returned_answered_refused_or_withdrawn() -> None:
    case = Caller(RECEIVER).post("/status/cases", move(enrolled())).json()
    returned = act(RECEIVING_LEADER, case, "return", reason="补户口簿").json()
    assert (returned["state"], returned["turns"][0]["paused_on"]) == ("returned", str(TODAY))
    assert Caller(RECEIVER).get("/status/inbox").json()["returned"] == 1
    answered = act(RECEIVER, returned, "answer", reason="已补").json()
    assert answered["state"] == "with_desk"
    wrong = act(RECEIVING_LEADER, answered, "refuse", reason_code="fees")
    assert (wrong.status_code, wrong.json()["code"]) == (409, "reason-missing")
    refused = act(RECEIVING_LEADER, answered, "refuse", reason_code="data_mismatch").json()
    assert (refused["state"], refused["acts"]) == ("refused", [])
    again = Caller(RECEIVER).post("/status/cases", move(uuid.UUID(case["pupil"]))).json()
    assert act(RECEIVER, again, "withdraw").json()["state"] == "withdrawn"


def test_who_may_not_or_looked_at_an_older_version_is_refused() -> None:
    case = Caller(RECEIVER).post("/status/cases", move(enrolled())).json()
    address = f"/status/cases/{case['id']}"
    assert Caller(f"r{OTHER_COUNTY}").get(address).status_code == 404
    assert Caller("a510104").get(address).status_code == 403
    assert act(RECEIVER, case, "approve").status_code == 403
    assert act(SENDING_LEADER, case, "approve").json()["code"] == "not-your-turn"
    nobody = {"kind": "suspension", "pupil": str(uuid.uuid4())}
    assert act(RECEIVING_LEADER, case | {"version": 7}, "approve").json()["code"] == "not-now"
    assert Caller(RECEIVER).post("/status/check", nobody, key=None).status_code == 404


class Crash(BaseException):
    """The process ends."""


@pytest.mark.parametrize("name", ["file", "approve", "refuse", "return", "withdraw"])
def test_an_act_before_a_crash_is_told_to_who_did_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    student = enrolled()
    caller, address, sent = Caller(RECEIVER), "/status/cases", move(student)
    if name != "file":
        case = caller.post(address, sent).json()
        caller = caller if name == "withdraw" else Caller(RECEIVING_LEADER)
        address, sent = f"/status/cases/{case['id']}/{name}", {"version": 1, "reason": "理由"}
        sent |= {"reason_code": "data_mismatch"} if name == "refuse" else {}

    def end(*args: Any, **kwargs: Any) -> Any:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(shapes, "content_of", end)
        with pytest.raises(Crash):
            caller.post(address, sent, key="k")
    version = Case.everywhere.using("owner").get().version
    answer = caller.post(address, sent, key="k")
    assert answer.status_code == (201 if name == "file" else 200)
    assert answer.json()["note_en"]
    assert Case.everywhere.using("owner").get().version == version


def test_the_same_filing_under_one_key_is_one_case() -> None:
    sent, receiver = move(enrolled()), Caller(RECEIVER)
    first, again = (receiver.post("/status/cases", sent, key="k") for _ in range(2))
    assert (again.content, again.headers["Idempotent-Replay"]) == (first.content, "true")


def test_the_kinds_are_the_table() -> None:
    shown = Caller(SENDER).get("/status/kinds").json()
    assert [one["code"] for one in shown["kinds"]] == [kind.code for kind in KINDS]
    transfer = next(one for one in shown["kinds"] if one["code"] == "transfer")
    assert {field["key"] for field in transfer["fields"]} >= {"class_id", "reason"}
    assert all(one["article"] for one in transfer["refusals"])
    assert {"source": None, "target": "with_desk"}.items() <= shown["steps"][0].items()


def test_a_pupil_from_elsewhere_is_found_by_number_and_name_together() -> None:
    student, receiver = enrolled("测转学"), Caller(RECEIVER)
    sent = {"number": pupil()["document_number"], "name": "测转学"}
    assert receiver.post("/status/match", sent).json()["pupil"] == str(student)
    missed = receiver.post("/status/match", sent | {"name": "别人"})
    assert (missed.status_code, missed.json()["code"]) == (409, "no-match")
    assert Caller(RECEIVING_LEADER).post("/status/match", sent).status_code == 403


def test_a_paper_is_filed_once_and_opening_it_leaves_an_event() -> None:
    student, registrar = enrolled(), Caller(RECEIVER)
    named = registrar.post("/status/match", {"number": pupil()["document_number"], "name": "测转学"}).json()
    registrar.post("/status/drafts", {"kind": "transfer"} | named)

    def send(content: bytes, kind: str = "other") -> Any:
        form = {"kind": kind, "file": SimpleUploadedFile("户口簿.pdf", content)}
        address = f"/api/v1/status/pupils/{student}/papers"
        return registrar.client.post(address, form, headers=registrar.headers(""))

    first, again = send(PAPER), send(PAPER)
    assert (first.status_code, first.json()) == (201, again.json())
    assert send(b"MZ").json()["code"] == "paper-unfit"
    assert send(PAPER, "banana").status_code == 422
    case = registrar.post("/status/cases", move(student)).json()
    paper = f"/status/cases/{case['id']}/papers/{case['papers'][0]['id']}"
    opened = Caller(RECEIVING_LEADER).get(paper)
    assert opened.content.startswith(b"%PDF")
    assert Event.objects.using("owner").filter(act="status.paper.read").count() == 1
    assert Caller(f"r{OTHER_COUNTY}").get(paper).status_code == 404


def test_a_draft_is_kept_changed_and_dropped_by_its_own_office() -> None:
    student, registrar = enrolled(), Caller(SENDER)
    sent = {"kind": "suspension", "pupil": str(student), "name": "测转学", "fields": {"note": "一"}}
    kept = registrar.post("/status/drafts", sent).json()
    assert (kept["fields"], kept["name"]) == ({"note": "一"}, "测*学")
    changed = registrar.post("/status/drafts", sent | {"id": kept["id"], "fields": {"note": "二"}}).json()
    assert (changed["id"], changed["fields"]) == (kept["id"], {"note": "二"})
    assert [one["id"] for one in registrar.get("/status/drafts").json()["items"]] == [kept["id"]]
    other = Caller(f"r{OTHER_COUNTY}")
    assert other.get("/status/drafts").json()["items"] == []
    assert other.post("/status/drafts", sent | {"id": kept["id"]}).status_code == 404
    other.post(f"/status/drafts/{kept['id']}/drop")
    assert Draft.everywhere.using("owner").count() == 1
    registrar.post(f"/status/drafts/{kept['id']}/drop")
    assert Draft.everywhere.using("owner").count() == 0
    assert Caller(SENDING_LEADER).post("/status/drafts", sent).status_code == 403


# Desks -----------------------------------------------------------------------------------


def late_move(monkeypatch: pytest.MonkeyPatch) -> str:
    """File a move that is late on the desk of the receiving school today; return the case."""
    case = filed("transfer", enrolled(), to_class(OTHER_PROVINCE), by=RECEIVER)
    later = TODAY.replace(day=24)
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: later)
    clocks.remind(today=later)
    return str(case.id)


def test_the_overdue_table_and_the_list_behind_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    case = late_move(monkeypatch)
    county = Caller("o510104")
    table = county.get("/status/overdue").json()
    (line,) = table["offices"]
    assert (line["office"], line["tally"]["late"], line["is_area"]) == ("锦江区第一小学", 1, False)
    assert table["total"]["late"] == table["kinds"][0]["tally"]["late"] == 1
    (turn,) = county.get("/status/overdue/turns", office=line["place"], state="late").json()["items"]
    assert turn["case"] == case
    assert county.get("/status/overdue", area=330902_000000).status_code == 404
    assert county.get("/status/overdue/turns", office=330902_000000).status_code == 404
    assert county.get("/status/overdue", area=-1).status_code == 422
    assert Caller("a510104").get("/status/overdue").status_code == 403


def test_reminders_are_listed_and_marked_as_read(monkeypatch: pytest.MonkeyPatch) -> None:
    case = late_move(monkeypatch)
    leader = Caller(RECEIVING_LEADER)
    assert leader.get("/status/inbox").json()["reminders"] == 1
    (found,) = leader.get("/status/notices").json()["items"]
    assert (found["case"], found["notice"], found["office"]) == (case, "late", "锦江区第一小学")
    one = {"case": case, "turn": 0, "notice": "late"}
    assert leader.post("/status/notices/read", {"items": [one]}).json() == {"read": 1}
    assert leader.get("/status/notices").json() == {"items": [], "next": None}


def test_a_family_follows_its_case_without_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    case = filed("transfer", enrolled("测转学"), to_class(OTHER_PROVINCE), by=RECEIVER)
    family = Client()

    def look(code: str) -> Any:
        return family.post("/api/v1/status/track/check", {"code": code}, content_type="application/json")

    answer = look(case.tracking_code)
    shown = answer.json()
    assert (answer.status_code, shown["state"], shown["at"]) == (200, "with_desk", 0)
    assert shown["desks"][0]["since"] == str(TODAY)
    assert "测转学" not in answer.content.decode()
    assert look("2" * 20).status_code == 404
    assert look("").status_code == 422
    monkeypatch.setattr(
        "xueji.status.actions.tracking.LOOKS_OF_ADDRESS",
        Limit("track_address", 1, timezone.timedelta(hours=1)),
    )
    assert look(case.tracking_code).status_code == tracking.TOO_MANY_REQUESTS


# Broken requests -------------------------------------------------------------------------

NOWHERE = "01938f3e-7c1a-7e55-9b0a-6f1f9d7f2b11"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/status/cases?tab=banana", 422),
        ("/status/cases?state=banana", 422),
        ("/status/cases?after=W10", 422),
        ("/status/cases?limit=0", 422),
        ("/status/cases?kind=%00", 422),
        ("/status/cases/not-a-uuid", 404),
        (f"/status/cases/{NOWHERE}", 404),
        (f"/status/cases/{NOWHERE}/papers/{NOWHERE}", 404),
        ("/status/drafts?after=xx", 422),
        ("/status/notices?after=W10", 422),
        ("/status/overdue?area=x", 422),
        ("/status/overdue/turns?state=banana", 422),
        ("/status/inbox?after=xx", 422),
    ],
)
def test_a_broken_address_is_answered_as_json(address: str, status: int) -> None:
    answer = Caller(SENDER).client.get(f"/api/v1{address}", headers=Caller(SENDER).headers())
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["message_en"]


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/status/check", {}),
        ("/status/check", {"kind": "banana", "pupil": NOWHERE}),
        ("/status/check", {"kind": "transfer", "pupil": "x"}),
        ("/status/check", {"kind": "transfer", "pupil": NOWHERE, "fields": {"note": 1}}),
        ("/status/check", {"kind": "transfer", "pupil": NOWHERE, "fields": {"note": "\0"}}),
        ("/status/check", {"kind": "transfer", "pupil": NOWHERE, "fields": []}),
        ("/status/cases", {"kind": "transfer", "pupil": NOWHERE, "papers": ["x"]}),
        (f"/status/cases/{NOWHERE}/approve", {"version": "1"}),
        (f"/status/cases/{NOWHERE}/refuse", {"version": 1}),
        (f"/status/cases/{NOWHERE}/return", {"version": 1, "reason": ""}),
        (f"/status/cases/{NOWHERE}/undo", {"version": 1, "reason": "长" * 501}),
        ("/status/notices/read", {"items": [{"case": NOWHERE, "turn": 2**20, "notice": "late"}]}),
        ("/status/match", {"number": "", "name": "测"}),
        ("/status/drafts", {"kind": "transfer", "more": 1}),
    ],
    ids=lambda part: json.dumps(part)[:40],
)
def test_a_malformed_body_is_no_server_error(address: str, body: dict[str, Any]) -> None:
    answer = Caller(SENDER).post(address, body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
