"""Pupils who went over all three desks, for tests of the pages that show them."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import TODAY, actor, school
from xueji.access.models import Account
from xueji.changes.actions import rosters
from xueji.changes.rules.roster_columns import BY_KEY
from xueji.changes.rules.roster_steps import Act
from xueji.students.models import Student

REGISTRAR, LEADER, OFFICER = "r2133000001", "l2133000001", "o330902"


def as_(username: str) -> Client:
    """Return a browser in which this account is signed in."""
    browser = Client()
    browser.force_login(Account.objects.using("owner").get(username=username))
    return browser


def register(*pupils: dict[str, str], identifier: str = "2133000001", officer: str = OFFICER) -> None:
    """Register pupils at a school, over the desks of registrar, leader and officer."""
    keys = sorted({key for one in pupils for key in one})
    lines = [",".join(BY_KEY[key].column.header_zh for key in keys)]
    lines += [",".join(one.get(key, "") for key in keys) for one in pupils]
    batch, _ = rosters.receive(
        "\n".join(lines).encode(),
        file_name="新生.csv",
        school=school(identifier),
        by=actor(f"r{identifier}"),
    )
    checked = rosters.check_batch(batch.id, today=TODAY)
    assert checked.rejected == 0
    rosters.submit(batch.id, by=actor(f"r{identifier}"), today=TODAY)
    rosters.decide(batch.id, act=Act.APPROVE, by=actor(f"l{identifier}"), today=TODAY)
    rosters.decide(batch.id, act=Act.APPROVE, by=actor(officer), today=TODAY)


def one_called(name: str) -> Student:
    """Return the only pupil of this name in the nation."""
    found: Student = Student.everywhere.using("owner").get(name=name)
    return found


def queries_of(browser: Client, address: str) -> int:
    """Return how many statements a page takes, on all doors to the database."""
    browser.get(address)
    captured = [CaptureQueriesContext(connections[alias]) for alias in ("default", "national")]
    for one in captured:
        one.__enter__()
    answer = browser.get(address)
    for one in captured:
        one.__exit__(None, None, None)
    assert answer.status_code == 200, address
    statements = [query["sql"] for one in captured for query in one.captured_queries]
    return sum(sql not in ("BEGIN", "COMMIT") for sql in statements)


def text_of(answer: Any) -> str:
    """Return the page as text."""
    return str(answer.content.decode())
