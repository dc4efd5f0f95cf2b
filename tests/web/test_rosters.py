"""The pages of rosters: the inbox, the upload, a roster over its desks, one pupil through a form."""

from __future__ import annotations

import io
import json
import re
import uuid
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import TODAY, actor, pupil, school
from xueji.access.models import Account
from xueji.access.scope import national
from xueji.changes.actions import rosters
from xueji.changes.jobs import register_roster
from xueji.changes.models import RosterBatch, RosterProgress
from xueji.changes.queries.corrected import NothingToCorrect
from xueji.changes.rules.roster_columns import BY_KEY
from xueji.changes.rules.roster_steps import Act, State
from xueji.students.models import Student

pytestmark = pytest.mark.usefixtures("db")

REGISTRAR, LEADER, OFFICER = "r2133000001", "l2133000001", "o330902"
OTHER_REGISTRAR, OTHER_OFFICER = "r2133000003", "o330903"


def as_(username: str) -> Client:
    """Return a browser in which this account is signed in."""
    browser = Client()
    browser.force_login(Account.objects.using("owner").get(username=username))
    return browser


def roster_csv(*pupils: dict[str, str]) -> bytes:
    """Return pupils as a CSV file in the short layout."""
    keys = sorted({key for one in pupils for key in one if key in BY_KEY})
    lines = [",".join(BY_KEY[key].column.header_zh for key in keys)]
    lines += [",".join(one.get(key, "") for key in keys) for one in pupils]
    return "\n".join(lines).encode()


def checked(*pupils: dict[str, str], username: str = REGISTRAR) -> RosterBatch:
    """Return an uploaded and checked roster."""
    batch, _ = rosters.receive(
        roster_csv(*pupils), file_name="新生.csv", school=school(username[1:]), by=actor(username)
    )
    return rosters.check_batch(batch.id, today=TODAY)


def with_leader(*pupils: dict[str, str]) -> RosterBatch:
    return rosters.submit(checked(*pupils).id, by=actor(REGISTRAR), today=TODAY)


def with_authority(*pupils: dict[str, str]) -> RosterBatch:
    return rosters.decide(with_leader(*pupils).id, act=Act.APPROVE, by=actor(LEADER), today=TODAY)


def now(batch: RosterBatch) -> RosterBatch:
    with national("commands") as using:
        return RosterBatch.everywhere.using(using).get(pk=batch.pk)


def form(batch: RosterBatch, **fields: Any) -> dict[str, Any]:
    return {"version": batch.version, "idempotency_key": str(uuid.uuid4())} | fields


def page(answer: Any) -> str:
    assert answer.status_code == 200, answer.content.decode()[:2000]
    return answer.content.decode()


THREE = (pupil(0), pupil(1), pupil(2))
BAD = pupil(3, document_number="330902201909010000", name="王1")


# Doors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/", "/inbox-count", "/rosters/", "/rosters/new", "/rosters/one"])
def test_a_stranger_is_led_to_the_sign_in_and_back(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in?next=")


@pytest.mark.parametrize(
    ("username", "address"),
    [
        (LEADER, "/rosters/new"),
        (OFFICER, "/rosters/one"),
        ("a330902", "/rosters/"),
        (OFFICER, "/rosters/template"),
    ],
)
def test_a_role_that_may_not_is_told_so(username: str, address: str) -> None:
    assert as_(username).get(address).status_code == 403


@pytest.mark.parametrize("username", [OTHER_REGISTRAR, OTHER_OFFICER])
def test_a_roster_outside_one_s_area_does_not_exist(username: str) -> None:
    batch = checked(*THREE)
    assert as_(username).get(f"/rosters/{batch.id}/").status_code == 404
    assert as_(username).post(f"/rosters/{batch.id}/decide", form(batch, act="approve")).status_code in (
        403,
        404,
    )


@pytest.mark.parametrize(
    "address",
    [
        "/rosters/not-a-uuid/",
        "/rosters/?state=nonsense",
        "/rosters/?after=nonsense",
        "/rosters/?state=%00",
        "/?after=2026-13-01~x",
        "/?kind=nonsense",
        "/?due=%00",
        "/rosters/template?layout=nonsense",
    ],
)
def test_a_wrong_address_is_not_found_and_never_a_fault(address: str) -> None:
    assert as_(REGISTRAR).get(address).status_code == 404


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=1~", "rows_after=99999999999999999999", "rows_after=-1", "code=nonsense", "severity=x",
     "except=1,x", "reason=nonsense", "words=%00"],
)  # fmt: skip
def test_wrong_keys_on_the_page_of_a_roster_are_not_found(query: str) -> None:
    assert as_(REGISTRAR).get(f"/rosters/{checked(*THREE, BAD).id}/?{query}").status_code == 404


