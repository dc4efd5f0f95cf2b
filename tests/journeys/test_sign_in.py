"""A passkey from its making to the sign-in by it alone, in a browser with a made-up authenticator."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.conftest import Visit
from tests.journeys.visitors import Visitor

REGISTRAR = "r2133000001"


def at_localhost(visitor: Visitor) -> Visitor:
    """Move a window to the name that browsers let passkeys be made for without https, and give it an authenticator."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return visitor


def fits(visitor: Visitor) -> None:
    """Nothing of the page keeps anybody out, and no script stands in it."""
    assert [*visitor.barriers(), *visitor.inline_scripts()] == []


def test_a_passkey_is_made_and_signs_in_alone_and_beside_a_password(visit: Visit, site: str) -> None:
    visitor = at_localhost(visit())
    page = visitor.page
    local = site.replace("127.0.0.1", "localhost")
    page.goto(f"{local}/sign-in")
    expect(page.get_by_role("button", name="用通行密钥登录")).to_be_visible()
    page.get_by_label("用户名").fill(REGISTRAR)
    page.get_by_label("密码", exact=True).fill("定海区的秋天很长2026")
    visitor.press("登录")
    visitor.sees("没有待办")
    page.goto(f"{local}/account/passkeys/add")
    page.get_by_label("名称").fill("值班室的手机")
    page.locator("[data-passkey-start]").click()
    visitor.sees("备用码", "每个只能用一次")
    fits(visitor)
    assert page.locator(".codes code").count() == 10
    visitor.follow("已经保存")
    visitor.sees("值班室的手机", "还剩 10 个")
    fits(visitor)

    leave(visitor)
    page.get_by_role("button", name="用通行密钥登录").click()
    visitor.sees("没有待办")
    page.goto(f"{local}/account/")
    visitor.sees("通行密钥", "（本机）")
    page.goto(f"{local}/account/again/passkey")
    fits(visitor)
    page.locator("[data-passkey-start]").click()
    visitor.sees("没有待办")

    leave(visitor)
    page.get_by_label("用户名").fill(REGISTRAR)
    page.get_by_label("密码", exact=True).fill("定海区的秋天很长2026")
    visitor.press("登录")
    visitor.sees("第二步验证")
    fits(visitor)
    page.get_by_role("button", name="用通行密钥").click()
    visitor.sees("没有待办")

    page.goto(f"{local}/account/")
    page.get_by_role("link", name="移除").click()
    visitor.sees("不能再用它登录")
    fits(visitor)
    visitor.press("确定")
    # The password is too short to stand alone, so the last second factor stays.
    visitor.sees("不能停用")


def leave(visitor: Visitor) -> None:
    visitor.page.locator("header details.menu").last.locator("summary").click()
    visitor.press("退出登录")
    visitor.sees("使用上级管理员为您开通的账号")
