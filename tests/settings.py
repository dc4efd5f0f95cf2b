"""Settings of the tests: the real ones, with a folder, a server and secrets of their own."""

import os
from pathlib import Path

# Each process that tests in parallel has a server of its own: what is in flight in one is of no concern to another.
os.environ["XUEJI_VAR"] = os.environ.get("XUEJI_TEST_VAR") or str(
    Path(__file__).resolve().parents[1]
    / "var"
    / "-".join(filter(None, ("test", os.environ.get("PYTEST_XDIST_WORKER"))))
)

from xueji.config.settings import *  # noqa: F403

# Passwords of invented people need no seconds of work each.
PASSWORD_HASHERS = ["tests.hashers.QuickArgon2"]

# Pages name their static files plainly; the site fixture serves them under hashed names.
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