# Upload ----------------------------------------------------------------------------------


def upload(browser: Client, content: bytes, name: str = "新生.csv") -> Any:
    return browser.post("/rosters/new", {"file": SimpleUploadedFile(name, content)})


def test_an_uploaded_file_becomes_a_roster_that_waits_for_the_worker() -> None:
    browser = as_(REGISTRAR)
    answer = upload(browser, roster_csv(*THREE))
    assert answer.status_code == 302
    shown = page(browser.get(answer["Location"]))
    assert 'id="progress"' in shown
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT args ->> 'batch_id' FROM procrastinate_jobs WHERE task_name = 'roster.check'")
        assert answer["Location"] == f"/rosters/{cursor.fetchone()[0]}/"


def test_the_same_file_again_leads_to_the_roster_that_is_there() -> None:
    browser = as_(REGISTRAR)
    first = upload(browser, roster_csv(*THREE))
    again = browser.post(
        "/rosters/new", {"file": SimpleUploadedFile("copy.csv", roster_csv(*THREE))}, follow=True
    )
    assert again.redirect_chain[0][0] == first["Location"]
    assert "这个文件上传过" in page(again)


def test_no_file_is_said_on_the_form() -> None:
    answer = as_(REGISTRAR).post("/rosters/new", {})
    assert answer.status_code == 422
    assert "请选择一个文件" in answer.content.decode()


def test_a_file_that_is_too_large_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xueji.web.rosters.uploads.MAX_FILE_BYTES", 10)
    answer = upload(as_(REGISTRAR), roster_csv(*THREE))
    assert answer.status_code == 409
    assert 'data-code="file-too-large"' in answer.content.decode()


def test_a_file_that_cannot_be_used_says_why() -> None:
    batch, _ = rosters.receive(b"%PDF-1.7", file_name="a.xlsx", school=school(), by=actor(REGISTRAR))
    batch = rosters.check_batch(batch.id, today=TODAY)
    assert batch.state == State.UNREADABLE
    assert batch.refusal["zh"] in page(as_(REGISTRAR).get(f"/rosters/{batch.id}/"))


@pytest.mark.parametrize("layout", ["short", "national"])
def test_a_template_has_the_school_s_classes_and_is_read_back_without_its_example(layout: str) -> None:
    answer = as_(REGISTRAR).get(f"/rosters/template?layout={layout}")
    assert answer.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    offered = " ".join(str(rule.formula1) for rule in sheet.data_validations.dataValidation)
    assert "2026101" in offered
    assert sheet.cell(1, 1).comment is not None
    with pytest.raises(rosters.Refused, match="没有学生"):
        rosters.check_file(answer.content, file_name="模板.xlsx", school=school(), today=TODAY)


# A checked roster --------------------------------------------------------------------------


def test_a_checked_roster_shows_counts_findings_and_what_can_be_done() -> None:
    batch = checked(*THREE, BAD)
    assert (batch.rows, batch.accepted, batch.rejected) == (4, 3, 1)
    shown = page(as_(REGISTRAR).get(f"/rosters/{batch.id}/"))
    assert "提交 3 人" in shown
    assert "校验不通过" in shown
    assert "corrected.xlsx" in shown


def test_findings_are_filtered_and_htmx_gets_the_table_alone() -> None:
    batch = checked(*THREE, BAD)
    headers = {"HX-Request": "true", "HX-Target": "section#findings", "HX-Request-Type": "partial"}
    shown = page(as_(REGISTRAR).get(f"/rosters/{batch.id}/?code=name-characters", headers=headers))
    assert shown.lstrip().startswith('<section id="findings"')
    assert "姓名" in shown
    assert "校验不通过" not in shown


