"""Keys that sign: the ring of who seals the history, and the public keys by which anyone checks it.

Private keys stand in a file of their own, which only the sealing worker reads; the public ones are
given to everybody. Old keys stay in both, so that what they signed can be checked for ever.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from xueji.lib.errors import Refused
from xueji.lib.suites import INTERNATIONAL, SUITES, Suite

FILE_VERSION: Final = 1


class SigningKeysUnusable(Refused):
    """A file of signing or public keys that is damaged or of a kind this program does not know."""

    code = "signing-keys-unusable"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(
            f"签名密钥文件不能使用：{zh}。请从备份恢复。",
            f"The file of signing keys cannot be used: {en}. Restore it from its backup.",
        )


@dataclass(frozen=True)
class PublicKey:
    """A public key with the suite it is for."""

    suite: Suite
    public: bytes

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Return whether the signature is of this message by this key."""
        return self.suite.verify(self.public, message, signature)


@dataclass(frozen=True)
class SigningKey:
    """A private key with its public one."""

    public_key: PublicKey
    private: bytes = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message."""
        return self.public_key.suite.sign(self.private, message)

    @classmethod
    def create(cls, suite: Suite = INTERNATIONAL) -> SigningKey:
        """Return a new key of a suite."""
        private, public = suite.new_signing_key()
        return cls(PublicKey(suite, public), private)


@dataclass(frozen=True)
class SigningRing:
    """Signing keys by number, and the number of the one that signs now."""

    keys: Mapping[int, SigningKey]
    current: int

    @classmethod
    def create(cls, suite: Suite = INTERNATIONAL) -> SigningRing:
        """Return a ring with one new key."""
        return cls({1: SigningKey.create(suite)}, 1)

    def with_new_key(self, suite: Suite) -> SigningRing:
        """Return the ring with one more key, which signs from now on."""
        number = max(self.keys) + 1
        return SigningRing({**self.keys, number: SigningKey.create(suite)}, number)

    @property
    def signing(self) -> SigningKey:
        """The key that signs now."""
        return self.keys[self.current]

    @property
    def public_keys(self) -> dict[int, PublicKey]:
        """The public keys by number."""
        return {number: key.public_key for number, key in self.keys.items()}

    def dump(self) -> str:
        """Return the ring as the text of its file. It is secret: only the sealing worker may read the file."""
        return _text(
            {
                "version": FILE_VERSION,
                "keys": {
                    str(number): {**_row(key.public_key), "private": _encoded(key.private)}
                    for number, key in self.keys.items()
                },
                "current": self.current,
            }
        )

    @classmethod
    def load(cls, text: str) -> SigningRing:
        """Return the ring that `dump` wrote. Raises SigningKeysUnusable."""
        content = _read(text)
        public = _public_keys(content)
        try:
            keys = {
                number: SigningKey(public[number], _decoded(content["keys"][str(number)]["private"]))
                for number in public
            }
            current = int(content["current"])
        except (KeyError, TypeError, ValueError) as error:
            raise SigningKeysUnusable("缺少内容", "a part is missing") from error
        if current not in keys:
            raise SigningKeysUnusable("没有当前密钥", "the current key is missing")
        return cls(keys, current)


def dump_public(keys: Mapping[int, PublicKey]) -> str:
    """Return public keys as the text of a file that anyone may have."""
    return _text(
        {"version": FILE_VERSION, "keys": {str(number): _row(key) for number, key in sorted(keys.items())}}
    )


def load_public(text: str) -> dict[int, PublicKey]:
    """Return the public keys in a file of them (or in a secret one). Raises SigningKeysUnusable."""
    return _public_keys(_read(text))


def _public_keys(content: Mapping[str, Any]) -> dict[int, PublicKey]:
    try:
        return {
            int(number): PublicKey(SUITES[row["suite"]], _decoded(row["public"]))
            for number, row in content["keys"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SigningKeysUnusable(
            "缺少内容或算法套件不支持", "a part is missing or its suite unknown"
        ) from error


def _read(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise SigningKeysUnusable("不是 JSON 文本", "it is not JSON") from error
    if not isinstance(content, dict) or content.get("version") != FILE_VERSION:
        raise SigningKeysUnusable(f"版本不是 {FILE_VERSION}", f"it is not of version {FILE_VERSION}")
    return content


def _row(key: PublicKey) -> dict[str, object]:
    return {"suite": key.suite.id, "public": _encoded(key.public)}


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def _text(content: Mapping[str, object]) -> str:
    return json.dumps(content, indent=2) + "\n"
