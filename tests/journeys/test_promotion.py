"""升级 in the browser: a wrong setting of a school's years is caught by the county before the night."""

from __future__ import annotations

from django.db import connections

from tests.factories import pupil
from tests.journeys.conftest import Visit
from tests.journeys.visitors import PHONE
from tests.web.registered import one_called, register
from xueji.status.actions import promotion
from xueji.status.models import Campaign

HERE = "2133000001"


def set_to(system: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE organisations_school SET system = %s WHERE identifier = %s", [system, HERE])


def age_by(years: int) -> None:
    """Let the first grades be older: those who entered in 2026 did so in an earlier year."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE organisations_grade SET entry_year = entry_year - %s, number = number + %s",
            [years, years],
        )


def test_a_wrong_setting_is_caught_by_the_county_and_the_rest_goes_up(visit: Visit) -> None:
    register(pupil(1, name="欧阳若溪"))
    student = one_called("欧阳若溪")
    age_by(4)
    set_to("5-4-3")
    ministry, leader, county = visit("o000000"), visit("l000000"), visit("o330902", size=PHONE)
    ministry.go("/promotions/")
    ministry.page.get_by_label("升入的学年").fill("2027")
    ministry.press("制定计划")
    ministry.sees("已制定计划")
    address = ministry.page.url

    county.go(address)
    county.sees("疑问", "将按毕业年级处理，不升级")
    county.press("确认没有疑问的 2 所")
    county.sees("已确认 2 所没有疑问的学校")
    county.page.locator("tr", has_text="将按毕业年级处理").locator("input[name=selected]").check()
    county.press("确认所选")
    county.sees("请填写说明，或先更正后重新核对")
    set_to("6-3-3")
    county.page.locator("tr", has_text="将按毕业年级处理").locator("input[name=selected]").check()
    county.press("重新核对所选")
    county.sees("已重新核对 1 所学校")
    county.press("确认没有疑问的 1 所")
    county.sees("已确认 1 所没有疑问的学校")

    leader.go(address)
    leader.press("启动升级…")
    leader.sees("请确认", "毕业年级不升级")
    leader.press("启动升级")
    leader.sees("后台正在升级")
    promotion.run(Campaign.objects.using("owner").get().pk)
    county.go(f"/pupils/{student.id}/").sees("六年级")
