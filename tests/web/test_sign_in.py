"""Signing in: attempts counted by account and device, second factors, age of passwords, ends of sessions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.core.cache import cache
from django.db import connections
from django.test import Client, override_settings
from django.utils import timezone

from tests.factories import PASSWORD, account
from tests.web.registered import OFFICER, REGISTRAR, as_, text_of
from xueji.access.actions_passwords import PasswordTooWeak, change_password
from xueji.access.actions_sign_in import PASSWORD as SECRET_WORD
from xueji.access.actions_sign_in import attempt
from xueji.access.middleware import SESSION_BEGAN, SESSION_SEEN
from xueji.access.models import Account, SignIn, Throttle
from xueji.access.scope import NOWHERE, acting

pytestmark = pytest.mark.usefixtures("db")

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NEW = "海上生明月，天涯共此时，情人怨遥夜"


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """The library keeps used codes in the memory of the process."""
    cache.clear()


@pytest.fixture
def strict() -> Iterator[None]:
    """As in production: a second factor for everybody, and risky acts ask again."""
    with override_settings(XUEJI_EASY_SIGN_IN=False):
        yield


def person(username: str = REGISTRAR) -> Account:
    found: Account = Account.objects.using("owner").get(username=username)
    return found


def sign_in(browser: Client, username: str = REGISTRAR, password: str = PASSWORD) -> int:
    return browser.post("/sign-in", {"username": username, "password": password}).status_code


def code(step: int = 0) -> str:
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30 + step))


def with_codes(username: str = REGISTRAR) -> Account:
    """Give an account one-time codes."""
    found = person(username)
    TOTP.activate(found, SECRET)
    return found


# Attempts ---------------------------------------------------------------------------------------


def test_three_hundred_people_behind_one_address_sign_in() -> None:
    """All at once, and each with two mistakes before: the address says nothing."""
    now = timezone.now()
    with acting(NOWHERE):
        for n in range(300):
            for _mistake in range(2):
                attempt(f"many{n}", "", what=SECRET_WORD, now=now)
    assert Throttle.objects.using("owner").count() == 300
    answers = [sign_in(Client(REMOTE_ADDR="192.0.2.1"), one) for one in (REGISTRAR, OFFICER, "l2133000001")]
    assert answers == [302] * 3


def test_who_guesses_is_held_up_and_the_owner_s_own_device_is_not() -> None:
    own = Client()
    assert sign_in(own) == 302
    own.post("/sign-out")
    guesser = Client()
    assert [sign_in(guesser, password=f"错误{n}") for n in range(6)] == [200] * 5 + [429]
    assert sign_in(guesser) == 429
    assert sign_in(Client()) == 429  # from any other new device, too
    assert sign_in(own) == 302


def test_a_name_that_nobody_has_is_held_up_alike() -> None:
    guesser = Client()
    assert [sign_in(guesser, "nobody", f"错误{n}") for n in range(6)] == [200] * 5 + [429]


def test_guesses_at_once_are_each_counted() -> None:
    def guess(n: int) -> int:
        try:
            return sign_in(Client(), password=f"错误{n}")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(guess, range(8)))
    assert sorted(answers) == [200] * 5 + [429] * 3
    assert Throttle.objects.using("owner").get().failures == 5


def test_the_right_password_forgets_the_wrong_ones() -> None:
    browser = Client()
    for _again in range(3):
        assert [sign_in(browser, password="错误") for _n in range(4)] == [200] * 4
        assert sign_in(browser) == 302
        browser.post("/sign-out")
    assert not Throttle.objects.using("owner").exists()


# Second factors --------------------------------------------------------------------------------


def test_the_second_step_asks_for_a_code_and_takes_each_once() -> None:
    with_codes()
    first, second = Client(), Client()
    answer = first.post("/sign-in?next=/rosters/", {"username": REGISTRAR, "password": PASSWORD})
    assert answer["Location"] == "/sign-in/second-step"
    assert first.get("/rosters/").status_code == 302
    assert first.post("/sign-in/second-step", {"code": "000000"}).status_code == 200
    used = code()
    assert first.post("/sign-in/second-step", {"code": used})["Location"] == "/rosters/"
    assert first.get("/rosters/").status_code == 200
    sign_in(second)
    cache.clear()  # another process of the site has seen nothing yet
    assert "已经用过" in text_of(second.post("/sign-in/second-step", {"code": used}))


def test_codes_are_guessed_no_more_often_than_passwords() -> None:
    with_codes()
    browser = Client()
    sign_in(browser)
    pages = [text_of(browser.post("/sign-in/second-step", {"code": "000000"})) for _n in range(6)]
    assert ["输入错误次数过多" in page for page in pages] == [False] * 5 + [True]


def test_a_recovery_code_opens_once() -> None:
    owner = with_codes()
    recovery = RecoveryCodes.activate(owner).get_unused_codes()[0]
    answers = []
    for _again in range(2):
        browser = Client()
        sign_in(browser)
        answers.append(browser.post("/sign-in/second-step", {"code": recovery}).status_code)
    assert answers == [302, 200]


def test_secrets_of_second_factors_are_kept_encrypted() -> None:
    owner = with_codes()
    RecoveryCodes.activate(owner)
    kept = str(list(Authenticator.objects.using("owner").values_list("data", flat=True)))
    assert SECRET not in kept
    assert TOTP(Authenticator.objects.get(user=owner, type="totp")).validate_code(code())


def test_the_app_is_turned_on_by_its_first_code_and_brings_recovery_codes() -> None:
    browser = as_(REGISTRAR)
    browser.get("/account/codes")
    secret = browser.session["mfa.totp.secret"]
    right = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert browser.post("/account/codes", {"code": right})["Location"] == "/account/recovery-codes"
    assert text_of(browser.get("/account/recovery-codes")).count("<code>") == 10
    assert text_of(browser.get("/account/recovery-codes")).count("<code>") == 0
    assert "已启用" in text_of(browser.get("/account/"))


# As in production ------------------------------------------------------------------------------


@pytest.mark.usefixtures("strict")
def test_without_a_second_factor_one_gets_no_further_than_one_s_account() -> None:
    browser = Client()
    assert sign_in(browser) == 302
    for address in ("/rosters/", "/pupils/", "/api/v1/organisations"):
        assert browser.get(address)["Location"] == "/account/"
    assert "请先添加通行密钥或动态验证码" in text_of(browser.get("/account/"))
    with_codes()
    assert browser.get("/rosters/").status_code == 200


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize(("days_ago", "let_in"), [(180, True), (181, False)])
def test_an_old_password_is_changed_before_anything_else(days_ago: int, let_in: bool) -> None:
    with_codes()
    set_on = timezone.localdate() - timedelta(days=days_ago)
    Account.objects.using("owner").filter(username=REGISTRAR).update(password_set_on=set_on)
    browser = Client()
    sign_in(browser)
    browser.post("/sign-in/second-step", {"code": code()})
    assert (browser.get("/rosters/").status_code == 200) is let_in
    if not let_in:
        assert browser.get("/rosters/")["Location"] == "/account/password"
        typed = {"old": PASSWORD, "new": NEW, "again": NEW}
        assert browser.post("/account/password", typed)["Location"] == "/account/"
        assert browser.get("/rosters/").status_code == 200


@pytest.mark.usefixtures("strict")
def test_a_risky_act_asks_again_and_then_goes_on() -> None:
    administrator = "a330902"
    with_codes(administrator)
    browser = as_(administrator)
    asked = browser.get("/accounts/open/")
    assert asked["Location"].startswith("/account/again/password?next=")
    assert browser.post(asked["Location"], {"password": "错误"}).status_code == 200
    assert browser.post(asked["Location"], {"password": PASSWORD})["Location"] == "/accounts/open/"
    assert browser.get("/accounts/open/").status_code == 200


@pytest.mark.usefixtures("strict")
def test_the_last_second_factor_stays() -> None:
    owner = with_codes()
    browser = Client()
    sign_in(browser)
    browser.post("/sign-in/second-step", {"code": code()})
    assert "不能停用" in text_of(browser.post("/account/codes/stop"))
    assert Authenticator.objects.using("owner").filter(user=owner).exists()


# Passwords --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        pytest.param("短", "至少要有 15 个字符", id="short"),
        pytest.param("xueji2026", "常见", id="common"),
        pytest.param(PASSWORD + "了了了了", "原密码", id="like-the-old-one"),
        pytest.param("r2133000001-r2133000001", "常见", id="the-name-twice"),
        pytest.param("r213300000123456", "用户名", id="like-the-name"),
    ],
)
def test_a_new_password_that_cannot_stand_is_refused_with_the_reason(new: str, reason: str) -> None:
    browser = as_(REGISTRAR)
    answer = browser.post("/account/password", {"old": PASSWORD, "new": new, "again": new})
    assert answer.status_code == 422
    assert reason in text_of(answer)


VERSES = (
    "海上生明月，天涯共此时，情人怨遥夜",
    "白日依山尽，黄河入海流，欲穷千里目",
    "春眠不觉晓，处处闻啼鸟，夜来风雨声",
    "床前看月光，疑是地上霜，举头望山月",
    "千山鸟飞绝，万径人踪灭，孤舟蓑笠翁",
    "红豆生南国，秋来发故枝，愿君多采撷",
    "空山不见人，但闻人语响，返景入深林",
)


def test_the_last_five_passwords_do_not_come_again() -> None:
    owner, now, old = person(), timezone.now(), PASSWORD
    for new in VERSES:
        change_password(owner, old=old, new=new, now=now, keep_session="")
        old = new
    with pytest.raises(PasswordTooWeak, match="最近 5 次"):
        change_password(owner, old=old, new=VERSES[1], now=now, keep_session="")
    change_password(owner, old=old, new=VERSES[0], now=now, keep_session="")


def test_eight_characters_do_beside_a_second_factor() -> None:
    with_codes()
    browser = as_(REGISTRAR)
    short = "七里山塘到枫桥"
    assert (
        browser.post("/account/password", {"old": PASSWORD, "new": short, "again": short}).status_code == 422
    )
    long_enough = short + "边"
    typed = {"old": PASSWORD, "new": long_enough, "again": long_enough}
    assert browser.post("/account/password", typed).status_code == 302


# Sessions ---------------------------------------------------------------------------------------


def moved_back(browser: Client, **seconds: int) -> None:
    """Set the clock of a session back."""
    session = browser.session
    for name, value in seconds.items():
        session[name] = int(time.time()) - value
    session.save()


@pytest.mark.parametrize(
    ("username", "idle", "age", "open_still"),
    [
        pytest.param(OFFICER, 14 * 60, 3600, True, id="authority-in-time"),
        pytest.param(OFFICER, 15 * 60 + 1, 3600, False, id="authority-idle"),
        pytest.param(REGISTRAR, 30 * 60, 3600, True, id="school-pauses"),
        pytest.param(REGISTRAR, 10, 12 * 3600 + 1, False, id="twelve-hours"),
    ],
)
def test_a_session_ends_and_says_why(username: str, idle: int, age: int, open_still: bool) -> None:
    browser = Client()
    sign_in(browser, username)
    browser.get("/rosters/")
    moved_back(browser, **{SESSION_SEEN: idle, SESSION_BEGAN: age})
    assert (browser.get("/rosters/").status_code == 200) is open_still
    assert SignIn.objects.using("owner").exists() is open_still
    if not open_still:
        assert "已自动退出" in text_of(browser.get("/sign-in"))
        assert browser.get("/rosters/").status_code == 302


def test_one_sees_one_s_sessions_and_ends_all_others() -> None:
    here, elsewhere, stranger = Client(), Client(), Client()
    sign_in(here)
    sign_in(elsewhere)
    sign_in(stranger, OFFICER)
    assert text_of(here.get("/account/")).count("<tr data-row>") == 2
    here.post("/account/sign-out-everywhere")
    assert elsewhere.get("/rosters/").status_code == 302
    assert here.get("/rosters/").status_code == stranger.get("/rosters/").status_code == 200


def test_a_changed_password_ends_all_other_sessions() -> None:
    here, elsewhere = Client(), Client()
    sign_in(here)
    sign_in(elsewhere)
    here.post("/account/password", {"old": PASSWORD, "new": NEW, "again": NEW})
    assert elsewhere.get("/rosters/").status_code == 302
    assert here.get("/account/").status_code == 200


def test_a_session_begun_before_the_sign_in_is_worth_nothing_after_it() -> None:
    browser = Client()
    browser.get("/account/codes")  # leads to the sign-in
    session = browser.session
    session["planted"] = "1"
    session.save()
    before = browser.cookies["sessionid"].value if "sessionid" in browser.cookies else session.session_key
    browser.cookies["sessionid"] = session.session_key or ""
    sign_in(browser)
    assert browser.cookies["sessionid"].value != before


def test_somebody_without_any_office_is_told_so_and_not_sent_in_circles() -> None:
    account("nowhere", 330902000001, "leader")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE access_appointment SET until = since WHERE account_id = %s", [person("nowhere").pk]
        )
    browser = Client()
    sign_in(browser, "nowhere")
    assert "没有任职" in text_of(browser.get("/sign-in"))


def test_an_easy_sign_in_says_so_and_a_strict_one_does_not() -> None:
    assert "登录从简" in text_of(Client().get("/sign-in"))
    with override_settings(XUEJI_EASY_SIGN_IN=False):
        assert "登录从简" not in text_of(Client().get("/sign-in"))
