"""The pages of problem records: what each reader sees, states and decides, and what malformed input gets."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.changes.test_problems import (
    HERE,
    OTHER_NAME,
    OTHER_PROVINCE,
    PDF,
    SAME_COUNTY,
    approve,
    batch_of_one,
    enrolled,
    events,
    number_twice,
    state,
    the_case,
)
from tests.factories import pupil, resident_number
from xueji.access.models import Account
from xueji.changes.models import Case, Evidence
from xueji.changes.rules.problem_records import CaseState
from xueji.students.models import Student

pytestmark = pytest.mark.usefixtures("db")

REGISTRAR, OTHER_REGISTRAR, LEADER, OFFICER = f"r{HERE}", f"r{SAME_COUNTY}", f"l{HERE}", "o330902"


def as_(username: str) -> Client:
    """Return a browser in which this account is signed in."""
    browser = Client()
    browser.force_login(Account.objects.using("owner").get(username=username))
    return browser


def page(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


def address(case: Case, name: str = "problem") -> str:
    return reverse(name, args=[case.id])


def file(content: bytes = PDF, name: str = "户口簿.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def with_desk() -> Case:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    return state(case, SAME_COUNTY, "prove")


def decision(case: Case, **fields: Any) -> dict[str, Any]:
    return {"version": case.version, "act": "decide", "idempotency_key": str(uuid.uuid4())} | fields


def test_a_school_answers_step_by_step() -> None:
    case, registrar = number_twice(SAME_COUNTY), as_(REGISTRAR)
    assert OTHER_NAME in page(registrar.get(reverse("problems")))
    shown = page(registrar.get(address(case)))
    assert "?answer=prove-filed" in shown
    shown = page(registrar.get(address(case) + "?answer=prove-filed"))
    assert "未上传" in shown
    for kind in ("attendance", "identity"):
        answer = registrar.post(
            address(case, "problem-file"), {"answer": "prove-filed", "kind": kind, "file": file()}
        )
        assert answer["Location"] == address(case) + "?answer=prove-filed#answer"
    assert "未上传" not in page(registrar.get(address(case) + "?answer=prove-filed"))
    answer = registrar.post(
        address(case, "problem-state"), {"answer": "prove-filed", "statement": "已核对户口簿。"}
    )
    assert answer["Location"] == address(case)
    shown = page(registrar.get(address(case)))
    assert "<strong>佐证</strong>" in shown
    assert "已核对户口簿。" in shown
    assert "没有等待本校说明" in page(registrar.get(reverse("problems")))


def test_no_school_is_told_where_or_who_the_other_is() -> None:
    case = number_twice(SAME_COUNTY)
    filed = page(as_(REGISTRAR).get(address(case)))
    standing = page(as_(OTHER_REGISTRAR).get(address(case)))
    assert "第二小学" not in filed
    assert pupil()["name"] not in filed
    assert "定海区第一小学" not in standing
    assert OTHER_NAME not in standing
    assert pupil()["document_number"] not in standing


def test_a_school_that_is_not_concerned_finds_nothing() -> None:
    case = number_twice(SAME_COUNTY)
    stranger = as_(f"r{OTHER_PROVINCE}")
    assert stranger.get(address(case)).status_code == 404
    assert stranger.post(address(case, "problem-state"), {"answer": "delete-filed"}).status_code == 404
    assert stranger.post(address(case, "problem-file"), {"file": file()}).status_code == 404
    assert "没有等待本校说明" in page(stranger.get(reverse("problems")))


def test_a_correction_is_typed_where_it_was_wrong_and_shown_again_when_it_fails() -> None:
    case, registrar = number_twice(SAME_COUNTY), as_(REGISTRAR)
    registrar.post(
        address(case, "problem-file"), {"answer": "correct-filed", "kind": "identity", "file": file()}
    )
    typed = {"answer": "correct-filed", "statement": "号码录错。", "name": OTHER_NAME, "document_type": "1"}
    wrong = typed | {"document_number": "330902201909019"}
    shown = page(registrar.post(address(case, "problem-state"), wrong), 409)
    assert "330902201909019" in shown
    assert 'data-code="correction-fails"' in shown
    right = typed | {"document_number": resident_number(7)}
    assert registrar.post(address(case, "problem-state"), right).status_code == 302
    assert the_case().outcome == "corrected"


def test_a_correction_that_collides_again_leads_to_the_next_case() -> None:
    enrolled(OTHER_PROVINCE, 5)
    case, registrar = number_twice(SAME_COUNTY), as_(REGISTRAR)
    registrar.post(
        address(case, "problem-file"), {"answer": "correct-filed", "kind": "identity", "file": file()}
    )
    typed = {"answer": "correct-filed", "statement": "号码录错。", "name": OTHER_NAME, "document_type": "1"}
    sent = typed | {"document_number": pupil(5)["document_number"]}
    assert registrar.post(address(case, "problem-state"), sent).status_code == 302
    following = Case.everywhere.using("owner").exclude(pk=case.pk).get()
    for username in (REGISTRAR, OFFICER):
        shown = page(as_(username).get(address(case)))
        assert "已自动登记新的问题学籍" in shown
        assert address(following) in shown
    assert address(following) in page(registrar.get("/"))


def test_a_school_corrects_its_enrolled_pupil_without_seeing_the_number_in_full() -> None:
    case, registrar = number_twice(SAME_COUNTY), as_(OTHER_REGISTRAR)
    shown = page(registrar.get(address(case) + "?answer=correct-standing"))
    assert pupil()["document_number"] not in shown
    state(case, SAME_COUNTY, "prove")
    typed = {"answer": "correct-standing", "statement": "姓名写错。", "document_type": "1"}
    answer = registrar.post(address(case, "problem-state"), typed | {"name": "测第三名"})
    assert answer.status_code == 302
    shown = page(as_(OFFICER).get(address(case)))
    assert "测第三名" in shown


def test_the_desk_sees_both_sides_with_what_differs_and_masks_numbers_until_it_asks() -> None:
    case, officer = with_desk(), as_(OFFICER)
    number = pupil()["document_number"]
    shown = page(officer.get(address(case)))
    assert "定海区第一小学" in shown
    assert "定海区第二小学" in shown
    assert "<mark>" in shown
    assert number not in shown
    assert number in page(officer.post(address(case, "problem-numbers")))
    assert "problem.reveal" in events(case.id)


def test_only_the_desk_sees_numbers_in_full() -> None:
    case = number_twice(OTHER_PROVINCE)
    assert 'data-code="not-now"' in page(as_(OFFICER).post(address(case, "problem-numbers")), 409)
    assert "problem.reveal" not in events(case.id)


def test_a_county_reads_its_own_side_of_a_case_between_provinces() -> None:
    case = number_twice(OTHER_PROVINCE)
    for officer, own, other in (
        ("o330902", "定海区第一小学", "锦江区"),
        ("o510104", "", "定海区"),
    ):
        browser = as_(officer)
        shown = page(browser.get(address(case)))
        assert own in shown
        assert other not in shown.partition("<main")[2]
        assert 'action="' + address(case, "problem-decide") not in shown
        assert address(case) in page(browser.get(reverse("problems") + "?tab=open"))


def test_a_paper_is_handed_out_as_a_file_to_those_concerned() -> None:
    case = number_twice(SAME_COUNTY)
    state(case, HERE, "prove")
    paper = Evidence.everywhere.using("owner").first()
    url = reverse("problem-paper", args=[case.id, paper.id])
    answer = as_(OFFICER).get(url)
    assert answer.content == PDF
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert as_(OTHER_REGISTRAR).get(url).status_code == 404
    # Who opened which paper is kept; who found nothing opened nothing.
    with connections["national"].cursor() as cursor:
        cursor.execute("SELECT office, after->>'paper' FROM audit_event WHERE act = 'problem.read'")
        assert cursor.fetchall() == [(330902_000000, str(paper.id))]


def test_a_desk_decides_once_however_often_the_form_is_sent() -> None:
    case, officer = with_desk(), as_(OFFICER)
    sent = decision(case, outcome="two-persons", reason="与公安部门核对过。")
    first, second = (officer.post(address(case, "problem-decide"), sent) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert (the_case().outcome, events(case.id).count("problem.decide")) == ("two-persons", 1)
    assert "确为两名学生" in page(as_(OTHER_REGISTRAR).get(address(case)))


def test_a_decision_on_what_has_changed_is_refused() -> None:
    case, officer = with_desk(), as_(OFFICER)
    sent = decision(case, outcome="two-persons", reason="是")
    state(case, SAME_COUNTY, "prove")
    shown = page(officer.post(address(case, "problem-decide"), sent), 409)
    assert 'data-code="not-now"' in shown
    assert f'value="{the_case().version}"' in shown


def test_a_desk_gives_a_case_back() -> None:
    case = with_desk()
    sent = decision(case, act="return", reason="请补交户口簿首页。")
    assert as_(OFFICER).post(address(case, "problem-decide"), sent).status_code == 302
    assert "请补交户口簿首页。" in page(as_(REGISTRAR).get(address(case)))


def test_inside_one_school_the_leader_sees_both_records_and_decides() -> None:
    case = number_twice(HERE)
    shown = page(as_(REGISTRAR).get(address(case)))
    assert "?answer=delete-standing" in shown
    assert "?answer=delete-filed" in shown
    case = state(case, HERE, "prove")
    leader = as_(LEADER)
    assert "<mark>" in page(leader.get(address(case)))
    assert (
        leader.post(
            address(case, "problem-decide"), decision(case, outcome="two-persons", reason="两人都在校。")
        ).status_code
        == 302
    )
    assert the_case().state == CaseState.CLOSED


def test_an_officer_opens_a_case_on_a_pupil() -> None:
    student, officer = enrolled(HERE), as_(OFFICER)
    page(officer.get(reverse("problem-new"), {"student": student.id}))
    sent = {"student": student.id, "problem": "name-mismatch", "statement": "人口库 9 月反馈。"}
    answer = officer.post(reverse("problem-new"), sent)
    assert answer["Location"] == address(the_case())
    assert 'data-code="already-open"' in page(officer.post(reverse("problem-new"), sent), 409)
    assert "人口库 9 月反馈。" in page(as_(REGISTRAR).get(address(the_case())))


def test_a_school_opens_no_case_and_an_officer_none_elsewhere() -> None:
    student = enrolled(HERE)
    assert as_(REGISTRAR).get(reverse("problem-new"), {"student": student.id}).status_code == 403
    assert as_("o330903").get(reverse("problem-new"), {"student": student.id}).status_code == 404


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        pytest.param("problem-state", {}, id="nothing-stated"),
        pytest.param("problem-state", {"answer": "prove-filed", "statement": "a\0b"}, id="nul"),
        pytest.param("problem-state", {"answer": "delete-filed", "statement": "长" * 501}, id="too-long"),
        pytest.param("problem-state", {"answer": "x" * 5000, "statement": "是"}, id="no-such-answer"),
        pytest.param(
            "problem-state",
            {"answer": "correct-filed", "statement": "是", "document_type": "QQ"},
            id="no-such-code",
        ),
        pytest.param("problem-file", {"kind": "identity"}, id="no-file"),
        pytest.param("problem-file", {"kind": "\0", "file": b""}, id="no-such-kind"),
    ],
)
def test_malformed_answers_are_refused_on_the_page(name: str, sent: dict[str, Any]) -> None:
    case = number_twice(SAME_COUNTY)
    answer = as_(REGISTRAR).post(address(case, name), sent)
    assert answer.status_code in (409, 422)
    assert the_case().state == CaseState.WITH_SCHOOLS


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"MZ", id="a-program"),
        pytest.param(b"%PDF-" + b"0" * 3_000_000, id="large"),
    ],
)
def test_a_file_that_is_no_paper_is_refused_with_the_reason(content: bytes) -> None:
    case = number_twice(SAME_COUNTY)
    answer = as_(REGISTRAR).post(
        address(case, "problem-file"), {"kind": "identity", "answer": "prove-filed", "file": file(content)}
    )
    assert 'data-code="paper-unfit"' in page(answer, 409)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({"version": "x"}, id="no-version"),
        pytest.param({"version": "9" * 40, "outcome": "two-persons", "reason": "是"}, id="huge-version"),
        pytest.param({"outcome": "no-such"}, id="no-such-outcome"),
        pytest.param({"outcome": "two-persons", "reason": ""}, id="no-reason"),
        pytest.param({"outcome": "two-persons", "reason": "\0"}, id="nul"),
    ],
)
def test_malformed_decisions_are_refused_on_the_page(sent: dict[str, Any]) -> None:
    case = with_desk()
    answer = as_(OFFICER).post(address(case, "problem-decide"), decision(case) | sent)
    assert answer.status_code in (409, 422)
    assert the_case().state == CaseState.WITH_DESK


@pytest.mark.parametrize("query", ["?tab=x", "?after=x", "?before=%00", "?tab=state&after=1"])
def test_a_list_that_does_not_exist_is_not_found(query: str) -> None:
    assert as_(REGISTRAR).get(reverse("problems") + query).status_code == 404


@pytest.mark.parametrize("username", [REGISTRAR, LEADER, OFFICER, "l330902", "o000000"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_reader_has_a_list_and_a_case_in_both_languages(username: str, language: str) -> None:
    case, browser = with_desk(), as_(username)
    browser.cookies["django_language"] = language
    for tab in ("", "?tab=open", "?tab=closed"):
        page(browser.get(reverse("problems") + tab))
    page(browser.get(address(case)))


def test_pages_ask_the_database_a_fixed_number_of_times() -> None:
    case = with_desk()
    for username, most in ((REGISTRAR, 20), (OFFICER, 30)):
        browser = as_(username)
        for url in (address(case), reverse("problems") + "?tab=open"):
            browser.get(url)
            with CaptureQueriesContext(connections["default"]) as asked:
                browser.get(url)
            assert len(asked) <= most, [query["sql"][:90] for query in asked]


def test_the_inbox_of_both_schools_and_the_findings_lead_to_the_case() -> None:
    case = number_twice(SAME_COUNTY)
    for username in (REGISTRAR, OTHER_REGISTRAR):
        assert address(case) in page(as_(username).get("/"))
    assert address(case) in page(as_(REGISTRAR).get(reverse("roster", args=[case.batch_id])))


def test_the_page_of_a_pupil_tells_what_a_case_changed() -> None:
    case = number_twice(OTHER_PROVINCE)
    state(case, HERE, "prove")
    case = state(case, OTHER_PROVINCE, "correct", proposal={"document_number": resident_number(9)})
    sent = decision(case, outcome="filed-right", reason="已核对。")
    assert as_("o000000").post(address(case, "problem-decide"), sent).status_code == 302
    shown = page(as_("o510104").get(reverse("student", args=[case.student_id])))
    assert "更正身份信息" in shown
    assert reverse("problem-new") + f"?student={case.student_id}" in shown


def test_the_page_of_a_pupil_whose_number_is_disputed_says_so() -> None:
    case, officer = with_desk(), as_(OFFICER)
    officer.post(address(case, "problem-decide"), decision(case, outcome="two-persons", reason="是"))
    approve(batch_of_one(), HERE)
    student = Student.everywhere.using("owner").get(name=OTHER_NAME)
    assert "有争议的证件号" in page(officer.get(reverse("student", args=[student.id])))
