"""Fixtures of all tests. Those that need a database ask for `db`; they really commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connections

from tests import databases, sites
from xueji.config import embedded, translations
from xueji.organisations.queries import forget_calendar
from xueji.organisations.queries_packs import forget_packs

NO_BROWSER = "there is no chromium"


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Server]:
    """The embedded server of the tests, shared by all runs of this checkout."""
    with embedded.hold(Path(settings.VAR)) as held:
        yield held


@pytest.fixture(scope="session")
def cleaner(server: embedded.Server, django_db_blocker: Any) -> Iterator[databases.Cleaner]:
    """A database of this run's own, and what brings it back to its first state."""
    with django_db_blocker.unblock():
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        with databases.copy_of_template(server, worker) as name:
            databases.point_django_at(name)
            cleaner = databases.Cleaner(server.url(), name)
            yield cleaner
            connections.close_all()
            cleaner.close()


@pytest.fixture(scope="session")
def django_db_setup(cleaner: databases.Cleaner) -> None:
    """Stand in for pytest-django's own test databases: ours have three roles."""


def held(cleaner: databases.Cleaner, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield
        for connection in connections.all(initialized_only=True):
            # A test that ended inside a transaction must not hold the next one up.
            if connection.in_atomic_block:
                connection.close()
        cleaner.clean()
        # What this process keeps in mind of the database belongs to the test that is over.
        forget_calendar()
        forget_packs()


@pytest.fixture
def db(cleaner: databases.Cleaner, django_db_blocker: Any) -> Iterator[None]:
    """A migrated and seeded database behind all three doors; emptied again after the test."""
    yield from held(cleaner, django_db_blocker)


@pytest.fixture(scope="module")
def kept_db(cleaner: databases.Cleaner, django_db_blocker: Any) -> Iterator[None]:
    """The same for a whole file, whose tests only look at what one fixture left there."""
    yield from held(cleaner, django_db_blocker)


@pytest.fixture
def transactional_db(db: None) -> None:
    """The same as `db`: all our tests commit."""


@pytest.fixture
def _django_db_helper(db: None) -> None:
    """What pytest-django gives to tests marked `django_db`: our `db`."""


@pytest.fixture
def database_environment(db: None) -> dict[str, str]:
    """Environment variables with which a child process uses the database of this test."""
    return databases.environment_of(settings.DATABASES["default"]["NAME"])


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser of the journeys."""
    path = sites.chromium()
    assert path is not None, "tests that use this fixture carry the mark `browser`"
    return path


# Where a change is judged, the same examples are tried each time: what a search finds is for whoever searches.
hypothesis.settings.register_profile("judging", derandomize=True, deadline=None)
if os.environ.get("CI") == "true":
    hypothesis.settings.load_profile("judging")


def pytest_configure(config: pytest.Config) -> None:
    # Once, before those that test in parallel begin.
    if not hasattr(config, "workerinput"):
        translations.compile_all(settings.REPOSITORY)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if sites.chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))


def not_run(terminalreporter: Any) -> list[str]:
    """Return the journeys that were left out because there is no browser."""
    skipped = terminalreporter.stats.get("skipped", [])
    return sorted({report.nodeid for report in skipped if NO_BROWSER in str(report.longrepr)})


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    # What was left out must not pass for tested where nobody reads the summary.
    if os.environ.get("CI") == "true" and reporter is not None and not_run(reporter) and not exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    names = not_run(terminalreporter)
    if names:
        terminalreporter.section("浏览器测试没有运行 BROWSER JOURNEYS DID NOT RUN", red=True, bold=True)
        terminalreporter.line("没有 chromium。 There is no chromium (Debian: sudo apt install chromium).")
        for name in names:
            terminalreporter.line(f"  {name}", red=True)
