"""Whether this installation shows the synthetic nation, and with which accounts one may look at it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class DemoAccount:
    """One account of the synthetic nation. Its password protects nobody: all its people are invented."""

    username: str
    password: str
    role: str
    office: str


def _note() -> Path:
    """The file in which `xueji demo` writes down one account per role."""
    return Path(settings.VAR) / "demo.json"


def is_running() -> bool:
    """Return whether the data is synthetic. Production never is."""
    return not settings.PRODUCTION and _note().exists()


def sign_in_is_easy() -> bool:
    """Return whether name and password are enough here, whatever is demanded elsewhere. Never in production."""
    return bool(settings.XUEJI_EASY_SIGN_IN) and not settings.PRODUCTION


def accounts() -> tuple[DemoAccount, ...]:
    """Return one account per role of the synthetic nation; none when the data is real."""
    return _read(_note(), _note().stat().st_mtime_ns) if is_running() else ()


@lru_cache(maxsize=1)
def _read(note: Path, _written_at: int) -> tuple[DemoAccount, ...]:
    rows = json.loads(note.read_text(encoding="utf-8")).get("accounts", [])
    return tuple(
        DemoAccount(row["username"], row["password"], row.get("role", ""), row.get("office", ""))
        for row in rows
    )
