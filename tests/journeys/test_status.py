"""Status business in a browser: a move across provinces that the family follows, a suspension and the return, a new name."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.factories import pupil
from tests.journeys.conftest import Visit
from tests.journeys.visitors import PHONE, Visitor
from tests.status.cases import HERE, OTHER_PROVINCE, enrolled
from tests.web.registered import one_called

pytestmark = pytest.mark.usefixtures("db")

NAME = "阿卜杜热合曼·麦麦提吐尔逊"
PDF = b"%PDF-1.4 made up"


def upload_all(visitor: Visitor) -> None:
    """Upload what is still missing, one paper after the other: the list offers the missing kind first."""
    missing = visitor.page.get_by_text("材料还不齐")
    while missing.count():
        kind = visitor.page.get_by_label("材料种类").input_value()
        visitor.upload(name=f"{kind}.pdf", content=PDF + kind.encode())
        with visitor.page.expect_navigation():
            visitor.press("上传")


def approve(visitor: Visitor, *, takes_effect: bool = False) -> None:
    """Open the first case of the inbox and approve it."""
    visitor.go("/?kind=change")
    visitor.page.locator("[data-row] a").first.click()
    visitor.sees("办理过程")
    if takes_effect:
        visitor.press("同意")
        visitor.confirm()
    else:
        with visitor.page.expect_navigation():
            visitor.press("同意")


def test_a_family_moves_across_provinces_over_four_desks_and_follows_its_case(
    site: str, visit: Visit
) -> None:
    enrolled(NAME)
    school = visit(f"r{OTHER_PROVINCE}")
    school.go("/changes/new")
    school.page.get_by_label("学籍号或身份证件号").fill(pupil()["document_number"])
    school.page.get_by_role("textbox", name="姓名").fill(NAME)
    school.press("查找学生")
    school.sees("第一步")
    school.misses("定海")
    school.page.get_by_label("转入班级").select_option(index=1)
    school.page.get_by_label("转学原因").select_option("household")
    school.press("核对")
    school.page.wait_for_url("**?checked=1*")
    upload_all(school)
    school.sees("原学籍：原学校", "新学籍：锦江区", "转出学校主管部门", "10 个工作日")
    school.misses("定海")
    school.press("提交")
    school.sees("查询码")
    code = school.page.locator(".full").inner_text()

    family = visit(size=PHONE, javascript=False)
    family.go("/track")
    family.page.get_by_label("查询码").fill(code)
    family.press("查询")
    family.sees("转入学校", "还剩 10 个工作日")
    family.misses("阿卜杜", "麦麦提")

    approve(visit(f"l{OTHER_PROVINCE}"))
    approve(visit("o510104"))
    family.press("查询")
    family.sees("转出学校 · 定海区第一小学")
    sender = visit(f"l{HERE}")
    sender.go("/")
    sender.page.keyboard.press("j")
    sender.page.keyboard.press("Enter")
    sender.sees("全部同意后", "电子档案随学生转到新的学校。")
    with sender.page.expect_navigation():
        sender.page.keyboard.press("a")
    sender.sees("已同意，转到下一个环节。")
    last = visit("o330902", size=PHONE)
    approve(last, takes_effect=True)
    last.sees("已同意并生效", "新学籍：锦江区")
    assert not last.is_too_wide()
    family.press("查询")
    family.sees("已经办结")

    old = visit(f"r{HERE}")
    old.go("/left/")
    old.row(NAME).locator("a").click()
    old.page.get_by_label("查看理由").fill("家长来校补开证明")
    old.press("查看")
    old.sees("学籍经历", pupil()["document_number"])


def test_a_pupil_is_suspended_and_returns(site: str, visit: Visit) -> None:
    student = enrolled("欧阳休学")
    today = timezone.localdate()
    registrar, leader, officer = visit(f"r{HERE}"), visit(f"l{HERE}"), visit("o330902")
    registrar.go(f"/pupils/{student}/")
    registrar.follow("办理学籍变动")
    registrar.sees("目前不能办理", "该生不在休学中")
    registrar.press("休学")
    registrar.page.get_by_label("休学原因").select_option("10")
    registrar.page.get_by_label("开始日期").fill(str(today))
    registrar.page.get_by_label("结束日期").fill(str(today + timedelta(days=90)))
    registrar.press("核对")
    registrar.page.wait_for_url("**?checked=1*")
    upload_all(registrar)
    registrar.sees("学籍状态：在读 → 休学")
    registrar.press("提交")
    registrar.sees("查询码")
    approve(leader)
    approve(officer, takes_effect=True)
    registrar.go(f"/pupils/{student}/")
    registrar.sees("休学 · 同意", "已生效")
    registrar.follow("办理学籍变动")
    registrar.press("复学")
    registrar.page.get_by_label("复学班级").select_option(index=1)
    registrar.press("核对")
    registrar.page.wait_for_url("**?checked=1*")
    registrar.press("提交")
    registrar.sees("查询码")
    # The desk asks for something first, and the case comes back completed.
    leader.go("/?kind=change")
    leader.page.locator("[data-row] a").first.click()
    leader.page.get_by_text("退回补正…").click()
    leader.page.locator("#return_reason").fill("请写明复学的理由")
    with leader.page.expect_navigation():
        leader.press("退回补正")
    leader.sees("起暂停计时")
    registrar.go("/?kind=change")
    registrar.page.locator("[data-row] a").first.click()
    registrar.follow("补正…")
    registrar.sees("请写明复学的理由")
    registrar.page.get_by_label("补充说明").fill("已痊愈")
    registrar.press("交回办理单位")
    registrar.sees("计时继续")
    approve(leader)
    approve(officer, takes_effect=True)
    registrar.go(f"/pupils/{student}/")
    expect(registrar.page.locator(".title .state")).to_contain_text("在读")


def test_a_name_is_corrected_on_proof_and_the_record_keeps_what_it_was(site: str, visit: Visit) -> None:
    student = enrolled("欧阳错名")
    registrar = visit(f"r{HERE}")
    registrar.go(f"/pupils/{student}/changes/")
    registrar.press("关键数据变更")
    registrar.page.get_by_role("textbox", name="姓名").fill("欧阳正名")
    registrar.press("核对")
    registrar.page.wait_for_url("**?checked=1*")
    upload_all(registrar)
    registrar.sees("欧阳错名 → 欧阳正名")
    registrar.press("提交")
    registrar.sees("查询码")
    approve(visit(f"l{HERE}"))
    officer = visit("o330902")
    approve(officer, takes_effect=True)
    officer.sees("已同意并生效", "欧阳错名 → 欧阳正名")
    assert one_called("欧阳正名").id == student
