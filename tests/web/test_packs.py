"""The pages of provincial rules: in words, side by side, drafted with lines, put in force, filed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import actor
from tests.web.registered import OFFICER, REGISTRAR, as_, queries_of, text_of
from xueji.access.scope import acting
from xueji.organisations import actions_packs
from xueji.organisations.models import RulePackVersion
from xueji.organisations.rules.pack_parameters import PARAMETERS

pytestmark = pytest.mark.usefixtures("db")

ADMINISTRATOR, LEADER, MINISTRY = "a330000", "l330000", "o000000"
DRAFT = "/packs/33/draft/"


def drafted(extra: str = "") -> RulePackVersion:
    by = actor(ADMINISTRATOR)
    with acting(by.scope):
        draft = actions_packs.draft_pack(by=by, today=timezone.localdate())
        return actions_packs.change_draft(draft.pk, text=draft.text + extra, by=by)


def published(extra: str = "\n[transfer]\nwindows = ['02-20..03-20']\n") -> RulePackVersion:
    draft, by = drafted(extra), actor(LEADER)
    with acting(by.scope):
        return actions_packs.put_in_force(draft.pk, by=by, today=timezone.localdate())


@pytest.mark.parametrize("username", [REGISTRAR, OFFICER, ADMINISTRATOR, MINISTRY])
def test_everybody_reads_the_rules_of_every_province(username: str) -> None:
    browser = as_(username)
    listed = text_of(browser.get("/packs/"))
    assert "四川省" in listed
    assert "2026.1" in listed
    assert "按国家默认规则" in listed
    page = text_of(browser.get("/packs/51/"))
    assert "高中学生连续旷课 15 天的" in page
    assert "四川省中小学生学籍管理实施细则（2026年）" in page
    assert "推定，待确认" in page


def test_a_draft_waits_in_the_inbox_of_the_leader_and_its_filing_in_that_of_the_ministry() -> None:
    draft = drafted()
    waiting = f"浙江省规则 {draft.version}"
    assert waiting in text_of(as_(LEADER).get("/"))
    assert "待公布" in text_of(as_(LEADER).get("/?kind=pack"))
    for other in (ADMINISTRATOR, MINISTRY, "l510000", OFFICER):
        assert waiting not in text_of(as_(other).get("/"))
    by = actor(LEADER)
    with acting(by.scope):
        actions_packs.put_in_force(draft.pk, by=by, today=timezone.localdate())
    assert waiting not in text_of(as_(LEADER).get("/"))
    page = text_of(as_(MINISTRY).get("/"))
    assert waiting in page
    assert "待登记备案" in page
    assert f"/packs/33/?version={draft.pk}" in page


def test_a_province_without_a_pack_shows_the_national_default() -> None:
    page = text_of(as_(REGISTRAR).get("/packs/33/"))
    assert "本省还没有自己的规则包" in page
    assert "转学的四方各有 10 个工作日。" in page


def test_the_page_is_english_for_who_reads_english() -> None:
    browser = as_(REGISTRAR)
    browser.cookies["django_language"] = "en"
    page = text_of(browser.get("/packs/32/"))
    assert "No transfer between schools that share a catchment." in page
    assert "Jiangsu" in page


def test_the_list_and_a_pack_take_few_queries() -> None:
    assert queries_of(as_(REGISTRAR), "/packs/") <= 8
    assert queries_of(as_(REGISTRAR), "/packs/51/") <= 9


def test_two_packs_are_laid_side_by_side() -> None:
    hunan = RulePackVersion.objects.using("owner").get(province="43")
    page = text_of(as_(REGISTRAR).get(f"/packs/51/?with={hunan.pk}"))
    assert "与湖南省 2025.1有" in page
    assert "可以留级：普通高中不超过 2%（占年级人数）。" in page
    assert "转学的四方各有 10 个工作日。" not in page


@pytest.mark.parametrize("query", ["?with=x", "?with=999999", "?version=999999", "?version=%00"])
def test_a_version_that_is_not_there_is_not_found(query: str) -> None:
    assert as_(REGISTRAR).get(f"/packs/51/{query}").status_code == 404


@pytest.mark.parametrize("path", ["/packs/98/", "/packs/5/", "/packs/98/draft/"])
def test_a_province_that_is_not_there_is_not_found(path: str) -> None:
    assert as_(ADMINISTRATOR).get(path).status_code in (403, 404)


def test_drafts_are_read_at_the_authority_of_their_province_only() -> None:
    draft = drafted()
    for username, status in (
        (LEADER, 200),
        ("o330000", 200),
        (REGISTRAR, 404),
        ("l510000", 404),
        (MINISTRY, 404),
    ):
        assert as_(username).get(f"/packs/33/?version={draft.pk}").status_code == status
        assert ("草稿" in text_of(as_(username).get("/packs/"))) is (status == 200)


# Drafting


def test_an_administrator_begins_a_draft_once() -> None:
    browser = as_(ADMINISTRATOR)
    assert "起草新版本" in text_of(browser.get("/packs/33/"))
    assert browser.get(DRAFT).status_code == 404
    assert browser.post(DRAFT, {"act": "begin", "idempotency_key": "1"})["Location"] == DRAFT
    assert browser.post(DRAFT, {"act": "begin", "idempotency_key": "1"})["Location"] == DRAFT
    assert browser.post(DRAFT, {"act": "begin", "idempotency_key": "2"}).status_code == 409
    assert "起草新版本" not in text_of(browser.get("/packs/33/"))


@pytest.mark.parametrize("username", [LEADER, "a510000", REGISTRAR, "a330900"])
def test_nobody_else_drafts(username: str) -> None:
    assert as_(username).post(DRAFT, {"act": "begin"}).status_code in (403, 404)
    assert not RulePackVersion.objects.using("owner").filter(province="33").exists()


@pytest.mark.parametrize("act", ["check", "save"])
def test_a_fault_is_shown_with_its_line_and_the_text_stays_as_typed(act: str) -> None:
    draft = drafted()
    text = draft.text + "[withdrawal]\r\ngrades = [8, 10]\r\n"
    answer = as_(ADMINISTRATOR).post(DRAFT, {"act": act, "text": text})
    page = text_of(answer)
    assert answer.status_code == (422 if act == "save" else 200)
    assert f"第 {draft.text.count(chr(10)) + 2} 行" in page
    assert "一至九年级学生不得办理退学。（《义务教育法》第二十七条。）" in page
    assert page.count("grades = [8, 10]") == 2
    assert RulePackVersion.objects.using("owner").get(pk=draft.pk).text == draft.text


def test_what_a_text_means_is_shown_before_it_is_saved() -> None:
    draft = drafted()
    typed = {"text": draft.text + "[transfer]\nwindows = ['02-20..03-20']\n"}
    answer = as_(ADMINISTRATOR).post(DRAFT, typed, headers={"HX-Request": "true", "HX-Target": "div#outcome"})
    page = text_of(answer)
    assert page.strip().startswith('<div id="outcome"')
    assert "转学在每年 2 月 20 日至 3 月 20 日办理。" in page
    assert RulePackVersion.objects.using("owner").get(pk=draft.pk).text == draft.text


def test_the_draft_page_lists_every_parameter_with_its_national_default() -> None:
    drafted()
    page = text_of(as_(ADMINISTRATOR).get(DRAFT))
    for one in PARAMETERS:
        assert one.key in page
    assert "应是时间段的列表" in page


def test_a_saved_draft_is_kept_as_typed() -> None:
    draft = drafted()
    text = draft.text + "\n  # 空行和注释也留着\n"
    assert as_(ADMINISTRATOR).post(DRAFT, {"act": "save", "text": text}).status_code == 302
    assert RulePackVersion.objects.using("owner").get(pk=draft.pk).text == text


@pytest.mark.parametrize("text", ["", " ", "\0", "x" * 70_000, "province = '51'", "[" * 5_000])
def test_whatever_is_typed_gets_an_answer(text: str) -> None:
    drafted()
    answer = as_(ADMINISTRATOR).post(DRAFT, {"act": "save", "text": text})
    assert answer.status_code == 422
    assert "需要改正" in text_of(answer)


def test_a_number_that_is_taken_is_refused() -> None:
    published()
    draft = drafted()
    text = draft.text.replace(f'"{draft.version}"', f'"{timezone.localdate().year}.1"')
    answer = as_(ADMINISTRATOR).post(DRAFT, {"act": "save", "text": text})
    assert answer.status_code == 409
    assert "请换一个版本号" in text_of(answer)


# In force and filed


def test_a_leader_sees_what_changes_before_it_is_published() -> None:
    draft = drafted("\n[transfer]\nwindows = ['02-20..03-20']\n")
    browser = as_(LEADER)
    assert "公布…" in text_of(browser.get(f"/packs/33/?version={draft.pk}"))
    address = f"/packs/versions/{draft.pk}/put-in-force/"
    page = text_of(browser.get(address))
    assert "转学在每年 2 月 20 日至 3 月 20 日办理。" in page
    assert "全年可以办理转学。" in page
    assert RulePackVersion.objects.using("owner").get(pk=draft.pk).state == "draft"
    for _ in range(2):
        answer = browser.post(address, {"confirmed": "yes", "idempotency_key": "1"})
        assert answer["Location"] == f"/packs/33/?version={draft.pk}"
    assert "即将生效" in text_of(browser.get(f"/packs/33/?version={draft.pk}"))


def test_a_draft_that_begins_today_is_refused_with_what_to_do() -> None:
    draft, today = drafted(), timezone.localdate()
    text = draft.text.replace(str(today + timedelta(days=1)), str(today))
    as_(ADMINISTRATOR).post(DRAFT, {"act": "save", "text": text})
    answer = as_(LEADER).get(f"/packs/versions/{draft.pk}/put-in-force/")
    assert answer.status_code == 409
    assert "请管理员把 valid_from 改到明天或以后" in text_of(answer)


@pytest.mark.parametrize(("username", "status"), [(ADMINISTRATOR, 403), ("l510000", 404), ("l330900", 403)])
def test_nobody_else_puts_it_in_force(username: str, status: int) -> None:
    draft = drafted()
    address = f"/packs/versions/{draft.pk}/put-in-force/"
    assert as_(username).get(address).status_code == status
    assert as_(username).post(address, {"confirmed": "yes"}).status_code == status


def test_the_ministry_notes_the_filing() -> None:
    put = published()
    browser = as_(MINISTRY)
    assert "待登记备案" in text_of(browser.get("/packs/"))
    address = f"/packs/versions/{put.pk}/receive/"
    assert browser.post(address, {"filing_number": ""}).status_code == 422
    assert browser.post(address, {"filing_number": "教基备〔2026〕7号"}).status_code == 302
    assert "已备案（教基备〔2026〕7号）" in text_of(browser.get(f"/packs/33/?version={put.pk}"))
    assert browser.post(address, {"filing_number": "8"}).status_code == 409
    assert as_(LEADER).post(address, {"filing_number": "8"}).status_code == 403
