"""Secrets of this installation: the signing secret, the key ring of identifiers, and the keys that seal the history.

In a demo both are made at first start and kept in `var/`. In production they are given
(SECRET_KEY, XUEJI_KEYS) or were made before by `xueji init`: a registry whose keys
appear by themselves would silently lose the sight of its own data.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from xueji.config import environment

if TYPE_CHECKING:
    from xueji.lib.crypto import KeyRing
    from xueji.lib.rate_caps import RateCap
    from xueji.lib.signing import SigningRing
    from xueji.lib.suites import Suite

INDEX_RATE = 2_000
# A burst of a million at the usual rate: ten rosters of 20,000 pupils, each checked several times.
SECONDS_OF_BURST = 500


class KeysMissing(Exception):
    """No key material is given, and none may be made here."""


def keep(path: Path, content: str) -> str:
    """Write a file that only its owner can read, unless it exists; return what is in it now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        # A link fails when another process was first; then its content is the one that counts.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text(encoding="utf-8")


def secret(var: Path, *, create: bool) -> str:
    """Return the signing secret in `var/secret`; made when missing and `create`, else empty."""
    path = var / "secret"
    if path.exists():
        return path.read_text(encoding="utf-8").strip()
    try:
        return keep(path, secrets.token_urlsafe(64)).strip() if create else ""
    except OSError as error:
        raise KeysMissing(
            f"不能写入 {var}：{error.strerror}。请更改目录权限，或设置 SECRET_KEY。 "
            f"Cannot write to {var}: {error.strerror}. Change its permissions, or set SECRET_KEY."
        ) from None


def suite() -> Suite:
    """Return the suite of new keys: that of XUEJI_SUITE, else the international one. Raises WrongEnvironment."""
    from xueji.lib.suites import BY_NAME

    name = environment.text("XUEJI_SUITE", "international")
    if name not in BY_NAME:
        raise environment.WrongEnvironment(f"XUEJI_SUITE={name!r}: expected one of {', '.join(BY_NAME)}.")
    return BY_NAME[name]


def path_of_ring(var: Path) -> Path:
    """Return where the key ring is kept: the file XUEJI_KEYS, else `var/keys.json`."""
    given = environment.text("XUEJI_KEYS")
    return Path(given) if given else var / "keys.json"


def make_ring(var: Path) -> bool:
    """Make the key ring if there is none; return whether it was made now."""
    from xueji.lib.crypto import KeyRing

    path = path_of_ring(var)
    if path.exists():
        return False
    try:
        keep(path, KeyRing.create(suite()).dump())
    except OSError as error:
        raise KeysMissing(
            f"不能写入密钥文件 {path}：{error.strerror}。 Cannot write the key file {path}: {error.strerror}."
        ) from None
    return True


def ring(var: Path, *, create: bool) -> KeyRing:
    """Return the key ring; made when missing and `create`, but never where XUEJI_KEYS names the file.

    Raises KeysMissing when there is none and none may be made.
    """
    from xueji.lib.crypto import KeyRing  # settings are read by tools that never decrypt anything

    path = path_of_ring(var)
    if not path.exists():
        if not create or environment.text("XUEJI_KEYS"):
            raise KeysMissing(
                f"没有密钥文件 {path}：请先执行 xueji init，或更正 XUEJI_KEYS。 "
                f"There is no key file {path}: run `xueji init` first, or correct XUEJI_KEYS."
            )
        make_ring(var)
    return KeyRing.load(path.read_text(encoding="utf-8")).capped(index_cap())


def index_cap() -> RateCap:
    """Return the cap on blind indexes of this process: XUEJI_INDEX_RATE a second, after some large rosters at once."""
    from xueji.lib.rate_caps import RateCap

    per_second = environment.number("XUEJI_INDEX_RATE", INDEX_RATE)
    if per_second < 1:
        raise environment.WrongEnvironment(f"XUEJI_INDEX_RATE={per_second}: expected at least 1.")
    return RateCap("blind index", per_second, per_second * SECONDS_OF_BURST)


def path_of_sealing_keys(var: Path) -> Path:
    """Return where the keys that seal the history are kept: the file XUEJI_SEALING_KEYS, else `var/sealing.json`."""
    given = environment.text("XUEJI_SEALING_KEYS")
    return Path(given) if given else var / "sealing.json"


def make_sealing_keys(var: Path) -> bool:
    """Make the keys that seal the history if there are none; return whether they were made now."""
    from xueji.lib.signing import SigningRing

    path = path_of_sealing_keys(var)
    if path.exists():
        return False
    try:
        keep(path, SigningRing.create(suite()).dump())
    except OSError as error:
        raise KeysMissing(
            f"不能写入密钥文件 {path}：{error.strerror}。 Cannot write the key file {path}: {error.strerror}."
        ) from None
    return True


def sealing_keys(var: Path, *, create: bool) -> SigningRing:
    """Return the keys that seal the history; made when missing and `create`. Only who seals calls this.

    Raises KeysMissing when there are none and none may be made.
    """
    from xueji.lib.signing import SigningRing

    path = path_of_sealing_keys(var)
    if not path.exists():
        if not create or environment.text("XUEJI_SEALING_KEYS"):
            raise KeysMissing(
                f"没有封存密钥文件 {path}：请先执行 xueji init，或更正 XUEJI_SEALING_KEYS。 "
                f"There is no file of sealing keys {path}: run `xueji init` first, or correct XUEJI_SEALING_KEYS."
            )
        make_sealing_keys(var)
    return SigningRing.load(path.read_text(encoding="utf-8"))
