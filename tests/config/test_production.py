"""What production refuses to start with, and how settings read their variables."""

import os
import subprocess
import sys

import pytest

from xueji.config import environment, keys

SAFE = {
    "XUEJI_ENV": "production",
    "SECRET_KEY": "k7" * 40,
    "XUEJI_KEYS": "/etc/xueji/keys.json",
    "XUEJI_HOSTS": "xueji.example",
}


def start(given, *words):
    return subprocess.run(
        [sys.executable, "-m", "xueji.config.command", *(words or ("web", "--port", "0"))],
        env=os.environ | given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param({"XUEJI_DEBUG": "1"}, "DEBUG is on", id="debug"),
        pytest.param({"XUEJI_EASY_SIGN_IN": "1"}, "XUEJI_EASY_SIGN_IN is on", id="easy-sign-in"),
        pytest.param({"SECRET_KEY": ""}, "SECRET_KEY is not set", id="no-secret"),
        pytest.param({"SECRET_KEY": "django-insecure-" + "a" * 60}, "is an example", id="example-secret"),
        pytest.param({"SECRET_KEY": "short"}, "is an example or shorter", id="short-secret"),
        pytest.param({"XUEJI_KEYS": ""}, "XUEJI_KEYS does not name", id="no-keys"),
        pytest.param({"XUEJI_HOSTS": ""}, "XUEJI_HOSTS is not set", id="no-hosts"),
        pytest.param({"DATABASE_URL": "mysql://a/b"}, "expected postgresql://", id="another-database"),
        pytest.param({"DATABASE_OWNER_URL": ""}, "DATABASE_OWNER_URL must be set", id="no-owner"),
    ],
)
def test_production_refuses(database_environment, change, sentence):
    result = start(database_environment | SAFE | change)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        pytest.param("postgres", "is a superuser", id="superuser"),
        pytest.param("xueji_owner", "owns tables", id="owner"),
    ],
)
def test_production_refuses_an_application_role_no_scope_would_hold(database_environment, role, sentence):
    url = database_environment["DATABASE_URL"].replace("xueji_app", role)
    result = start(database_environment | SAFE | {"DATABASE_URL": url})
    assert result.returncode == 2
    assert f"Role {role} of DATABASE_URL {sentence}" in result.stderr


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(
            "postgresql://a%40b:p%2Fw@db.example:6432/xue?sslmode=require",
            ("xue", "a@b", "p/w", "db.example", "6432", {"sslmode": "require"}),
            id="over-the-net",
        ),
        pytest.param(
            "postgresql://app@/xue?host=/run/pg", ("xue", "app", "", "/run/pg", "", {}), id="socket"
        ),
    ],
)
def test_a_database_address_is_read_into_its_parts(monkeypatch, url, expected):
    monkeypatch.setenv("SOME_URL", url)
    assert tuple(environment.database("SOME_URL").values()) == expected


@pytest.mark.parametrize(
    ("name", "read"), [("XUEJI_DEBUG", environment.flag), ("PORT", lambda n: environment.number(n, 1))]
)
def test_a_variable_that_means_nothing_is_named(monkeypatch, name, read):
    monkeypatch.setenv(name, "perhaps")
    with pytest.raises(environment.WrongEnvironment, match=f"{name}='perhaps'"):
        read(name)


def test_a_secret_is_made_once_and_readable_by_its_owner_only(tmp_path):
    first = keys.secret(tmp_path, create=True)
    assert keys.secret(tmp_path, create=True) == first
    assert len(first) >= 50
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
