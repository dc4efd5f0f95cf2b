"""A roster from the staff room to the county, as three people at three desks live it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from playwright.sync_api import expect

from tests.changes.rosters_as_csv import as_csv
from tests.factories import PLACES, pupil
from tests.journeys.conftest import Visit
from tests.journeys.visitors import Visitor
from tests.journeys.workbooks import filled, mended
from xueji.access.models import Account, Appointment

REGISTRAR, LEADER, OFFICER = "r2133000001", "l2133000001", "o330902"
LONG_NAME = "阿卜杜热合曼·麦麦提吐尔逊"
RIGHT = [
    pupil(1, name="欧阳若溪"),
    pupil(2, name=LONG_NAME, ethnicity="维吾尔族"),
    pupil(3, name="赵合成"),
    pupil(4, name="钱合成"),
    pupil(5, name="孙合成", class_number="2026102"),
]
MISTYPED = pupil(6, name="李改正")
WRONG = [
    MISTYPED | {"document_number": MISTYPED["document_number"][:17] + "?"},
    pupil(7, name="周改正", class_number="2099199"),
    pupil(8, name="吴改正", phone="12345"),
]
PUT_RIGHT = {
    "李改正": {"document_number": MISTYPED["document_number"]},
    "周改正": {"class_number": "2026102"},
    "吴改正": {"phone": "13900000008"},
}


def wrong_digit(number: str) -> str:
    return number[:17] + ("0" if number[17] != "0" else "1")


def handed_in(registrar: Visitor, pupils: list[dict[str, Any]]) -> None:
    """Upload pupils without fault and submit them."""
    registrar.go("/rosters/new")
    registrar.upload(name="新生.csv", content=as_csv(pupils))
    registrar.press("上传并检查")
    registrar.sees("全部通过")
    registrar.press(f"提交 {len(pupils)} 人")
    registrar.sees(f"已提交 {len(pupils)} 人")


def approved_by(visitor: Visitor, link: str, label: str, said: str) -> None:
    """Open what waits, approve it, confirm what it brings about."""
    visitor.go("/")
    visitor.page.get_by_role("link", name=link).first.click()
    visitor.press("同意…")
    visitor.sees("请确认")
    visitor.press(label)
    visitor.sees(said)


def test_a_roster_with_three_faults_becomes_pupils_with_numbers(visit: Visit) -> None:
    wrong = [WRONG[0] | {"document_number": wrong_digit(MISTYPED["document_number"])}, *WRONG[1:]]
    registrar = visit(REGISTRAR)
    registrar.sees("没有待办")
    registrar.follow("上传新生名册")
    book, first = filled(registrar.download("简表模板"), RIGHT + wrong)
    registrar.upload(name="一年级新生.xlsx", content=book)
    registrar.press("上传并检查")

    # Findings: where, what, and what to do.
    registrar.sees("检查结果", "校验不通过", "本校没有班号“2099199”", "不是有效的电话号码")
    line = registrar.row("本校没有班号")
    assert str(first + len(RIGHT) + 1) in line.inner_text()
    assert "班号" in line.inner_text()
    batch = registrar.page.url
    registrar.press(f"提交 {len(RIGHT)} 人")
    registrar.sees(f"已提交 {len(RIGHT)} 人", "待学校审核")

    # The rejected rows come back as a file of their own; put right, they go the same way.
    corrected, reasons = mended(registrar.download("更正表"), PUT_RIGHT)
    assert set(reasons) == set(PUT_RIGHT)
    assert "本校没有班号" in reasons["周改正"]
    registrar.go("/rosters/new")
    registrar.upload(name="更正.xlsx", content=corrected)
    registrar.press("上传并检查")
    registrar.sees("全部通过")
    registrar.press("提交 3 人")
    registrar.sees("已提交 3 人")

    # The leader takes one out, with a reason.
    leader = visit(LEADER)
    leader.follow("一年级新生.xlsx")
    leader.page.get_by_label("除外 赵合成").check()
    leader.page.get_by_label("理由").select_option(label="未到校报到")
    leader.press("同意…")
    leader.sees("请确认", "未到校报到")
    leader.press("同意 4 人")
    leader.sees("待主管部门核准", "未到校报到")

    # The county verifies, and the pupils are there.
    officer = visit(OFFICER)
    approved_by(officer, "一年级新生.xlsx", "核准 4 人", "已核准：4 名学生注册了学籍并取得学籍号")
    registrar.go(batch)
    registrar.sees("已注册", "审核除外的学生", "赵合成", "未到校报到")

    for typed in ("阿卜杜", "abuduzehe", "abudureheman", "abdrhm", RIGHT[1]["document_number"]):
        found = officer.go(f"/pupils/?q={typed}").row(LONG_NAME).count()
        assert found == (0 if typed == "abuduzehe" else 1), typed
    officer.go(f"/pupils/?q=G{RIGHT[1]['document_number']}")
    officer.follow(LONG_NAME)
    officer.sees("学籍经历", "定海区第一小学", "办理记录", "注册学籍", "监护人")
    officer.misses(RIGHT[1]["document_number"])


def test_a_whole_roster_is_returned_with_a_reason_and_taken_back(visit: Visit) -> None:
    registrar, leader = visit(REGISTRAR), visit(LEADER)
    handed_in(registrar, RIGHT[:2])
    leader.go("/").follow("新生.csv")
    leader.press("退回整个名册")
    leader.sees("请选择或填写理由")
    leader.page.get_by_label("理由").select_option(label="其他")
    leader.page.get_by_label("补充说明").fill("请补上特殊教育学生")
    leader.press("退回整个名册")
    leader.sees("已退回学校")
    registrar.go("/").follow("新生.csv")
    registrar.sees("请补上特殊教育学生", "已退回，待重新提交")
    registrar.press("撤回")
    registrar.sees("撤回后不能恢复")
    registrar.press("撤回")
    registrar.sees("已撤回")


def test_without_javascript_a_roster_goes_all_the_way(visit: Visit) -> None:
    registrar, leader, officer = (visit(one, javascript=False) for one in (REGISTRAR, LEADER, OFFICER))
    handed_in(registrar, RIGHT[:2])
    approved_by(leader, "新生.csv", "同意 2 人", "已同意，待主管部门核准")
    approved_by(officer, "新生.csv", "核准 2 人", "已核准：2 名学生注册了学籍并取得学籍号")
    officer.go("/pupils/?q=ouyang")
    officer.sees("欧阳若溪")


def test_one_pupil_through_the_form_is_told_of_a_fault_while_typing(visit: Visit) -> None:
    registrar = visit(REGISTRAR)
    registrar.go("/rosters/one")
    page, values = registrar.page, RIGHT[0]
    page.locator("[name=name]").fill(values["name"])
    number = page.locator("[name=document_number]")
    number.fill(wrong_digit(values["document_number"]))
    number.press("Tab")
    registrar.sees("校验不通过")
    for key in ("document_number", "present_address", "phone", "member1_name", "member1_phone"):
        page.locator(f"[name={key}]").fill(values[key])
    for key, value in (("class_number", values["class_number"]), ("document_type", "1"), ("ethnicity", "01")):
        page.locator(f"[name={key}]").select_option(value)
    page.locator("[name=member1_relation]").select_option(label="父亲")
    page.locator("[name=entry_mode]").select_option(label="就近入学")
    page.locator("[name=study_mode]").select_option(label="走读")
    page.locator("[name=document_number]").press("Tab")
    registrar.misses("校验不通过")
    registrar.press("检查并提交")
    registrar.sees("已提交，待学校审核")


def test_who_submitted_cannot_approve_in_another_capacity_either(visit: Visit) -> None:
    account = Account.objects.using("owner").get(username=REGISTRAR)
    Appointment.objects.using("owner").create(
        account=account, place=PLACES["2133000001"], role="leader", since=date(2020, 1, 1)
    )
    both = visit(REGISTRAR)
    handed_in(both, RIGHT[:2])
    batch = both.page.url
    both.page.get_by_title("切换身份").click()
    both.press("定海区第一小学 学校主管领导")
    both.go(batch).sees("本名册由您提交，须由另一位同事审核", "待学校审核")
    expect(both.page.get_by_role("button", name="同意…")).to_have_count(0)
    approved_by(visit(LEADER), "新生.csv", "同意 2 人", "已同意，待主管部门核准")


def test_a_file_that_is_no_roster_is_told_in_one_sentence(visit: Visit) -> None:
    registrar = visit(REGISTRAR)
    registrar.go("/rosters/new")
    registrar.upload(name="照片.xlsx", content=b"\xff\xd8\xff\xe0 no workbook")
    registrar.press("上传并检查")
    registrar.sees("文件无法使用", "重新上传")


def test_somebody_else_s_act_in_between_is_told_and_nothing_is_lost(visit: Visit) -> None:
    registrar, leader = visit(REGISTRAR), visit(LEADER)
    handed_in(registrar, RIGHT[:2])
    leader.go("/").follow("新生.csv")
    registrar.press("撤回")
    registrar.press("撤回")
    registrar.sees("已撤回")
    leader.press("同意…")
    expect(leader.page.locator("main")).to_contain_text(re.compile("刚刚被其他同事处理过|不能|已撤回"))
