"""Fixtures of all tests. Those that need a database ask for `db`; they really commit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from tests import databases
from xueji.config import embedded


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Server]:
    """The embedded server of the tests, shared by all runs on this machine."""
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


@pytest.fixture
def db(cleaner: databases.Cleaner, django_db_blocker: Any) -> Iterator[None]:
    """A migrated and seeded database behind all three doors; emptied again after the test."""
    with django_db_blocker.unblock():
        yield
        for connection in connections.all(initialized_only=True):
            # A test that ended inside a transaction must not hold the next one up.
            if connection.in_atomic_block:
                connection.close()
        cleaner.clean()


@pytest.fixture
def transactional_db(db: None) -> None:
    """The same as `db`: all our tests commit."""


@pytest.fixture
def _django_db_helper(db: None) -> None:
    """What pytest-django gives to tests marked `django_db`: our `db`."""


@pytest.fixture
def database_environment(db: None) -> dict[str, str]:
    """Environment variables with which a child process uses the database of this test."""
    return databases.environment_of(settings.DATABASES["default"]["NAME"]) | {
        "DJANGO_SETTINGS_MODULE": "tests.settings"
    }
