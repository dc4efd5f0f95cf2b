"""A last grade leaves: what blocks it, the school's request, the leader, the authority, and back again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.status.cases import filed
from tests.status.leavers import LEADER, NAMES, OFFICER, REGISTRAR, leavers

SUSPENDED = {"reason": "10", "since": "2026-09-10", "until": "2026-12-31"}


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_grade_six_leaves_by_its_school_and_the_county_can_take_it_back(
    visit: Visit, javascript: bool
) -> None:
    students = leavers(entry_year=2020)
    filed("suspension", students[0], SUSPENDED, by=REGISTRAR)
    registrar, leader, officer = (visit(one, javascript=javascript) for one in (REGISTRAR, LEADER, OFFICER))
    registrar.go("/graduations/").sees("六年级", "未开始")
    registrar.follow("六年级")
    registrar.sees("什么妨碍六年级毕业", NAMES[0], "有在办的休学，须先办结或撤回。")
    registrar.misses(NAMES[1])
    registrar.press("开始办理毕业")
    registrar.follow("2班")
    registrar.page.get_by_label(f"{NAMES[1]}的办理结果").select_option(label="结业")
    registrar.press("保存")
    registrar.sees("不予毕业或暂不办理的，请写明原因")
    registrar.page.get_by_label(f"{NAMES[1]}不按毕业办理的原因").fill("未修满课程")
    registrar.press("保存")
    registrar.sees("已保存", "未修满课程", "3 名学生，去向都填为")
    registrar.page.get_by_label("去向都填为").select_option(label="普通初中")
    registrar.press("填写")
    registrar.press("提交学校负责人")
    registrar.sees("已提交，等待学校负责人决定。")

    leader.go("/graduations/").sees("待学校负责人决定")
    leader.follow("六年级")
    leader.follow("查看毕业申请")
    leader.sees("同意后，2 名学生的学籍", "没有学生的班级随之关闭：2班。")
    leader.press("同意毕业")
    leader.sees("已同意，毕业生学籍已结束。", "有事项妨碍，未办理")

    officer.go("/graduations/").sees("最近办结", "定海区第一小学")
    officer.follow("定海区第一小学")
    officer.misses(NAMES[1])
    officer.page.get_by_label("理由").fill("学校误办。")
    officer.press("撤销毕业")
    officer.sees("已撤销，学生恢复在读。", "学校误办。")


def test_grade_twelve_is_approved_by_the_authority(visit: Visit) -> None:
    leavers(number=12, entry_year=2023)
    registrar, leader, officer = visit(REGISTRAR), visit(LEADER), visit(OFFICER)
    registrar.go("/graduations/").follow("高三")
    registrar.press("开始办理毕业")
    registrar.press("提交学校负责人")
    leader.go("/graduations/").follow("高三")
    leader.follow("查看毕业申请")
    leader.press("同意毕业")
    leader.sees("已同意，等待主管部门核准。")
    officer.go("/graduations/").sees("待主管部门核准")
    officer.follow("定海区第一小学")
    officer.sees("同意后，3 名学生的学籍")
    officer.press("同意毕业")
    officer.sees("已同意，毕业生学籍已结束。")
    expect(officer.page.get_by_role("button", name="撤销毕业")).to_have_count(0)
