"""Acts stop while the history is not sealed; looking things up, and leaving, go on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.databases import Cleaner
from tests.web.registered import REGISTRAR, as_, text_of
from tests.web.test_api import Caller
from xueji.audit.actions import record
from xueji.audit.sealing import forget_freshness

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def stale(cleaner: Cleaner, settings: Any) -> Any:
    """An event that has waited for eleven minutes, where a worker should have sealed it."""
    settings.XUEJI_SEALING = True
    record("x", by=None, office=0, subject_kind="roster", subject_id=1, place=0, using="national")
    cleaner.connection.execute("UPDATE audit_event SET at = now() - interval '11 minutes'")
    forget_freshness()
    yield
    forget_freshness()


def test_an_act_is_refused_on_page_and_api_with_reason_and_remedy(stale: None) -> None:
    page = as_(REGISTRAR).post("/rosters/new", {})
    assert page.status_code == 409
    assert "超过十分钟未封存" in text_of(page)
    answer = Caller(REGISTRAR).post("/students", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "sealing-stale")
    assert "sealing worker" in answer.json()["message_en"]


def test_looking_up_switching_and_leaving_go_on(stale: None) -> None:
    browser = as_(REGISTRAR)
    assert browser.get("/rosters/").status_code == 200
    assert browser.post("/language", {"language": "en"}).status_code == 302
    assert browser.post("/sign-out").status_code == 302


def test_nothing_is_asked_of_sealing_where_no_worker_seals(stale: None, settings: Any) -> None:
    settings.XUEJI_SEALING = False
    assert Caller(REGISTRAR).post("/students", {}).json()["code"] != "sealing-stale"
