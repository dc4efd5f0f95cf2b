"""The pages of status business: the wizard, the case, the lists, pupils who left, and the family's page."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import pupil
from tests.status.cases import HERE, OTHER_PROVINCE, approved, class_id, enrolled, filed, to_class
from tests.status.test_placements import TYPED, specialised_school
from tests.web.registered import as_, queries_of, text_of
from xueji.access.models import Miss
from xueji.access.rules.misses import BY_WAY, Way
from xueji.audit.models import Event
from xueji.status.models import Attempt, Case, Draft, SealedCopy
from xueji.status.rules.steps import State

pytestmark = pytest.mark.usefixtures("db")

REGISTRAR, LEADER, OFFICER = f"r{HERE}", f"l{HERE}", "o330902"
THERE, THEIR_LEADER, THEIR_OFFICER = f"r{OTHER_PROVINCE}", f"l{OTHER_PROVINCE}", "o510104"
SCHOOL_NAME = "定海区第一小学"
PDF = b"%PDF-1.4 made up"


def page(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, text_of(answer)[:3000]
    return text_of(answer).partition("<main")[2]


def sent(**fields: Any) -> dict[str, Any]:
    return {"idempotency_key": str(uuid.uuid4()), **fields}


def the_draft() -> Draft:
    found: Draft = Draft.everywhere.using("owner").get()
    return found


def case_of(case_id: UUID) -> Case:
    found: Case = Case.everywhere.using("owner").get(id=case_id)
    return found


def address(case_id: UUID, name: str = "change") -> str:
    return reverse(name, args=[case_id])


def decide(browser: Client, case_id: UUID, act: str, **fields: Any) -> Any:
    version = case_of(case_id).version
    return browser.post(address(case_id, "change-decide"), sent(act=act, version=version, **fields))


def events(act: str) -> int:
    return Event.objects.using("national").filter(act=act).count()


def transfer() -> UUID:
    student = enrolled()
    return filed("transfer", student, to_class(OTHER_PROVINCE), by=THERE).id


# The wizard ------------------------------------------------------------------------------------------


def found_from_elsewhere(browser: Client, name: str = "测转学") -> Any:
    return browser.post(reverse("change-new"), {"number": pupil()["document_number"], "name": name})


def test_a_transfer_is_filed_from_number_and_name_step_by_step() -> None:
    enrolled()
    browser = as_(THERE)
    draft = found_from_elsewhere(browser)["Location"]
    shown = page(browser.get(draft))
    assert SCHOOL_NAME not in shown
    assert "定海" not in shown
    typed = {"class_id": class_id(OTHER_PROVINCE), "reason": "household"}
    checked = browser.post(draft, sent(act="check", **typed))
    shown = page(browser.get(checked["Location"].partition("#")[0]))
    while "材料还不齐" in shown:
        first = shown.partition('name="paper_kind"')[2].partition('<option value="')[2].partition('"')[0]
        paper = SimpleUploadedFile("a.pdf", PDF + first.encode(), "application/pdf")
        answer = browser.post(draft, sent(act="upload", paper_kind=first, file=paper, **typed))
        assert answer.status_code == 302, text_of(answer)
        shown = page(browser.get(draft))
    assert "原学籍：原学校" in shown
    assert "锦江区" in shown
    assert "定海" not in shown
    papers = [one.partition('"')[0] for one in shown.split('name="offered" value="')[1:]]
    form = sent(act="file", paper=papers, offered=papers, **typed)
    answer = browser.post(draft, form)
    assert browser.post(draft, form)["Location"] == answer["Location"]
    assert answer.status_code == 302, text_of(answer)
    case = Case.everywhere.using("owner").get()
    assert answer["Location"] == address(case.id, "change-slip")
    assert case.state == State.WITH_DESK
    assert not Draft.everywhere.using("owner").exists()
    assert "查询码" in page(browser.get(answer["Location"]))


def test_a_wrong_name_is_answered_like_a_wrong_number_and_counted() -> None:
    enrolled()
    browser = as_(THERE)
    wrong_name = page(found_from_elsewhere(browser, "测转了"), 409)
    wrong_number = page(
        browser.post(reverse("change-new"), {"number": "330902201909019876", "name": "测转学"}), 409
    )
    assert 'data-code="no-match"' in wrong_name
    assert 'data-code="no-match"' in wrong_number
    assert events("look_up.miss") == 2


def test_who_misses_too_often_is_refused_even_with_the_right_name() -> None:
    enrolled()
    account = as_(THERE)
    for at in range(BY_WAY[Way.NUMBER][0].most):
        assert found_from_elsewhere(account, f"不对{chr(0x4E00 + at)}").status_code == 409
    assert 'data-code="too-many-misses"' in page(found_from_elsewhere(account), 409)
    Miss.everywhere.using("owner").all().delete()
    assert found_from_elsewhere(account).status_code == 302


def test_a_pupil_s_page_leads_to_what_fits_and_says_why_the_rest_does_not() -> None:
    student = enrolled()
    browser = as_(REGISTRAR)
    assert reverse("change-choose", args=[student]) in page(browser.get(reverse("student", args=[student])))
    shown = page(browser.get(reverse("change-choose", args=[student])))
    assert 'value="suspension"' in shown
    assert 'value="resumption"' not in shown
    assert "该生不在休学中" in shown
    answer = browser.post(reverse("change-choose", args=[student]), {"kind": "suspension"})
    assert answer["Location"] == reverse("change-draft", args=[the_draft().id])
    again = browser.post(reverse("change-choose", args=[student]), {"kind": "suspension"})
    assert again["Location"] == answer["Location"]
    choose = reverse("change-choose", args=[student])
    assert browser.post(choose, {"kind": "resumption"})["Location"] == choose
    assert browser.post(choose, {"kind": "nonsense"}).status_code == 404


def test_a_draft_is_kept_with_what_was_typed_and_belongs_to_its_office() -> None:
    student = enrolled()
    browser = as_(REGISTRAR)
    draft = browser.post(reverse("change-choose", args=[student]), {"kind": "suspension"})["Location"]
    browser.post(draft, sent(act="keep", reason="10", since="2026-09-14"))
    assert "2026-09-14" in page(browser.get(draft))
    assert draft in page(browser.get(reverse("changes") + "?tab=drafts"))
    assert as_(THERE).get(draft).status_code == 404
    browser.post(reverse("change-drop", args=[the_draft().id]))
    assert browser.get(draft).status_code == 404


def test_what_is_missing_stands_beside_its_field() -> None:
    student = enrolled()
    browser = as_(REGISTRAR)
    draft = browser.post(reverse("change-choose", args=[student]), {"kind": "suspension"})["Location"]
    shown = page(browser.post(draft, sent(act="file", since="下周")), 422)
    assert "请填写休学原因。" in shown
    assert "不是日期" in shown
    assert not Case.everywhere.using("owner").exists()


# The case ---------------------------------------------------------------------------------------------


def test_four_desks_decide_and_the_receiver_learns_the_school_when_its_authority_approved() -> None:
    case = transfer()
    for who in (THEIR_LEADER, THEIR_OFFICER):
        shown = page(as_(who).get(address(case)))
        assert 'value="approve"' in shown
        assert SCHOOL_NAME not in shown
        assert SCHOOL_NAME not in page(as_(THERE).get(address(case)))
        assert decide(as_(who), case, "approve")["Location"] == address(case)
    assert SCHOOL_NAME in page(as_(THERE).get(address(case)))
    decide(as_(LEADER), case, "approve")
    decide(as_(OFFICER), case, "approve")
    shown = page(as_(THERE).get(address(case)))
    assert "已办结" in shown
    assert "新学籍" in shown
    assert 'value="approve"' not in shown


def test_a_case_is_not_there_for_who_takes_no_part() -> None:
    case = transfer()
    assert as_("r2133000002").get(address(case)).status_code == 404
    assert as_("o330903").get(address(case)).status_code == 404
    assert decide(as_("o330903"), case, "approve").status_code == 404


def test_a_second_press_of_the_same_form_changes_nothing() -> None:
    case = transfer()
    leader = as_(THEIR_LEADER)
    form = sent(act="approve", version=case_of(case).version)
    first, second = (leader.post(address(case, "change-decide"), form) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert case_of(case).at == 1
    old = sent(act="approve", version=1)
    assert 'data-code="not-now"' in page(leader.post(address(case, "change-decide"), old), 409)


def test_a_refusal_needs_a_reason_of_the_list() -> None:
    case = transfer()
    leader = as_(THEIR_LEADER)
    assert 'data-code="reason-missing"' in page(decide(leader, case, "refuse", reason="欠费"), 409)
    assert decide(leader, case, "refuse", reason_code="data_mismatch", reason="姓名不符").status_code == 302
    assert "姓名不符" in page(as_(THERE).get(address(case)))


def test_what_was_returned_is_completed_and_goes_back() -> None:
    case = transfer()
    decide(as_(THEIR_LEADER), case, "return", reason="请补户口簿首页")
    browser = as_(THERE)
    shown = page(browser.get(address(case, "change-answer")))
    assert "请补户口簿首页" in shown
    typed = {"class_id": class_id(OTHER_PROVINCE), "reason": "household"}
    answer = browser.post(
        address(case, "change-answer"), sent(act="send", version=case_of(case).version, **typed)
    )
    assert answer.status_code == 302, text_of(answer)
    assert case_of(case).state == State.WITH_DESK
    assert "已补正" in page(browser.get(address(case)))


def test_the_level_above_sees_what_an_undo_does_and_undoes() -> None:
    student, today = enrolled(), timezone.localdate()
    case = filed(
        "suspension",
        student,
        {"reason": "10", "since": "2026-09-10", "until": "2027-01-10"},
        by=REGISTRAR,
        today=today,
    )
    approved(case.id, LEADER, OFFICER, today=today)
    above = as_("o330900")
    shown = page(above.get(address(case.id, "change-undo")))
    assert "休学 → 在读" in shown
    answer = above.post(
        address(case.id, "change-undo"), sent(reason="误办", version=case_of(case.id).version)
    )
    assert answer.status_code == 302, text_of(answer)
    assert case_of(case.id).state == State.UNDONE


def test_a_paper_is_handed_out_to_those_concerned_and_an_event_says_so() -> None:
    case = transfer()
    shown = page(as_(OFFICER).get(address(case)))
    link = next(
        one.partition('"')[0] for one in shown.split('href="')[1:] if "/papers/" in one.partition('"')[0]
    )
    answer = as_(OFFICER).get(link)
    assert answer.content.startswith(b"%PDF")
    assert answer["Content-Disposition"].startswith("attachment")
    assert events("status.paper.read") == 1
    assert as_("o330903").get(link).status_code == 404


def test_a_case_takes_few_statements_however_long_it_is() -> None:
    case = transfer()
    assert queries_of(as_(THEIR_LEADER), address(case)) < 45


# Lists, pupils who left, the family ----------------------------------------------------------------------


def test_lists_show_what_waits_what_was_filed_and_what_is_over() -> None:
    case = transfer()
    link = address(case)
    assert link in page(as_(THEIR_LEADER).get(reverse("changes")))
    assert link in page(as_(THERE).get(reverse("changes") + "?tab=filed"))
    assert link not in page(as_(REGISTRAR).get(reverse("changes") + "?tab=filed"))
    decide(as_(THEIR_LEADER), case, "refuse", reason_code="data_mismatch")
    assert link in page(as_(THEIR_LEADER).get(reverse("changes") + "?tab=closed"))
    assert link not in page(as_(THEIR_LEADER).get(reverse("changes") + "?tab=closed&state=withdrawn"))


def test_what_waits_for_the_old_school_stands_in_its_own_list() -> None:
    student = enrolled()
    suspension = {"reason": "10", "since": "2026-09-10", "until": "2027-01-10"}
    approved(filed("suspension", student, suspension, by=REGISTRAR).id, LEADER, OFFICER)
    case = filed("transfer", student, to_class(OTHER_PROVINCE), by=THERE)
    assert case.state is State.WAITING
    assert address(case.id) in page(as_(REGISTRAR).get(reverse("changes") + "?tab=clear"))
    shown = page(as_(REGISTRAR).get(address(case.id)))
    assert "须先在原校办理复学" in shown
    assert reverse("change-choose", args=[student]) in shown
    assert SCHOOL_NAME not in page(as_(THERE).get(address(case.id)))


def test_the_copy_of_a_pupil_who_left_is_read_for_a_reason_that_is_recorded() -> None:
    case = transfer()
    approved(case, THEIR_LEADER, THEIR_OFFICER, LEADER, OFFICER)
    copy = SealedCopy.everywhere.using("owner").get()
    browser, link = as_(REGISTRAR), reverse("left-pupil", args=[copy.id])
    assert link in page(browser.get(reverse("left-pupils")))
    assert pupil()["document_number"] not in page(browser.get(link))
    shown = page(browser.post(link, {"reason": "家长来校补开证明"}))
    assert pupil()["document_number"] in shown
    assert SCHOOL_NAME in shown
    assert events("status.copy.read") == 1
    assert page(browser.post(link, {"reason": ""}), 422)
    assert as_(THERE).get(link).status_code == 404


def test_a_family_follows_its_case_without_an_account_and_reads_nothing_of_the_child() -> None:
    student = enrolled()
    case = filed("transfer", student, to_class(OTHER_PROVINCE), by=THERE)
    shown = page(Client().get(reverse("track"), {"code": case.tracking_code.lower()}))
    assert "转入学校" in shown
    assert "锦江区" in shown
    assert "测转学" not in shown
    # The school that files holds the code, too.
    assert SCHOOL_NAME not in shown
    approved(case.id, THEIR_LEADER)
    assert "转入学校主管部门" in page(Client().get(reverse("track"), {"code": case.tracking_code}))


def test_an_unknown_code_is_always_answered_alike_and_nobody_tries_for_long() -> None:
    answers = {
        page(Client().get(reverse("track"), {"code": code})).rpartition("</form>")[2]
        for code in ("A" * 20, "x", "学籍")
    }
    assert len(answers) == 1
    Attempt.objects.using("owner").filter(what="track_address").update(times=60)
    assert 'data-code="too-many-looks"' in page(Client().get(reverse("track"), {"code": "A" * 20}), 429)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        pytest.param("changes", "tab=x", id="no-such-tab"),
        pytest.param("changes", "kind=x", id="no-such-kind"),
        pytest.param("changes", "after=x", id="no-such-key"),
        pytest.param("left-pupils", "after=2026-01-01~x", id="no-such-copy"),
    ],
)
def test_addresses_that_do_not_exist_are_not_found(name: str, query: str) -> None:
    assert as_(REGISTRAR).get(f"{reverse(name)}?{query}").status_code == 404


# The inbox -----------------------------------------------------------------------------------------------


def test_the_inbox_brings_each_desk_its_changes_and_the_authority_above_those_that_are_late() -> None:
    case = transfer()
    assert address(case) in page(as_(THEIR_LEADER).get("/"))
    assert address(case) in page(as_(THEIR_LEADER).get("/?kind=change&due=late"))
    assert address(case) not in page(as_(THERE).get("/"))
    # Filed in September of the test, and it is later now: the county sees that its school is late.
    shown = page(as_(THEIR_OFFICER).get("/?kind=late"))
    assert address(case) in shown
    assert "下级逾期" in shown
    assert as_(THEIR_LEADER).get("/inbox-count").content == b"1"
    decide(as_(THEIR_LEADER), case, "return", reason="请补户口簿")
    assert address(case) not in page(as_(THEIR_LEADER).get("/"))
    assert address(case) in page(as_(THERE).get("/"))


def test_several_changes_are_approved_at_once_after_a_look_at_what_happens() -> None:
    students = [enrolled(f"测休学{one}", serial) for serial, one in enumerate("甲乙")]
    terms = {"reason": "10", "since": "2026-09-10", "until": "2027-01-10"}
    found = [filed("suspension", student, terms, by=REGISTRAR).id for student in students]
    for case in found:
        approved(case, LEADER)
    officer = as_(OFFICER)
    selected = [f"change:{case}:{case_of(case).version}" for case in found]
    asked = page(officer.post(reverse("rosters-approve"), {"selected": selected}))
    assert "在读 → 休学" in asked
    assert case_of(found[0]).state == State.WITH_DESK
    fields = sent(selected=selected, confirmed="yes")
    assert "已同意 2 项学籍变动" in page(officer.post(reverse("rosters-approve"), fields, follow=True))
    assert {case_of(case).state for case in found} == {State.COMPLETED}
    assert officer.post(reverse("rosters-approve"), fields).status_code == 302


def test_the_inbox_takes_as_many_statements_for_many_cases_as_for_one() -> None:
    transfer()
    one = queries_of(as_(THEIR_LEADER), "/")
    for serial, name in enumerate("甲乙丙", 1):
        student = enrolled(f"测转{name}", serial)
        filed("transfer", student, to_class(OTHER_PROVINCE), by=THERE)
    assert queries_of(as_(THEIR_LEADER), "/") == one


# What is discreet -----------------------------------------------------------------------------------------


def test_what_is_discreet_is_filed_at_once_and_found_by_those_who_must_know() -> None:
    specialised_school()
    student = enrolled()
    officer = as_(OFFICER)
    form = reverse("change-discreet", args=[student, "placement"])
    assert form in page(officer.get(reverse("change-choose", args=[student])))
    paper = SimpleUploadedFile("a.pdf", PDF, "application/pdf")
    shown = page(officer.post(form, sent(act="upload", paper_kind="placement_decision", file=paper, **TYPED)))
    ticked = shown.partition('name="paper" value="')[2].partition('"')[0]
    answer = officer.post(form, sent(act="file", paper=ticked, offered=ticked, **TYPED))
    assert answer.status_code == 302, text_of(answer)
    case = Case.everywhere.using("owner").get()
    assert answer["Location"] == address(case.id)
    for who in (OFFICER, LEADER):
        assert address(case.id) in page(as_(who).get(reverse("discreet")))
        assert page(as_(who).get(address(case.id)))
        assert address(case.id) not in page(as_(who).get(reverse("changes")))
    assert events("status.discreet.look") >= 2
    for who in (REGISTRAR, "o330900", "o330903"):
        assert as_(who).get(address(case.id)).status_code == 404
    assert as_(REGISTRAR).get(reverse("discreet")).status_code == 403
    assert as_(REGISTRAR).get(form).status_code == 403
