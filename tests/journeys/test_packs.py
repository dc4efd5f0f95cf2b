"""A province changes its rules: the draft, its fault, the leader, the ministry."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.visitors import PHONE


@pytest.mark.parametrize("javascript", [True, False])
def test_a_province_changes_its_rules_and_files_them(visit: Visit, javascript: bool) -> None:
    writing = visit("a330000", javascript=javascript).go("/packs/")
    writing.follow("本省规则")
    writing.sees("本省还没有自己的规则包")
    writing.press("起草新版本")
    text = writing.page.get_by_label("规则包（TOML）")
    begun = text.input_value()
    line = begun.count("\n") + 2
    text.fill(begun + "[transfer]\ndays_per_party = 20\n")
    if not javascript:
        writing.press("检查")
    writing.sees(f"第 {line} 行", "days_per_party = 20", "每一方各有 10 个工作日", "第十五条")
    writing.press("保存草稿")
    writing.sees("有 1 处需要改正")
    text.fill(begun + '[transfer]\nwindows = ["02-20..03-20"]\n')
    if javascript:
        writing.sees("与现行规则有 1 处不同", "转学在每年 2 月 20 日至 3 月 20 日办理。")
    writing.press("保存草稿")
    writing.sees("草稿已保存")

    deciding = visit("l330000", javascript=javascript, size=PHONE).go("/packs/33/")
    deciding.page.locator("[data-row]").filter(has_text="草稿").get_by_role("link").click()
    deciding.follow("公布…")
    deciding.sees("改变 1 个项目", "全年可以办理转学。", "在办业务仍按开始时的版本办理。")
    assert not deciding.is_too_wide()
    deciding.press("公布并报备")
    deciding.sees("已公布", "即将生效", "待登记备案")

    noting = visit("o000000", javascript=javascript).go("/packs/")
    expect(noting.row("浙江省")).to_contain_text("待登记备案")
    noting.follow("浙江省")
    noting.page.locator("[data-row]").filter(has_text="待登记备案").get_by_role("link").click()
    noting.page.get_by_label("备案号").fill("教基备〔2026〕7号")
    noting.press("登记备案")
    noting.sees("备案已登记。", "已备案（教基备〔2026〕7号）")
