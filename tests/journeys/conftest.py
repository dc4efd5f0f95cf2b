"""One browser for all journeys; every visitor has a window of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect, sync_playwright

from tests import databases, sites
from tests.journeys.visitors import Visitor

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
HERE = Path(__file__).parent

Visit = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="package")
def running_site(cleaner: databases.Cleaner) -> Iterator[str]:
    """Web server, worker and sealer on the database of this run; the address without a slash at the end.

    They end with the journeys: what a test of another folder leaves for a worker is for that test to do.
    """
    with sites.running(databases.environment_of(settings.DATABASES["default"]["NAME"])) as address:
        yield address


@pytest.fixture
def site(db: None, running_site: str) -> str:
    """The address of the running site, with an empty registry behind it before every test."""
    return running_site


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    # Playwright drives the browser from a loop of its own in this thread; our queries block it, as they may.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    """Return a way to open a window: visit("l2133000001", size=PHONE). Nobody may meet an error of the console."""
    visitors: list[Visitor] = []

    def opened(username: str = "", **options: object) -> Visitor:
        visitor = Visitor(browser, site, **options)  # type: ignore[arg-type]
        visitors.append(visitor)
        return visitor.sign_in(username) if username else visitor

    yield opened
    for visitor in visitors:
        visitor.context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []
