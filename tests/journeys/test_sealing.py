"""An account nobody used for half a year is sealed; two persons of the county open it again."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from tests.journeys.conftest import Visit
from xueji.access.actions_sealing import seal_idle
from xueji.access.models import Account

REGISTRAR = "r2133000001"


def test_an_account_is_sealed_and_unsealed_by_two_persons_of_the_county(visit: Visit) -> None:
    today = timezone.localdate()
    everybody = Account.objects.using("owner")
    everybody.filter(username=REGISTRAR).update(
        last_used_on=today - timedelta(days=190), created_at=timezone.now() - timedelta(days=400)
    )
    assert seal_idle(today=today) == 1
    owner = visit()
    owner.sign_in(REGISTRAR)
    owner.sees("超过半年未使用，已封存")

    administrator = visit("a330902")
    administrator.follow("封存的账号")
    administrator.sees(REGISTRAR)
    administrator.page.get_by_role("link", name="申请启封").click()
    assert administrator.barriers() == []
    administrator.page.get_by_label("启封理由").fill("产假结束，已返岗")
    administrator.press("提交申请")
    administrator.sees("另一人", "待另一人审核")

    leader = visit("l330902")
    leader.page.locator(".rooms summary").click()
    leader.follow("封存的账号")
    leader.sees("产假结束，已返岗")
    assert leader.barriers() == []
    leader.press("同意启封")
    leader.sees("已启封", "没有封存的账号")

    number = everybody.get(username=REGISTRAR).appointments.using("owner").get().pk
    administrator.go(f"/accounts/{number}/")
    administrator.press("发新的一次性链接")
    link = administrator.page.get_by_label("链接").input_value()
    owner.page.goto(link)
    new = "海上生明月，天涯共此时，情人怨遥夜"
    owner.page.get_by_label("新密码").fill(new)
    owner.page.get_by_label("再输入一次").fill(new)
    owner.press("保存密码")
    owner.sign_in(REGISTRAR, new)
    owner.sees("没有待办")
