"""The pages of the account administrator, and what a sign-in gives away."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.test import Client
from django.utils import timezone

from tests.factories import PASSWORD
from tests.web.registered import OFFICER, REGISTRAR, as_, queries_of, text_of
from xueji.access.models import Account, Appointment
from xueji.audit.models import Event

pytestmark = pytest.mark.usefixtures("db")

COUNTY_ADMIN = "a330902"
NEW = {
    "username": "zhang.min",
    "name": "张敏",
    "office": "330902000000",
    "school": "2133000001",
    "role": "registrar",
}


def appointment_of(username: str) -> Appointment:
    found: Appointment = Appointment.objects.using("owner").get(account__username=username)
    return found


def test_an_account_begins_with_a_link_and_ends_on_a_day() -> None:
    administrator = as_(COUNTY_ADMIN)
    page = text_of(administrator.post("/accounts/open/", NEW))
    link = re.search(r'value="http://testserver(/invitation/[^"]+)"', page)
    assert link is not None
    person = Client()
    new = {"password": "海山的秋天很长很长很长2026", "again": "海山的秋天很长很长很长2026"}
    assert person.post(link.group(1), new)["Location"] == "/sign-in"
    signing_in = {"username": "zhang.min", "password": new["password"]}
    assert person.post("/sign-in", signing_in).status_code == 302
    assert person.get("/account/").status_code == 200
    ended = administrator.post(f"/accounts/{appointment_of('zhang.min').pk}/end/")
    assert ended["Location"] == "/accounts/"
    assert person.get("/account/").status_code == 302
    acts = set(Event.objects.using("owner").values_list("act", flat=True))
    assert {"account.open", "account.set_password", "appointment.end"} <= acts


def test_the_list_holds_the_own_office_and_one_level_below() -> None:
    page = text_of(as_("a330900").get("/accounts/"))
    for username, there in (
        ("o330900", True),
        ("o330902", True),
        ("r2133000001", False),
        ("o330000", False),
        ("o510104", False),
    ):
        assert (f">{username}</a>" in page) is there
    assert ">r2133000001</a>" in text_of(as_(COUNTY_ADMIN).get("/accounts/"))
    assert ">o330000</a>" in text_of(as_("a000000").get("/accounts/"))


def test_accounts_are_found_by_the_beginning_of_the_user_name() -> None:
    page = text_of(as_(COUNTY_ADMIN).get("/accounts/", {"q": "l2133"}))
    assert ">l2133000001</a>" in page
    assert ">r2133000001</a>" not in page
    assert "没有找到账号" in text_of(as_(COUNTY_ADMIN).get("/accounts/", {"q": "%"}))


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        pytest.param({"username": REGISTRAR}, 409, id="name-taken"),
        pytest.param({"username": "a b"}, 422, id="blank-in-name"),
        pytest.param({"school": "2151000001"}, 403, id="school-of-others"),
        pytest.param({"school": "9999999999"}, 422, id="no-such-school"),
        pytest.param({"role": "officer"}, 409, id="role-of-another-level"),
        pytest.param({"office": "0"}, 422, id="office-above"),
        pytest.param({"role": "emperor"}, 422, id="no-such-role"),
    ],
)
def test_an_account_that_cannot_be_is_refused(changed: dict[str, str], status: int) -> None:
    before = Account.objects.using("owner").count()
    assert as_(COUNTY_ADMIN).post("/accounts/open/", NEW | changed).status_code == status
    assert Account.objects.using("owner").count() == before


@pytest.mark.parametrize("username", [REGISTRAR, OFFICER])
def test_only_administrators_see_accounts(username: str) -> None:
    browser = as_(username)
    number = appointment_of(REGISTRAR).pk
    for path in ("", "open/", f"{number}/"):
        assert browser.get(f"/accounts/{path}").status_code == 403
    assert browser.post(f"/accounts/{number}/end/").status_code == 403


def test_an_administrator_ends_neither_the_own_appointment_nor_those_of_others() -> None:
    administrator = as_(COUNTY_ADMIN)
    for username in (COUNTY_ADMIN, "o330900", "r2133000003"):
        number = appointment_of(username).pk
        assert administrator.post(f"/accounts/{number}/end/").status_code == 403
        assert appointment_of(username).until is None
    assert administrator.get("/accounts/999999999/").status_code == 404
    assert administrator.get("/accounts/?after=1~x").status_code == 404


def test_a_new_link_can_be_issued_when_a_password_is_lost() -> None:
    number = appointment_of(REGISTRAR).pk
    assert as_(COUNTY_ADMIN).get(f"/accounts/{number}/").status_code == 200
    assert "/invitation/" in text_of(as_(COUNTY_ADMIN).post(f"/accounts/{number}/link/"))


def test_the_list_takes_a_fixed_number_of_statements() -> None:
    assert queries_of(as_(COUNTY_ADMIN), "/accounts/") <= 7
    assert queries_of(as_("a330000"), "/accounts/") <= 7


# Training, and administrators of three kinds -----------------------------------------------------

CERTIFICATE = {"trained_on": "2026-03-01", "body": "定海区教师发展中心", "document_number": "定教培2026-7",
               "valid_until": "2099-03-01"}  # fmt: skip


def test_a_new_registrar_acts_once_the_county_has_recorded_the_training() -> None:
    administrator = as_(COUNTY_ADMIN)
    administrator.post("/accounts/open/", NEW)
    registrar = as_("zhang.min")
    assert registrar.get("/pupils/").status_code == 403
    assert "先培训后上岗" in text_of(registrar.get("/"))
    page = f"/accounts/{appointment_of('zhang.min').pk}/"
    assert "待登记培训" not in text_of(administrator.get("/accounts/", {"q": "zhang"}))  # first a password
    assert administrator.post(f"{page}training/", CERTIFICATE | {"body": ""}).status_code == 422
    expired = CERTIFICATE | {"valid_until": "2026-03-02"}
    assert administrator.post(f"{page}training/", expired).status_code == 409
    assert administrator.post(f"{page}training/", CERTIFICATE)["Location"] == page
    assert "培训证书有效" in text_of(administrator.get(page))
    assert registrar.get("/pupils/").status_code == 200


@pytest.mark.parametrize("role", ["security", "auditor"])
def test_security_and_audit_administrators_see_their_own_and_no_pupil(role: str) -> None:
    as_("a330902").post("/accounts/open/", NEW | {"username": f"new-{role}", "school": "", "role": role})
    browser = as_(f"new-{role}")
    assert browser.get("/").status_code == 200
    assert browser.get("/accounts/sealed/").status_code == 200
    for closed in ("/pupils/", "/accounts/", "/rosters/"):
        assert browser.get(closed).status_code == 403


# Signing in -------------------------------------------------------------------------------------


def without_what_was_typed(page: str) -> str:
    return re.sub(r'value="[^"]*"', "", page)


def test_a_wrong_password_and_an_unknown_name_are_answered_alike_after_as_much_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed: list[Any] = []
    hasher = type(hashers.get_hasher())
    encode, verify = hasher.encode, hasher.verify
    monkeypatch.setattr(hasher, "encode", lambda *given: hashed.append(given) or encode(*given))
    monkeypatch.setattr(hasher, "verify", lambda *given: hashed.append(given) or verify(*given))
    pages, work = [], []
    for username in (REGISTRAR, "nobody"):
        hashed.clear()
        answer = Client().post("/sign-in", {"username": username, "password": "wrong"})
        pages.append(without_what_was_typed(text_of(answer)))
        work.append(len(hashed))
    assert pages[0] == pages[1]
    assert work == [1, 1]


def test_the_first_use_of_a_day_is_remembered_once() -> None:
    browser = Client()
    browser.post("/sign-in", {"username": REGISTRAR, "password": PASSWORD})
    browser.get("/pupils/")
    kept = Account.objects.using("owner").get(username=REGISTRAR)
    assert kept.last_used_on == timezone.localdate()
    Account.objects.using("owner").filter(pk=kept.pk).update(last_used_on=None)
    browser.get("/pupils/")
    assert Account.objects.using("owner").get(pk=kept.pk).last_used_on is None
