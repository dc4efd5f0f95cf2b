"""Typed reading of environment variables.

Every switch of the registry is an environment variable read here, so that a wrong
value is one sentence at the start and not a surprise later.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

REPOSITORY = Path(__file__).resolve().parents[2]

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


class WrongEnvironment(Exception):
    """An environment variable has a value that means nothing here."""


def text(name: str, default: str = "") -> str:
    """Return the variable without surrounding blanks, or `default` when it is not set."""
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool = False) -> bool:
    """Return a yes/no variable. Raises WrongEnvironment for anything else."""
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() in TRUE:
        return True
    if value.strip().lower() in FALSE:
        return False
    raise WrongEnvironment(f"{name}={value!r}: expected 1 or 0.")


def number(name: str, default: int) -> int:
    """Return a whole number. Raises WrongEnvironment for anything else."""
    value = text(name)
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise WrongEnvironment(f"{name}={value!r}: expected a whole number.") from None


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """Return a comma-separated list without empty entries."""
    value = text(name)
    return [word.strip() for word in value.split(",") if word.strip()] if value else list(default)


def var() -> Path:
    """Return the folder that holds everything this installation writes (XUEJI_VAR, else `var/`)."""
    return Path(text("XUEJI_VAR") or REPOSITORY / "var").expanduser().absolute()


def database(name: str) -> dict[str, object] | None:
    """Return the Django connection parameters in a `postgresql://` URL, or None when it is not set.

    Query parameters such as `sslmode` go to the driver; `host` and `port` among them
    replace those of the address, so that a socket folder can be named.
    Raises WrongEnvironment for any other scheme: PostgreSQL is the only store.
    """
    url = text(name)
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise WrongEnvironment(f"{name}: expected postgresql://user:password@host:port/database.")
    options: dict[str, object] = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": str(options.pop("host", "") or unquote(parts.hostname or "")),
        "PORT": str(options.pop("port", "") or parts.port or ""),
        "OPTIONS": options,
    }
