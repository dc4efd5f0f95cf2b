"""The pages of promotions: planned by the ministry, signed by counties, started by the leader, taken back."""

from __future__ import annotations

import re

import pytest

from tests.web.registered import as_, queries_of, text_of
from xueji.status.actions import promotion
from xueji.status.models import Campaign, CampaignSchool

pytestmark = pytest.mark.usefixtures("db")


def planned() -> str:
    answer = as_("o000000").post("/promotions/", {"year": "2027"})
    assert answer.status_code == 302
    return str(answer["Location"])


def press(username: str, address: str, **fields: object) -> str:
    answer = as_(username).post(address, fields, follow=True)
    return text_of(answer)


def test_the_ministry_plans_counties_sign_the_leader_starts_and_all_go_up() -> None:
    address = planned()
    assert "确认没有疑问的 3 所" in text_of(as_("o330902").get(address))
    for county in ("o330902", "o330903", "o510104"):
        assert "所没有疑问的学校" in press(county, f"{address}schools", act="sign_all")
    asked = press("l000000", f"{address}start")
    assert "确定启动升级？" in asked
    assert "后台正在升级" in press("l000000", f"{address}start", confirmed="yes")
    promotion.run(Campaign.objects.using("owner").get().pk)
    assert "升级完成" in text_of(as_("o330000").get(address))
    assert "已升级" in text_of(as_("r2133000001").get(address))
    asked = press("o000000", f"{address}undo", reason="设置有误")
    assert "确定撤销升级？" in asked
    assert "已撤销 5 所学校的升级" in press("o000000", f"{address}undo", reason="设置有误", confirmed="yes")


def test_a_doubtful_school_needs_a_word_and_the_page_says_so() -> None:
    address = planned()
    row = CampaignSchool.everywhere.using("owner").get(place=330902000001)
    CampaignSchool.everywhere.using("owner").filter(place=row.place).update(needs_word=True)
    assert "请填写说明" in press("o330902", f"{address}schools", act="sign", selected=str(row.place))
    assert "先勾选学校" in press("o330902", f"{address}schools", act="sign")
    said = press("o330902", f"{address}schools", act="leave_out", selected=str(row.place), note="学制更正中")
    assert "本次不升级" in said
    assert "学制更正中" in said
    assert "已重新核对 1 所学校" in press(
        "o330902", f"{address}schools", act="check", selected=str(row.place)
    )


def test_a_wrong_year_and_a_second_plan_are_said_on_the_form() -> None:
    assert as_("o000000").post("/promotions/", {"year": "20"}).status_code == 422
    planned()
    answer = as_("o000000").post("/promotions/", {"year": "2027"})
    assert answer.status_code == 409
    assert "已经在办" in text_of(answer)


def test_roles_that_may_not_have_no_buttons_and_are_refused() -> None:
    address = planned()
    page = text_of(as_("r2133000001").get(address))
    assert not re.search(r"<button[^>]*name=.act", page)
    assert as_("r2133000001").post(f"{address}schools", {"act": "sign_all"}).status_code == 403
    assert as_("o330902").post(f"{address}start").status_code == 403
    assert as_("o000000").get(f"/promotions/{'0' * 8}-0000-7000-8000-{'0' * 12}/").status_code == 404


@pytest.mark.parametrize("username", ["o000000", "o330000", "o330902", "r2133000001"])
def test_a_promotion_takes_few_statements_whatever_its_size(username: str) -> None:
    assert queries_of(as_(username), planned()) <= 14
