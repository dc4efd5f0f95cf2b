"""Finding a pupil, reading the record, and moving pupils to another class."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.factories import pupil
from tests.journeys.conftest import Visit
from tests.journeys.test_status import approve
from tests.status.cases import HERE, class_id
from tests.web.registered import LEADER, OFFICER, REGISTRAR, one_called, register

LONG_NAME = "阿卜杜热合曼·麦麦提吐尔逊"
PUPILS = (
    pupil(1, name=LONG_NAME),
    pupil(2, name="单于婉儿"),
    pupil(3, name="王伟", class_number="2026102"),
)
NUMBER = PUPILS[1]["document_number"]


def test_a_pupil_is_found_by_whatever_one_knows(visit: Visit) -> None:
    register(*PUPILS)
    registrar = visit(REGISTRAR)
    for typed, name in (
        ("阿卜", LONG_NAME),
        ("abudureheman", LONG_NAME),
        ("chanyu", "单于婉儿"),
        ("cywe", "单于婉儿"),
        (NUMBER, "单于婉儿"),
        (f"G{NUMBER}", "单于婉儿"),
        ("ww", "王伟"),
    ):
        registrar.page.locator("[data-search]").fill(typed)
        registrar.page.keyboard.press("Enter")
        expect(registrar.page.locator("[data-row]")).to_have_count(1)
        registrar.sees(name)
    registrar.go(f"/pupils/?q={NUMBER[:3]}").sees("号码没有输全")
    registrar.go("/pupils/?q=查无此人").sees("没有符合条件的学生")


def test_a_number_is_masked_until_the_registrar_says_why(visit: Visit) -> None:
    register(*PUPILS)
    student = one_called("单于婉儿")
    leader = visit(LEADER)
    leader.go(f"/pupils/{student.id}/").sees("学籍经历", "办理记录")
    leader.misses(NUMBER)
    expect(leader.page.get_by_role("link", name="查看完整的")).to_have_count(0)
    registrar = visit(REGISTRAR)
    registrar.go(f"/pupils/{student.id}/").misses(NUMBER)
    registrar.page.get_by_role("link", name="查看完整的身份证件号（需说明理由）").click()
    registrar.page.get_by_label("理由").first.select_option(index=1)
    registrar.press("查看")
    registrar.sees(NUMBER, "本次查看已记录")
    registrar.go(f"/pupils/{student.id}/").sees("查看完整信息")


def test_a_pupil_moves_to_another_class_and_the_record_says_so(visit: Visit) -> None:
    register(*PUPILS)
    registrar = visit(REGISTRAR)
    registrar.go(f"/pupils/{one_called(LONG_NAME).id}/")
    registrar.press("调整班级")
    registrar.page.locator("select[name=class_id]").select_option(str(class_id(HERE, "2026103")))
    registrar.press("核对")
    registrar.page.wait_for_url("**?checked=1*")
    registrar.press("提交")
    registrar.sees("查询码")
    approve(visit(f"l{HERE}"), takes_effect=True)
    registrar.go(f"/pupils/{one_called(LONG_NAME).id}/")
    registrar.sees(LONG_NAME, "一年级3班")


def test_a_whole_class_moves_after_its_result_was_shown(visit: Visit) -> None:
    register(*PUPILS)
    registrar = visit(REGISTRAR)
    registrar.follow("学校")
    registrar.page.get_by_title("2026101").click()
    registrar.sees(LONG_NAME, "2 人")
    registrar.page.get_by_label("全选本页").check()
    registrar.press("下一步看结果")
    registrar.sees("2")
    registrar.page.locator("button[name=confirmed]").click()
    registrar.go("/pupils/?q=abudu").sees("2班")


def test_the_list_is_narrowed_by_class_without_loading_the_page_anew(visit: Visit) -> None:
    register(*PUPILS)
    registrar = visit(REGISTRAR)
    registrar.go("/pupils/")
    registrar.page.evaluate("window.stays = true")
    registrar.page.locator("select[name=class_id]").select_option(label="一年级2班")
    expect(registrar.page.locator("[data-row]")).to_have_count(1)
    assert registrar.page.evaluate("window.stays")
    assert "class_id=" in registrar.page.url
    registrar.page.go_back()
    expect(registrar.page.locator("[data-row]")).to_have_count(3)


def test_a_county_sees_its_schools_and_no_others(visit: Visit) -> None:
    register(*PUPILS)
    student = one_called(LONG_NAME)
    visit(OFFICER).go(f"/pupils/{student.id}/").sees(LONG_NAME)
    stranger = visit("o330903")
    stranger.go("/pupils/?q=abudu").sees("没有符合条件的学生")
    answer = stranger.page.goto(f"/pupils/{student.id}/")
    assert answer is not None
    assert answer.status == 404
