"""The frame around the pages: signing in, language, theme, role, watermark."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings

from xueji.access.models import Account, Appointment

pytestmark = pytest.mark.usefixtures("db")

SCHOOL, OTHER = 330106_000001, 330106_000002


@pytest.fixture
def registrar(db: None) -> Account:
    account = Account(username="registrar", name="王老师", place=SCHOOL)
    account.set_password("for-tests-only-1")
    account.save(using="owner")
    for place in (SCHOOL, OTHER):
        since = date(2020, 1, 1)
        Appointment(account=account, place=place, role="registrar", since=since).save(using="owner")
    return account


@pytest.fixture
def demo(tmp_path: Path) -> Any:
    officer = {"username": "officer", "password": "shown-to-all", "role": "县级学籍经办", "office": "西湖区"}
    (tmp_path / "demo.json").write_text(json.dumps({"accounts": [officer]}), encoding="utf-8")
    with override_settings(VAR=tmp_path):
        yield


def test_the_right_password_opens_the_door(client: Client, registrar: Account) -> None:
    answer = client.post("/sign-in", {"username": "registrar", "password": "for-tests-only-1"})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_wrong_password_is_said_on_the_form(client: Client, registrar: Account) -> None:
    answer = client.post("/sign-in", {"username": "registrar", "password": "wrong"})
    assert answer.status_code == 200
    assert 'class="say late"' in answer.content.decode()


@pytest.mark.usefixtures("demo")
def test_a_demonstration_says_so_and_fills_in_an_account_by_one_press(client: Client) -> None:
    page = client.get("/sign-in").content.decode()
    assert "演示数据" in page
    assert "shown-to-all" not in page
    page = client.post("/sign-in", {"demo": "officer"}).content.decode()
    assert 'value="officer"' in page
    assert 'value="shown-to-all"' in page


@pytest.mark.usefixtures("demo")
def test_production_offers_no_account(client: Client) -> None:
    with override_settings(PRODUCTION=True):
        page = client.get("/sign-in").content.decode()
    assert "演示" not in page


def test_the_language_can_be_switched_without_signing_in(client: Client) -> None:
    client.post("/language", {"language": "en", "next": "/sign-in"})
    assert 'lang="en"' in client.get("/sign-in").content.decode()


@pytest.mark.parametrize(("chosen", "shown"), [("dark", True), ("", False), ("pink", False)])
def test_the_theme_is_kept_or_follows_the_system(client: Client, chosen: str, shown: bool) -> None:
    assert client.post("/theme", {"theme": chosen, "next": "https://elsewhere.example"})["Location"] == "/"
    assert ("data-bs-theme" in client.get("/sign-in").content.decode()) is shown


def test_one_acts_in_the_appointment_one_chose_and_never_in_a_stranger_s(
    client: Client, registrar: Account
) -> None:
    client.force_login(registrar)
    first, second = registrar.appointments.using("owner").order_by("place").values_list("id", flat=True)
    client.post("/appointment", {"appointment": str(second)})
    assert client.get("/watermark.svg").wsgi_request.actor.place == OTHER  # type: ignore[attr-defined]
    client.post("/appointment", {"appointment": str(second + 1_000)})
    assert client.get("/watermark.svg").wsgi_request.actor.appointment_id == first  # type: ignore[attr-defined]


def test_the_watermark_names_the_viewer_and_is_kept_by_no_shared_cache(
    client: Client, registrar: Account
) -> None:
    client.force_login(registrar)
    answer = client.get("/watermark.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert "王老师 registrar" in answer.content.decode()
    assert answer["Cache-Control"].startswith("private")


def test_an_address_that_is_not_there_says_so(client: Client) -> None:
    answer = client.get("/nothing-here")
    assert answer.status_code == 404
    assert "没有此页" in answer.content.decode()
    assert settings.LOGIN_URL == "sign-in"
