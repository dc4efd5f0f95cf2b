"""What watches the registry is answered: without an account, with counts only, and not through the proxy."""

from __future__ import annotations

import pytest
from django.db import DatabaseError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from tests.status.cases import enrolled
from xueji.web import probes

pytestmark = pytest.mark.usefixtures("db")


def figures(client: Client, **headers: str) -> dict[str, dict[str, float]]:
    """Return every figure by its name and label."""
    answer = client.get("/metrics", **headers)
    assert answer.status_code == 200
    return {
        family.name: {sample.labels.get("of", ""): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(answer.content.decode())
    }


def test_a_process_says_that_it_answers_and_what_works() -> None:
    client = Client(HTTP_HOST="whatever.invalid")
    assert client.get("/health").content == b"ok"
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"default": True, "national": True, "sealing": True})
    assert not answer.cookies


def test_what_does_not_work_is_named_with_503(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(using: str) -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr(probes, "freshness", broken)
    answer = Client().get("/ready")
    assert (answer.status_code, answer.json()["sealing"]) == (503, False)


def test_figures_count_and_name_nobody() -> None:
    enrolled("测数目")
    found = figures(Client())
    assert found["xueji_pupils"][""] == 1
    assert found["xueji_sealing_stale"][""] == 0
    assert found["xueji_database_bytes"][""] > 0
    assert {"xueji_jobs", "xueji_turns_open", "xueji_turns_late", "xueji_sessions"} <= set(found)
    assert "测数目" not in Client().get("/metrics").content.decode()


def test_figures_do_not_leave_through_the_proxy() -> None:
    assert Client().get("/metrics", HTTP_X_FORWARDED_FOR="203.0.113.9").status_code == 404
