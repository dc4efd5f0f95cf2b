"""The HTTP API: who may call, what is answered to good and to broken requests, and acts that are done once."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from tests.factories import TODAY, actor, pupil, school
from xueji.access.actions import issue_api_token
from xueji.access.models import Account, Appointment
from xueji.access.scope import national
from xueji.changes import jobs
from xueji.changes.actions import rosters
from xueji.changes.api import shapes as rosters_api
from xueji.changes.models import RosterBatch
from xueji.changes.rules.roster_columns import BY_KEY
from xueji.changes.rules.roster_steps import Act

pytestmark = pytest.mark.usefixtures("db")

REGISTRAR, LEADER, OFFICER = "r2133000001", "l2133000001", "o330902"
HERE, ELSEWHERE = "2133000001", "2133000003"


class Caller:
    """A program with a token."""

    def __init__(self, username: str) -> None:
        by = actor(username)
        with national("commands") as using:
            self.token = issue_api_token(
                Appointment.objects.using(using).get(pk=by.appointment_id),
                name="测试",
                now=timezone.now(),
                using=using,
            )
        self.client = Client(raise_request_exception=False)

    def get(self, address: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{address}", query, headers=self.headers())

    def post(self, address: str, content: Any = None, *, key: str | None = "", **more: Any) -> Any:
        """Send JSON under a new key, a given one, or none."""
        return self.client.post(
            f"/api/v1{address}",
            data=json.dumps(content or {}) if "data" not in more else more.pop("data"),
            content_type=more.pop("content_type", "application/json"),
            headers=self.headers(key),
            **more,
        )

    def upload(
        self, content: bytes, *, key: str | None = "", to: str = "/rosters", identifier: str = HERE
    ) -> Any:
        from django.core.files.uploadedfile import SimpleUploadedFile

        form = {"file": SimpleUploadedFile("新生.csv", content), "school": identifier}
        return self.client.post(f"/api/v1{to}", form, headers=self.headers(key))

    def headers(self, key: str | None = None) -> dict[str, str]:
        found = {"Authorization": f"Bearer {self.token}"}
        if key is not None:
            found["Idempotency-Key"] = key or str(uuid.uuid4())
        return found


def csv_of(*pupils: dict[str, str]) -> bytes:
    keys = sorted({key for one in pupils for key in one if key in BY_KEY})
    lines = [",".join(BY_KEY[key].column.header_zh for key in keys)]
    lines += [",".join(one.get(key, "") for key in keys) for one in pupils]
    return "\n".join(lines).encode()


@pytest.fixture
def registrar() -> Caller:
    return Caller(REGISTRAR)


def one_pupil(serial: int = 0, **changed: Any) -> dict[str, Any]:
    return {"school": HERE, "pupil": pupil(serial, **changed)}


def batches() -> list[RosterBatch]:
    with national("commands") as using:
        return list(RosterBatch.everywhere.using(using).order_by("id"))


def jobs_waiting() -> int:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'roster.check'")
        (number,) = cursor.fetchone()
    return int(number)


# Who may call ----------------------------------------------------------------------------


def test_a_stranger_is_told_to_sign_in_in_both_languages() -> None:
    answer = Client().get("/api/v1/rosters")
    assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["message_zh"]
    assert answer.json()["message_en"]


def test_a_wrong_token_is_not_helped_by_a_session() -> None:
    browser = Client(headers={"Authorization": "Bearer xueji_wrong"})
    browser.force_login(Account.objects.using("owner").get(username=REGISTRAR))
    assert browser.get("/api/v1/rosters").status_code == 401


def test_an_expired_token_opens_nothing(registrar: Caller) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE access_apitoken SET expires_at = now() - interval '1 minute'")
    assert registrar.get("/rosters").status_code == 401


def test_the_token_of_the_command_line_opens_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("api_token", OFFICER, "--name", "合成", "--days", "2")
    token = capsys.readouterr().out.strip()
    answer = Client(headers={"Authorization": f"Bearer {token}"}).get("/api/v1/schools")
    assert [one["identifier"] for one in answer.json()["items"]] == [HERE, "2133000002", "3133000001"]


def test_a_session_reads_freely_and_writes_only_with_the_token_of_its_page() -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(Account.objects.using("owner").get(username=REGISTRAR))
    assert browser.get("/api/v1/rosters").status_code == 200
    refused = browser.post(
        "/api/v1/pupils", one_pupil(), content_type="application/json", headers={"Idempotency-Key": "1"}
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf-failed")
    browser.get("/sign-in")
    secret = browser.cookies["csrftoken"].value if "csrftoken" in browser.cookies else "a" * 32
    browser.cookies["csrftoken"] = secret
    accepted = browser.post(
        "/api/v1/pupils",
        one_pupil(),
        content_type="application/json",
        headers={"Idempotency-Key": "1", "X-CSRFToken": secret},
    )
    assert accepted.status_code == 201


def test_a_role_that_may_not_is_refused_with_403(registrar: Caller) -> None:
    answer = Caller("a330902").get("/pupils")
    assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")


def test_another_school_is_out_of_reach(registrar: Caller) -> None:
    other = Caller(f"r{ELSEWHERE}")
    made = registrar.post("/pupils", one_pupil()).json()["batch"]["id"]
    assert other.get(f"/rosters/{made}").status_code == 404
    assert other.post(f"/rosters/{made}/undo").status_code == 404
    assert other.post("/pupils", one_pupil(1)).status_code == 403
    assert other.get("/rosters").json()["items"] == []


# A roster over its desks -----------------------------------------------------------------


def test_a_roster_goes_from_upload_to_numbered_pupils(registrar: Caller) -> None:
    answer = registrar.upload(csv_of(pupil(0), pupil(1), pupil(2, name=None)))
    assert (answer.status_code, answer.json()["state"]) == (202, "uploaded")
    address = f"/rosters/{answer.json()['id']}"
    assert jobs_waiting() == 1
    jobs.check_roster(answer.json()["id"])
    checked = registrar.get(address).json()
    assert [checked[name] for name in ("state", "rows", "accepted", "rejected")] == ["checked", 3, 2, 1]
    (finding,) = registrar.get(f"{address}/findings").json()["items"]
    assert (finding["row"], finding["code"], finding["severity"]) == (4, "missing", "error")
    assert registrar.get(f"{address}/corrected.xlsx").content[:2] == b"PK"
    submitted = registrar.post(f"{address}/submit", {"version": checked["version"]}).json()
    assert submitted["state"] == "with_leader"
    approved = Caller(LEADER).post(f"{address}/approve", {"version": submitted["version"]}).json()
    assert approved["state"] == "with_authority"
    last = {"version": approved["version"], "except_rows": [2], "reason": "未到校报到"}
    registered = Caller(OFFICER).post(f"{address}/approve", last).json()
    assert (registered["state"], registered["registered"]) == ("registered", 1)
    (found,) = registrar.get("/pupils", q=pupil(1)["name"][:2]).json()["items"]
    assert found["number"].startswith("G330")
    assert "*" in found["number"]
    record = registrar.get(f"/pupils/{found['id']}").json()
    assert [one["ended_on"] for one in record["enrolments"]] == [None]
    assert pupil(1)["document_number"] not in json.dumps(record)


def test_a_returned_roster_needs_a_reason_and_goes_back(registrar: Caller) -> None:
    made = registrar.post("/pupils", one_pupil()).json()["batch"]
    leader = Caller(LEADER)
    assert leader.post(f"/rosters/{made['id']}/return", {"version": 2}).status_code == 422
    answer = leader.post(
        f"/rosters/{made['id']}/return", {"version": made["version"], "reason": "信息与户口簿不一致"}
    )
    assert answer.json()["state"] == "checked"


def test_who_looked_at_an_older_version_is_refused(registrar: Caller) -> None:
    made = registrar.post("/pupils", one_pupil()).json()["batch"]
    answer = Caller(LEADER).post(f"/rosters/{made['id']}/approve", {"version": made["version"] + 5})
    assert (answer.status_code, answer.json()["code"]) == (409, "not-now")


def test_a_large_last_approval_is_left_to_the_worker(
    registrar: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xueji.changes.jobs.ROWS_AT_ONCE", 0)
    made = registrar.post("/pupils", one_pupil()).json()["batch"]
    approved = Caller(LEADER).post(f"/rosters/{made['id']}/approve", {"version": made["version"]})
    assert (approved.status_code, approved.json()["state"]) == (200, "with_authority")
    answer = Caller(OFFICER).post(f"/rosters/{made['id']}/approve", {"version": approved.json()["version"]})
    assert (answer.status_code, answer.json()["state"]) == (202, "with_authority")
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'roster.register'")
        ((arguments,),) = cursor.fetchall()
    jobs.register_roster(**(arguments if isinstance(arguments, dict) else json.loads(arguments)))
    assert registrar.get(f"/rosters/{made['id']}").json()["state"] == "registered"


def test_a_dry_run_writes_nothing_and_answers_as_the_command_line_does(registrar: Caller) -> None:
    answer = registrar.upload(csv_of(pupil(0), pupil(1, sex="Banana")), to="/rosters/check", key=None)
    found = answer.json()
    assert set(found) == {
        *("file", "sha256", "batch", "rows", "accepted", "rejected", "warnings", "seconds", "findings")
    }
    assert (found["rows"], found["accepted"], found["rejected"], found["batch"]) == (2, 1, 1, None)
    assert batches() == []


def test_the_template_has_the_classes_of_the_school(registrar: Caller) -> None:
    answer = registrar.get("/rosters/template.xlsx", school=HERE)
    assert (answer.status_code, answer.content[:2]) == (200, b"PK")


def test_lists_go_on_where_the_page_before_ended(registrar: Caller) -> None:
    for serial in range(3):
        registrar.post("/pupils", one_pupil(serial))
    first = registrar.get("/rosters", limit=2).json()
    second = registrar.get("/rosters", limit=2, after=first["next"]).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    assert len({one["id"] for one in first["items"] + second["items"]}) == 3


def test_overdue_schools_are_listed_by_county(registrar: Caller) -> None:
    late: dict[str, Any] = {"entered_on": "202401"}
    registrar.post("/pupils", one_pupil(**late))
    Caller(f"r{ELSEWHERE}").post("/pupils", {"school": ELSEWHERE, "pupil": pupil(1, **late)})
    prefecture = Caller("o330900")
    first = prefecture.get("/rosters/overdue", limit=1).json()
    second = prefecture.get("/rosters/overdue", limit=1, after=first["next"]).json()
    assert [one["school"] for one in first["items"] + second["items"]] == [HERE, ELSEWHERE]
    assert second["next"] is None
    (found,) = prefecture.get("/rosters/overdue", county="330903").json()["items"]
    assert (found["school"], found["rosters"], found["pupils"]) == (ELSEWHERE, 1, 1)
    assert prefecture.get("/rosters/overdue", county="510104").json()["items"] == []
    assert prefecture.get("/rosters/overdue", county="x").status_code == 422


def test_findings_go_on_where_the_page_before_ended(registrar: Caller) -> None:
    made = registrar.upload(
        csv_of(*(pupil(n, class_number="9", ethnicity="Banana") for n in range(3)))
    ).json()
    jobs.check_roster(made["id"])
    address, seen, after = f"/rosters/{made['id']}/findings", [], ""
    while after is not None:
        page = registrar.get(address, limit=2, after=after).json()
        seen += [(one["row"], one["code"]) for one in page["items"]]
        after = page["next"]
    assert sorted(seen) == [(row, code) for row in (2, 3, 4) for code in ("unknown-class", "unknown-code")]
    only = registrar.get(address, code="unknown-class").json()["items"]
    assert {one["code"] for one in only} == {"unknown-class"}


# Pupils, schools, classes ----------------------------------------------------------------


def registered(serial: int = 0) -> str:
    """Register a pupil; return the id."""
    batch, _ = rosters.enrol_one(pupil(serial), school=school(), by=actor(REGISTRAR), today=TODAY, door="api")
    assert batch is not None
    for username in (LEADER, OFFICER):
        rosters.decide(batch.id, act=Act.APPROVE, by=actor(username), today=TODAY)
    with connections["national"].cursor() as cursor:
        cursor.execute("SELECT id FROM students_student WHERE name = %s", [pupil(serial)["name"]])
        return str(cursor.fetchone()[0])


def test_pupils_are_found_by_name_number_and_class(registrar: Caller) -> None:
    id_ = registered()
    whole = pupil()["document_number"]
    for query in (
        {"q": pupil()["name"]},
        {"q": whole},
        {"q": "G" + whole},
        {"school": HERE, "class_number": "2026101"},
    ):
        assert [one["id"] for one in registrar.get("/pupils", **query).json()["items"]] == [id_], query
    assert registrar.get("/pupils", q=whole[:3]).json()["items"] == []
    assert registrar.get("/pupils", school=HERE, class_number="9").status_code == 404
    assert Caller(f"r{ELSEWHERE}").get(f"/pupils/{id_}").status_code == 404


def test_a_former_identifier_still_leads_to_its_school() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO organisations_schoolidentifier (identifier, school_id, place, until)"
            " VALUES ('2133999999', %s, %s, '2010-08-31')",
            [school().pk, school().place],
        )
    officer = Caller(OFFICER)
    found = officer.get("/schools/2133999999").json()
    assert found["identifier"] == HERE
    assert {one["text"] for one in found["identifiers"]} == {HERE, "2133999999"}
    assert officer.get("/schools/2133888888").status_code == 404
    assert officer.get(f"/schools/{ELSEWHERE}").status_code == 403


def test_an_officer_gives_a_school_a_new_identifier_once(registrar: Caller) -> None:
    officer, address = Caller(OFFICER), f"/schools/{HERE}/identifier"
    for _ in range(2):
        answer = officer.post(address, {"identifier": "2133000077"}, key="k")
        assert (answer.status_code, answer.json()["identifier"]) == (200, "2133000077")
    assert {one["text"]: one["until"] is None for one in answer.json()["identifiers"]} == {
        HERE: False,
        "2133000077": True,
    }
    assert officer.get(f"/schools/{HERE}").json()["identifier"] == "2133000077"
    assert officer.post(address, {"identifier": HERE}).json()["code"] == "identifier-taken"
    assert registrar.post(address, {"identifier": "2133000078"}).status_code == 403
    # A file that still carries the old identifier is the school's own.
    answer = registrar.upload(csv_of(pupil(0, school_identifier=HERE)), to="/rosters/check", key=None)
    assert (answer.json()["accepted"], answer.json()["findings"]) == (1, [])


# Acts are done once ----------------------------------------------------------------------


def test_a_writing_request_without_a_key_is_told_so(registrar: Caller) -> None:
    for key in (None, "a" * 65, "mit Leerzeichen"):
        answer = registrar.post("/pupils", one_pupil(), key=key)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-missing")
    assert batches() == []


@pytest.mark.parametrize(
    "content", [pytest.param({}, id="accepted"), pytest.param({"name": None}, id="rejected")]
)
def test_the_same_request_again_gets_the_same_answer(registrar: Caller, content: dict[str, Any]) -> None:
    first = registrar.post("/pupils", one_pupil(**content), key="k")
    again = registrar.post("/pupils", one_pupil(**content), key="k")
    assert "Idempotent-Replay" not in first.headers
    assert again.headers["Idempotent-Replay"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)


def test_a_refusal_is_repeated_too(registrar: Caller) -> None:
    first = registrar.post(f"/rosters/{uuid.uuid4()}/submit", key="k")
    assert first.status_code == 404
    assert first.json() == registrar.post(first.request["PATH_INFO"][7:], key="k").json()


def test_a_key_stands_for_one_request_only(registrar: Caller) -> None:
    registrar.post("/pupils", one_pupil(0), key="k")
    answer = registrar.post("/pupils", one_pupil(1), key="k")
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency-key-reused")
    assert len(batches()) == 1


def test_a_key_of_somebody_else_is_another_key(registrar: Caller) -> None:
    registrar.post("/pupils", one_pupil(), key="k")
    answer = Caller(f"r{ELSEWHERE}").post("/pupils", {"school": ELSEWHERE, "pupil": pupil(1)}, key="k")
    assert answer.status_code == 201


def test_an_upload_is_known_by_its_content_not_by_its_boundary(registrar: Caller) -> None:
    first = registrar.upload(csv_of(pupil()), key="k")
    again = registrar.upload(csv_of(pupil()), key="k")
    assert (again.status_code, again.json()) == (202, first.json())
    assert jobs_waiting() == 1


def test_the_same_file_under_another_key_is_the_roster_it_already_is(registrar: Caller) -> None:
    first = registrar.upload(csv_of(pupil())).json()
    jobs.check_roster(first["id"])
    again = registrar.upload(csv_of(pupil()))
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    assert "同一文件" in again.json()["note_zh"]
    assert len(batches()) == 1


def at_once(*calls: Any) -> list[Any]:
    """Make calls at the same moment, each with connections of its own; return the answers."""
    answers: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(at: int) -> None:
        start.wait()
        try:
            answers[at] = calls[at]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.parametrize("key", ["k", ""], ids=["one-key", "a-key-each"])
def test_two_equal_posts_at_once_make_one_pupil(registrar: Caller, key: str) -> None:
    def call() -> Any:
        return registrar.post("/pupils", one_pupil(), key=key)

    first, second = at_once(call, call)
    assert {first.status_code, second.status_code} == {201}
    assert first.json()["batch"]["id"] == second.json()["batch"]["id"]
    assert len(batches()) == 1


class Crash(BaseException):
    """The process ends."""


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """End the request after the act committed in the national role and before its answer is remembered."""

    def end(*args: Any, **kwargs: Any) -> Any:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(rosters_api, "batch_content", end)
        yield patch


def test_a_pupil_posted_before_a_crash_is_posted_once(registrar: Caller, crash: pytest.MonkeyPatch) -> None:
    with pytest.raises(Crash):
        registrar.post("/pupils", one_pupil(), key="k")
    crash.undo()
    assert len(batches()) == 1
    answer = registrar.post("/pupils", one_pupil(), key="k")
    assert (answer.status_code, answer.json()["batch"]["id"]) == (201, str(batches()[0].id))
    assert len(batches()) == 1


def test_an_upload_before_a_crash_is_checked_after_the_repetition(
    registrar: Caller, crash: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Crash):
        registrar.upload(csv_of(pupil()), key="k")
    crash.undo()
    assert (len(batches()), jobs_waiting()) == (1, 0)
    answer = registrar.upload(csv_of(pupil()), key="k")
    assert (answer.status_code, answer.json()["id"]) == (202, str(batches()[0].id))
    assert (len(batches()), jobs_waiting()) == (1, 1)


@pytest.mark.parametrize("step", ["submit", "approve", "return", "undo"])
def test_a_step_taken_before_a_crash_is_told_to_who_took_it(
    registrar: Caller, crash: pytest.MonkeyPatch, step: str
) -> None:
    crash.undo()
    made, _ = rosters.receive(csv_of(pupil()), file_name="新生.csv", school=school(), by=actor(REGISTRAR))
    batch = rosters.check_batch(made.id, today=TODAY)
    caller = registrar
    if step != "submit":
        batch = rosters.submit(batch.id, by=actor(REGISTRAR), today=TODAY)
    if step in ("approve", "return"):
        caller = Caller(LEADER)
    content = {"version": batch.version} | ({} if step == "submit" else {"reason": "未到校报到"})
    real = rosters_api.batch_content
    rosters_api.batch_content = lambda *args, **kwargs: (_ for _ in ()).throw(Crash())
    try:
        with pytest.raises(Crash):
            caller.post(f"/rosters/{batch.id}/{step}", content, key="k")
    finally:
        rosters_api.batch_content = real
    (after,) = batches()
    answer = caller.post(f"/rosters/{batch.id}/{step}", content, key="k")
    assert (answer.status_code, answer.json()["state"]) == (200, after.state)
    assert "没有任何改变" in answer.json()["note_zh"]
    assert batches()[0].version == after.version == batch.version + 1


def test_a_step_that_a_colleague_took_is_a_conflict(registrar: Caller) -> None:
    made = registrar.post("/pupils", one_pupil()).json()["batch"]
    body = {"version": made["version"]}
    leader = Caller(LEADER)
    assert leader.post(f"/rosters/{made['id']}/approve", body).status_code == 200
    answer = registrar.post(f"/rosters/{made['id']}/submit", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "not-now")


# Broken requests -------------------------------------------------------------------------

DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        pytest.param({"data": b"{"}, 400, "body-unreadable", id="not-json"),
        pytest.param({"data": b"\xff\xfe\x00"}, 400, "body-unreadable", id="not-utf-8"),
        pytest.param({"data": DEEP}, 400, "body-unreadable", id="deep"),
        pytest.param({"data": b'{"school": NaN}'}, 400, "body-unreadable", id="nan"),
        pytest.param(
            {"data": b'{"school": ' + b"9" * 5000 + b"}"}, 400, "body-unreadable", id="endless-number"
        ),
        pytest.param({"data": b" " * (2 << 20)}, 413, "too-large", id="large"),
        pytest.param({"data": b" " * (21 << 20)}, 413, "too-large", id="huge"),
        pytest.param({"data": b"school=1", "content_type": "text/plain"}, 415, "content-type", id="text"),
        pytest.param(
            {"data": b"x", "content_type": "multipart/form-data"}, 415, "content-type", id="no-boundary"
        ),
        pytest.param({"data": b"[]"}, 422, "invalid-request", id="list"),
        pytest.param({"data": b"null"}, 422, "invalid-request", id="null"),
        pytest.param({"data": b'"text"'}, 422, "invalid-request", id="text-alone"),
        pytest.param({"data": b""}, 422, "invalid-request", id="nothing"),
    ],
)
def test_a_broken_body_is_said_in_both_languages(
    registrar: Caller, sent: dict[str, Any], status: int, code: str
) -> None:
    answer = registrar.post("/pupils", **sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message_zh"] != answer.json()["message_en"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        pytest.param({"school": 2133000001}, "school", id="number-for-text"),
        pytest.param({"school": "21330000\x000"}, "school", id="nul-in-identifier"),
        pytest.param({"pupil": {"name": "张\0三"}}, "pupil.name", id="nul"),
        pytest.param({"pupil": {"name": "\ud800"}}, "pupil.name", id="half-a-character"),
        pytest.param({"pupil": {"name": "长" * 5000}}, "pupil.name", id="endless"),
        pytest.param({"pupil": {"name": ["张三"]}}, "pupil.name", id="list-for-text"),
        pytest.param({"pupil": {"namme": "张三"}}, "pupil.namme", id="unknown-field"),
        pytest.param({"pupil": "张三"}, "pupil", id="text-for-object"),
        pytest.param({"pupil": None}, "pupil", id="null-for-object"),
        pytest.param({"more": 1}, "more", id="more"),
    ],
)
def test_a_field_that_cannot_be_is_named(registrar: Caller, changed: dict[str, Any], field: str) -> None:
    answer = registrar.post("/pupils", one_pupil() | changed)
    assert answer.status_code == 422
    assert field in [one["field"] for one in answer.json()["errors"]]
    assert field in answer.json()["message_zh"]
    assert batches() == []


@pytest.mark.parametrize(
    "body",
    [
        {"version": 1.5},
        {"version": 2.0},
        {"version": True},
        {"version": "2"},
        {"version": 10**30},
        {"version": -1},
        {"version": 2, "except_rows": [10**12]},
        {"version": 2, "except_rows": "2"},
        {"version": 2, "except_rows": list(range(1, 2000))},
        {"version": 2, "reason": "长" * 201},
        {"version": 2, "reason": "\0"},
    ],
    ids=lambda body: json.dumps(body)[:30],
)
def test_a_number_that_is_none_is_no_server_error(registrar: Caller, body: dict[str, Any]) -> None:
    made = registrar.post("/pupils", one_pupil()).json()["batch"]
    answer = Caller(LEADER).post(f"/rosters/{made['id']}/approve", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/rosters/not-a-uuid", 404),
        ("/rosters/%00", 404),
        ("/nothing-here", 404),
        ("/", 404),
        (f"/rosters/{uuid.UUID(int=1)}", 404),
        (f"/rosters/{uuid.UUID(int=1)}/corrected.xlsx", 404),
        ("/pupils/00000000-0000-0000-0000-00000000000g", 404),
        ("/schools/%00", 422),
        ("/schools/12", 422),
        ("/schools/２１３３００００0１", 422),
        ("/rosters?after=%00", 422),
        ("/rosters?after=W10", 422),
        ("/rosters?after=%C3%BC", 422),
        ("/rosters?school=%00", 422),
        ("/rosters?state=banana", 422),
        ("/rosters?late=banana", 422),
        ("/rosters?limit=1.5", 422),
        ("/rosters?limit=0", 422),
        ("/rosters?limit=99999999999999999999", 422),
        ("/pupils?q=%00", 422),
        ("/pupils?q=%FF", 200),
        ("/pupils?after=xx", 422),
        ("/pupils?state=banana", 422),
        ("/pupils?class_number=2026101", 404),
        ("/schools?after=WyJ4Il0", 422),
        ("/schools?after=WzFlNDBd", 422),
        ("/schools?q=%00", 422),
        ("/rosters/template.xlsx", 422),
        (f"/rosters/template.xlsx?school={HERE}&layout=banana", 422),
    ],
)
def test_a_broken_address_is_answered_as_json(registrar: Caller, address: str, status: int) -> None:
    answer = registrar.client.get(f"/api/v1{address}", headers=registrar.headers())
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["message_en"]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        pytest.param(b"", 409, None, id="empty"),
        pytest.param(b"PK\x03\x04" + b"\0" * 100, 409, None, id="broken-workbook"),
        pytest.param(b"\xff\xfe\xfd" * 100, 409, None, id="binary"),
        pytest.param("姓名\n".encode(), 409, None, id="header-only"),
    ],
)
def test_a_file_that_is_no_roster_gets_one_sentence(
    registrar: Caller, content: bytes, status: int, code: str | None
) -> None:
    answer = registrar.upload(content, to="/rosters/check", key=None)
    assert answer.status_code == status
    assert answer.json()["message_zh"].endswith("。")


def test_an_upload_without_file_or_with_a_broken_form_is_told_so(registrar: Caller) -> None:
    address = "/api/v1/rosters"
    missing = registrar.client.post(address, {"school": HERE}, headers=registrar.headers("k"))
    assert [one["field"] for one in missing.json()["errors"]] == ["file"]
    as_json = registrar.post("/rosters", {"school": HERE})
    assert as_json.status_code == 422
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
        broken = registrar.post("/rosters", data=b"--y\r\n", content_type=kind)
        assert broken.status_code in (400, 422)
        assert broken.json()["message_en"]


# The description -------------------------------------------------------------------------


@pytest.fixture
def described() -> dict[str, Any]:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


# Open to whoever has a family's code, and to whoever copies or signs the sealed history.
PUBLIC = {"trackCase", "listBlocks", "coSign"}


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for address, methods in described["paths"].items():
        for method, one in methods.items():
            yield method, address, one


def test_the_description_is_openapi_3_1_and_refers_to_nothing_that_is_not_there(
    described: dict[str, Any],
) -> None:
    assert described["openapi"] == "3.1.0"
    assert {"info", "paths", "components", "servers", "tags"} <= set(described)
    schemas = described["components"]["schemas"]
    assert {one.removeprefix("#/components/schemas/") for one in references(described)} <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_every_operation_says_what_it_is_in_both_languages_and_what_can_go_wrong(
    described: dict[str, Any],
) -> None:
    tags = {one["name"] for one in described["tags"]}
    seen = set()
    for method, address, one in operations(described):
        assert " / " in one["summary"], address
        assert set(one["tags"]) <= tags
        assert one["operationId"] not in seen
        seen.add(one["operationId"])
        if one["operationId"] in PUBLIC:
            assert "security" not in one
        else:
            assert {"401", "403"} <= set(one["responses"])
            assert one["security"] == [{"Token": []}, {"Session": []}]
        for parameter in one["parameters"]:
            Draft202012Validator.check_schema(parameter["schema"])
            assert parameter.get("description") or parameter["in"] == "path" or "enum" in str(parameter)
            assert isinstance(parameter.get("examples", {}), dict)
        names = {parameter["name"] for parameter in one["parameters"] if parameter["in"] == "path"}
        assert names == {part[1:-1] for part in address.split("/") if part.startswith("{")}
        assert ("Idempotency-Key" in str(one["parameters"])) == (
            method == "post" and not address.endswith("/check")
        )
    assert len(seen) > 15


def test_every_example_fits_the_schema_it_stands_in(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    shown = 0
    for name, schema in schemas.items():
        whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        for example in schema.get("examples", []):
            Draft202012Validator(whole).validate(example)
            shown += 1
    assert shown >= 8


def test_the_example_of_a_pupil_is_accepted_by_the_checks(
    registrar: Caller, described: dict[str, Any]
) -> None:
    (example,) = described["components"]["schemas"]["PupilSent"]["examples"]
    answer = registrar.post("/pupils/check", example, key=None)
    assert (answer.status_code, answer.json()["accepted"]) == (200, True), answer.json()


@pytest.mark.parametrize(("language", "words"), [("zh-hans", "上传新生名册"), ("en", "Upload a roster")])
def test_the_page_of_the_description_needs_nobody_else(language: str, words: str) -> None:
    browser = Client()
    browser.post("/language", {"language": language, "next": "/sign-in"})
    page = browser.get("/api/v1/docs").content.decode()
    assert words in page
    assert "https://" not in page
