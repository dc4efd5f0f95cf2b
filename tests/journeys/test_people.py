"""Coming in, changing the language, being appointed, and working by keyboard alone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.changes.test_problems import submit
from tests.factories import PASSWORD, pupil
from tests.journeys.conftest import Visit
from tests.journeys.visitors import PHONE

OFFICER, REGISTRAR, LEADER = "o330902", "r2133000001", "l2133000001"
HERE = "2133000001"


def test_a_wrong_password_and_an_unknown_name_are_told_alike(visit: Visit) -> None:
    visitor = visit()
    told = []
    for username, password in ((REGISTRAR, "不对"), ("nobody", "不对")):
        visitor.sign_in(username, password)
        told.append(visitor.page.get_by_role("alert").inner_text())
    assert told[0] == told[1]
    assert visitor.page.url.endswith("/sign-in")


def test_who_comes_by_a_link_is_led_on_after_the_sign_in(visit: Visit) -> None:
    visitor = visit()
    visitor.go("/rosters/")
    visitor.sees("登录")
    visitor.page.get_by_label("用户名").fill(REGISTRAR)
    visitor.page.get_by_label("密码").fill(PASSWORD)
    visitor.page.keyboard.press("Enter")
    visitor.sees("新生名册")
    assert visitor.page.url.endswith("/rosters/")


def test_signing_out_closes_the_door(visit: Visit) -> None:
    visitor = visit(REGISTRAR)
    visitor.page.locator("header details.menu").last.locator("summary").click()
    visitor.press("退出登录")
    visitor.go("/rosters/")
    assert "/sign-in" in visitor.page.url


def test_english_stays_until_chinese_is_chosen_again(visit: Visit) -> None:
    visitor = visit(REGISTRAR)
    visitor.press("English")
    expect(visitor.page.locator("h1")).to_have_text("Inbox")
    visitor.go("/rosters/new")
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
    visitor.press("Switch to Chinese")
    expect(visitor.page.locator("h1")).to_have_text("上传新生名册")


def test_dark_colours_are_kept(visit: Visit) -> None:
    visitor = visit(REGISTRAR)
    visitor.page.locator("header details.menu").last.locator("summary").click()
    visitor.press("深色")
    expect(visitor.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    visitor.go("/rosters/")
    expect(visitor.page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_an_administrator_opens_an_account_and_its_owner_signs_in(visit: Visit) -> None:
    administrator = visit("a330902")
    administrator.go("/accounts/")
    administrator.follow("开设账号")
    page = administrator.page
    page.locator("[name=username]").fill("new.registrar")
    page.locator("[name=name]").fill("新来的老师")
    page.locator("[name=school]").fill(HERE)
    page.locator("[name=role]").select_option(label="学籍管理员")
    administrator.press("开设账号")
    link = page.get_by_label("链接").input_value()
    owner = visit()
    owner.page.goto(link)
    for password in ("很短", "秋天的海边真是很长很长，一直到天边"):
        owner.page.get_by_label("新密码").fill(password)
        owner.page.get_by_label("再输入一次").fill(password)
        owner.press("保存密码")
        owner.sees("密码不够安全：至少要有 15 个字符" if password == "很短" else "密码已设置")
    owner.sign_in("new.registrar", "秋天的海边真是很长很长，一直到天边")
    owner.sees("没有待办")
    owner.page.goto(link)
    owner.misses("保存密码")


def test_the_county_approves_by_keyboard_alone(visit: Visit) -> None:
    for serial, name in ((1, "欧阳甲"), (2, "欧阳乙")):
        submit(HERE, serial, name=name)
    leader = visit(LEADER)
    keys, page = leader.page.keyboard, leader.page
    keys.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    keys.press("?")
    expect(page.get_by_role("dialog", name="键盘快捷键")).to_be_visible()
    keys.press("Escape")
    keys.press("j")
    expect(page.locator("[data-row]").first.locator("a")).to_be_focused()
    keys.press("j")
    expect(page.locator("[data-row]").nth(1).locator("a")).to_be_focused()
    keys.press("k")
    keys.press("Enter")
    leader.sees("学生名单")
    keys.press("a")
    leader.sees("请确认")
    page.get_by_role("button", name="同意 1 人").focus()
    keys.press("Enter")
    leader.sees("已同意，待主管部门核准")
    keys.press("/")
    expect(page.locator("[data-search]")).to_be_focused()
    keys.type("ouyang?")
    expect(page.locator("[data-search]")).to_have_value("ouyang?")


def test_several_rosters_are_approved_at_once_on_a_phone(visit: Visit) -> None:
    for serial, name in ((1, "欧阳甲"), (2, "欧阳乙")):
        submit(HERE, serial, name=name)
    leader = visit(LEADER, size=PHONE)
    for box in leader.page.locator("input[name=selected]").all():
        box.check()
    leader.press("同意所选")
    leader.sees("请确认")
    leader.press("同意 2 份名册")
    leader.sees("已同意 2 份名册", "没有待办")


def test_a_lost_connection_is_said_and_what_was_typed_stays(visit: Visit) -> None:
    registrar = visit(REGISTRAR)
    registrar.go("/rosters/one")
    registrar.context.set_offline(True)
    registrar.page.locator("[name=name]").fill(pupil(1)["name"])
    registrar.page.locator("[name=name]").press("Tab")
    registrar.sees("没有连上服务器")
    expect(registrar.page.locator("[name=name]")).to_have_value(pupil(1)["name"])
    registrar.faults.clear()