def test_findings_are_turned_page_by_page_both_ways() -> None:
    batch = checked(*[pupil(n, name="王1", phone="12") for n in range(40)])
    browser, seen = as_(REGISTRAR), []
    address = f"/rosters/{batch.id}/"
    answer = browser.get(address)
    while True:
        seen.append([cells for row, cells in answer.context["findings"].lines for cells in [row.cells[0:4]]])
        if not answer.context["after"]:
            break
        answer = browser.get(f"{address}?after={answer.context['after']}")
    assert [len(rows) for rows in seen] == [50, 30]
    back = browser.get(f"{address}?before={answer.context['before']}")
    assert [row.cells for row in back.context["findings"].rows] == seen[0]
    assert back.context["before"] == ""


def test_the_corrected_file_holds_the_rejected_rows_with_reasons_and_can_be_uploaded() -> None:
    batch = checked(*THREE, BAD)
    answer = as_(REGISTRAR).get(f"/rosters/{batch.id}/corrected.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == ["5"]
    assert "校验不通过" in rows[1][-1]
    again = rosters.check_file(answer.content, file_name="更正.xlsx", school=school(), today=TODAY)
    assert again.rows == 1


def test_a_roster_without_faults_has_nothing_to_correct() -> None:
    batch = checked(*THREE)
    answer = as_(REGISTRAR).get(f"/rosters/{batch.id}/corrected.xlsx")
    assert answer.status_code == 409
    assert f'data-code="{NothingToCorrect.code}"' in answer.content.decode()


def test_submitting_hands_the_roster_on_and_a_double_click_is_told() -> None:
    batch, browser = checked(*THREE), as_(REGISTRAR)
    sent = form(batch)
    assert browser.post(f"/rosters/{batch.id}/submit", sent).status_code == 302
    again = browser.post(f"/rosters/{batch.id}/submit", sent, follow=True)
    assert "没有重复执行" in page(again)
    assert (now(batch).state, now(batch).version) == (State.WITH_LEADER, batch.version + 1)


def test_submitting_what_a_colleague_has_submitted_is_refused_on_the_page() -> None:
    batch = checked(*THREE)
    rosters.submit(batch.id, by=actor(REGISTRAR), today=TODAY)
    answer = as_(REGISTRAR).post(f"/rosters/{batch.id}/submit", form(batch))
    assert answer.status_code == 409
    assert 'data-code="not-now"' in answer.content.decode()


def test_a_roster_is_taken_back_after_a_look_at_what_that_means() -> None:
    batch, browser = with_leader(*THREE), as_(REGISTRAR)
    asked = page(browser.post(f"/rosters/{batch.id}/undo", form(batch)))
    assert "撤回整个名册" in asked
    assert now(batch).state == State.WITH_LEADER
    browser.post(f"/rosters/{batch.id}/undo", form(batch, confirmed="yes"))
    assert now(batch).state == State.WITHDRAWN


# Desks -----------------------------------------------------------------------------------


def decide(username: str, batch: RosterBatch, **fields: Any) -> Any:
    return as_(username).post(f"/rosters/{batch.id}/decide", form(batch, **fields))


def test_the_leader_sees_the_rows_with_masked_numbers_and_approves_in_two_steps() -> None:
    batch = with_leader(*THREE)
    shown = page(as_(LEADER).get(f"/rosters/{batch.id}/"))
    number = pupil(0)["document_number"]
    assert number not in shown
    assert f"{number[:3]}*************{number[-2:]}" in shown
    asked = page(decide(LEADER, batch, act="approve"))
    assert "同意 3 人" in asked
    assert now(batch).state == State.WITH_LEADER
    assert decide(LEADER, batch, act="approve", confirmed="yes").status_code == 302
    assert now(batch).state == State.WITH_AUTHORITY


def test_the_authority_takes_one_pupil_out_with_a_reason_and_registers_the_others() -> None:
    batch = with_authority(*THREE)
    fields = {"act": "approve", "except": ["3"], "reason": "not-arrived", "words": "已电话核实"}
    asked = page(decide(OFFICER, batch, **fields))
    assert "核准 2 人" in asked
    assert "未到校报到" in asked
    decide(OFFICER, batch, **fields, confirmed="yes")
    kept = now(batch)
    assert (kept.state, kept.registered, kept.excepted) == (State.REGISTERED, 2, 1)
    shown = page(as_(REGISTRAR).get(f"/rosters/{batch.id}/"))
    assert "未到校报到：已电话核实" in shown
    rows = openpyxl.load_workbook(
        io.BytesIO(as_(REGISTRAR).get(f"/rosters/{batch.id}/corrected.xlsx").content)
    ).active
    assert rows.cell(2, 1).value == "3"


@pytest.mark.parametrize(
    "fields", [{"act": "return"}, {"act": "return", "reason": "other"}, {"act": "approve", "except": ["2"]}]
)
def test_without_a_reason_nothing_goes_back(fields: dict[str, Any]) -> None:
    batch = with_leader(*THREE)
    answer = decide(LEADER, batch, **fields)
    assert answer.status_code == 422
    assert 'data-code="reason-missing"' in answer.content.decode()
    assert now(batch).version == batch.version


def test_a_returned_roster_comes_back_to_the_registrar_with_its_reason() -> None:
    batch = with_authority(*THREE)
    assert decide(OFFICER, batch, act="return", reason="class-wrong", words="").status_code == 302
    browser = as_(REGISTRAR)
    assert "班级有误" in page(browser.get("/"))
    shown = page(browser.get(f"/rosters/{batch.id}/"))
    assert "已退回，待重新提交" in shown
    assert "测试" not in shown.split('class="timeline"')[1].split("</section>")[0]  # offices, never persons


def test_two_decisions_on_the_same_page_are_one() -> None:
    batch = with_leader(*THREE)
    assert decide(LEADER, batch, act="approve", confirmed="yes").status_code == 302
    late = decide(LEADER, batch, act="return", reason="age")
    assert late.status_code == 409
    assert now(batch).state == State.WITH_AUTHORITY


def test_a_double_click_on_the_approval_is_one_decision_and_the_second_is_told() -> None:
    batch, browser = with_authority(*THREE), as_(OFFICER)
    sent = form(batch, act="approve", confirmed="yes")
    browser.post(f"/rosters/{batch.id}/decide", sent)
    again = browser.post(f"/rosters/{batch.id}/decide", sent, follow=True)
    assert "没有重复执行" in page(again)
    with national("commands") as using:
        assert Student.everywhere.using(using).count() == 3


def test_ticks_travel_from_page_to_page() -> None:
    batch = with_leader(*[pupil(n) for n in range(45)])
    turned = decide(LEADER, batch, turn="all=yes", **{"except": ["3", "7"], "reason": "age"})
    shown = page(as_(LEADER).get(turned["Location"].partition("#")[0]))
    assert shown.count(" checked") == 2
    first = decide(LEADER, batch, turn="rows_after=22", all="", **{"except": ["3"]})
    assert 'name="except" value="3"' in page(as_(LEADER).get(first["Location"].partition("#")[0]))


@pytest.mark.parametrize(
    "fields", [{"act": "destroy"}, {"act": ""}, {"act": "approve", "except": ["x"]}, {"version": "x"}]
)
def test_a_decision_that_no_form_sends_is_not_found(fields: dict[str, Any]) -> None:
    batch = with_leader(*THREE)
    assert decide(LEADER, batch, **fields).status_code == 404


def test_another_authority_s_officer_or_the_registrar_cannot_decide() -> None:
    batch = with_leader(*THREE)
    for username in (REGISTRAR, OFFICER):
        assert decide(username, batch, act="approve", confirmed="yes").status_code == 403
    assert now(batch).state == State.WITH_LEADER


def test_a_large_registration_is_left_to_the_worker_and_shows_that_it_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("xueji.changes.jobs.ROWS_AT_ONCE", 2)
    batch = with_authority(*THREE)
    decide(OFFICER, batch, act="approve", confirmed="yes", reason="age", **{"except": ["2"]})
    assert now(batch).state == State.WITH_AUTHORITY
    shown = page(as_(OFFICER).get(f"/rosters/{batch.id}/"))
    assert 'id="progress"' in shown
    assert 'id="decide"' not in shown
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 'roster.register'")
        (arguments,) = cursor.fetchone()
    register_roster(**(json.loads(arguments) if isinstance(arguments, str) else arguments))
    assert (now(batch).state, now(batch).registered) == (State.REGISTERED, 2)
    done = as_(OFFICER).get(f"/rosters/{batch.id}/progress")
    assert done["HX-Refresh"] == "true"
    with national("commands") as using:
        assert RosterProgress.everywhere.using(using).get().stage == "done"


# Inbox -----------------------------------------------------------------------------------


def test_the_inbox_shows_each_desk_its_own() -> None:
    first = with_leader(*THREE)
    assert str(first.id) in page(as_(LEADER).get("/"))
    assert str(first.id) not in page(as_(REGISTRAR).get("/"))
    assert str(first.id) not in page(as_(OFFICER).get("/"))
    rosters.decide(first.id, act=Act.APPROVE, by=actor(LEADER), today=TODAY)
    assert str(first.id) in page(as_(OFFICER).get("/"))
    assert str(first.id) not in page(as_(OTHER_OFFICER).get("/"))
    assert as_(OFFICER).get("/inbox-count").content == b"1"
    assert as_(LEADER).get("/inbox-count").content == b""


def test_an_overdue_roster_is_counted_and_its_school_is_listed_for_the_authority() -> None:
    batch = with_leader(pupil(0, entered_on="202401"))
    assert batch.due_on is not None
    shown = page(as_(OFFICER).get("/"))
    assert "逾期未注册的学校" in shown
    assert "定海区第一小学" in shown
    assert str(batch.id) in page(as_(OFFICER).get("/rosters/?late=on"))
    assert str(batch.id) in page(as_(LEADER).get("/?due=late"))


def test_overdue_schools_are_found_by_county_and_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xueji.web.rosters.inbox.OVERDUE_PAGE", 1)
    for identifier in ("2133000001", "2133000002", "2133000003"):
        rosters.enrol_one(
            pupil(int(identifier[-1]), entered_on="202401"),
            school=school(identifier),
            by=actor(f"r{identifier}"),
            today=TODAY,
            door="form",
        )
    prefecture, county = as_("o330900"), as_(OFFICER)
    assert "/rosters/overdue" in page(prefecture.get("/"))
    shown = page(prefecture.get("/rosters/overdue", {"at": "330903"}))
    assert "普陀区第一小学" in shown
    assert "定海区第一小学" not in shown
    address, seen = "/rosters/overdue", []
    while address:
        shown = page(county.get(address))
        seen += [name for name in ("定海区第一小学", "定海区第二小学", "普陀区第一小学") if name in shown]
        following = re.search(r'rel="next" href="([^"]*)"', shown)
        address = f"/rosters/overdue{following[1]}" if following else ""
    assert seen == ["定海区第一小学", "定海区第二小学"]


@pytest.mark.parametrize("query", ["?at=510104", "?at=x", "?after=x", "?after=99999999-1"])
def test_an_overdue_list_that_does_not_exist_is_not_found(query: str) -> None:
    assert as_("o330900").get(f"/rosters/overdue{query}").status_code == 404


def test_several_rosters_are_approved_at_once_after_a_look_at_the_numbers() -> None:
    first, second = with_authority(pupil(0), pupil(1)), with_authority(pupil(2))
    browser = as_(OFFICER)
    selected = [f"{batch.id}:{batch.version}" for batch in (first, second)]
    asked = page(browser.post("/rosters/approve", {"selected": selected}))
    assert "同意 2 份名册" in asked
    assert now(first).state == State.WITH_AUTHORITY
    fields = {"selected": selected, "confirmed": "yes", "idempotency_key": str(uuid.uuid4())}
    assert "已同意 2 份名册" in page(browser.post("/rosters/approve", fields, follow=True))
    assert {now(first).state, now(second).state} == {State.REGISTERED}


def test_of_several_rosters_the_one_that_changed_is_named_and_stops_no_other() -> None:
    first, second = with_authority(pupil(0)), with_authority(pupil(2))
    fields = {
        "selected": [f"{first.id}:{first.version - 1}", f"{second.id}:{second.version}"],
        "confirmed": "yes",
    }
    shown = page(as_(OFFICER).post("/rosters/approve", fields, follow=True))
    assert "刚刚被其他同事处理过" in shown
    assert (now(first).state, now(second).state) == (State.WITH_AUTHORITY, State.REGISTERED)


# One pupil -------------------------------------------------------------------------------


def typed(**changed: Any) -> dict[str, str]:
    values = pupil(0, **changed)
    return values | {"idempotency_key": str(uuid.uuid4())}


def test_one_pupil_through_the_form_becomes_a_roster_with_the_leader() -> None:
    answer = as_(REGISTRAR).post("/rosters/one", typed(), follow=True)
    shown = page(answer)
    assert "已提交，待学校审核" in shown
    with national("commands") as using:
        batch = RosterBatch.everywhere.using(using).get()
    assert (batch.state, batch.door, batch.accepted) == (State.WITH_LEADER, "form", 1)


def test_a_fault_stands_at_its_field_and_nothing_is_kept() -> None:
    answer = as_(REGISTRAR).post("/rosters/one", typed(document_number="330902201909010000"))
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert 'id="id_document_number_error"' in shown
    assert "校验不通过" in shown
    field = shown.split('name="document_number"')[1].split(">")[0]
    assert "id_document_number_error" in field
    assert 'aria-invalid="true"' in field
    with national("commands") as using:
        assert not RosterBatch.everywhere.using(using).exists()


def test_the_form_is_checked_while_it_is_filled_in_and_empty_fields_are_left_in_peace() -> None:
    headers = {"HX-Request": "true", "HX-Target": "div#fields", "HX-Request-Type": "partial"}
    answer = as_(REGISTRAR).post(
        "/rosters/one", {"name": "王1", "document_type": "1", "nationality": "CHN"}, headers=headers
    )
    shown = page(answer)
    assert shown.lstrip().startswith('<div id="fields"')
    assert 'id="id_name_error"' in shown
    assert 'id="id_document_number_error"' not in shown
    with national("commands") as using:
        assert not RosterBatch.everywhere.using(using).exists()


def test_a_double_click_on_the_form_is_one_pupil() -> None:
    browser, values = as_(REGISTRAR), typed()
    first = browser.post("/rosters/one", values)
    again = browser.post("/rosters/one", values)
    assert first["Location"] == again["Location"]


# Queries ---------------------------------------------------------------------------------


def queries_of(browser: Client, address: str) -> int:
    browser.get(address)  # the first one of a browser opens its session and fills caches
    with CaptureQueriesContext(connections["default"]) as captured:
        page(browser.get(address))
    return len(captured)


def test_no_page_asks_more_questions_when_there_is_more_to_show() -> None:
    small = with_authority(*[pupil(n, entered_on="202401") for n in range(2)], BAD)
    addresses = ["/", "/rosters/"]
    officer, registrar = as_(OFFICER), as_(REGISTRAR)
    few = [queries_of(officer, address) for address in [*addresses, f"/rosters/{small.id}/"]]
    few.append(queries_of(registrar, f"/rosters/{small.id}/"))
    for start in range(100, 130, 10):
        with_authority(*[pupil(n) for n in range(start, start + 3)])
    large = with_authority(
        *[pupil(n) for n in range(200, 260)], *[pupil(n, phone="1") for n in range(300, 400)]
    )
    many = [queries_of(officer, address) for address in [*addresses, f"/rosters/{large.id}/?all=yes"]]
    many.append(queries_of(registrar, f"/rosters/{large.id}/"))
    assert many == few
    assert max(many) <= 20


def test_an_officer_who_only_decides_problem_records_is_not_told_to_have_no_part() -> None:
    shown = as_("o000000").get("/").content.decode()
    assert "各相关学校都说明情况后，会出现在这里。" in shown
    assert "不办理" not in shown
