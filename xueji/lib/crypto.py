"""Blind index and encryption of what identifies a person, behind one key ring.

A blind index is a keyed hash: equal values are found by equality, and without the key
nothing can be guessed from it, although all numbers of a generation can be tried in
minutes. Encrypted values are bound to their place by associated data: moved to another
row or column they do not open. The two never share a key.

    blob = suite (1 byte) ‖ key id (1 byte) ‖ nonce (12 bytes) ‖ ciphertext ‖ tag

The suite (lib.suites) is written into every blob and into the key file, so that old values stay
readable when keys or algorithms change.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.exceptions import InvalidTag

from xueji.lib.errors import Refused
from xueji.lib.id_numbers import normalised
from xueji.lib.rate_caps import RateCap
from xueji.lib.suites import INTERNATIONAL, SUITES, Cipher, Suite

FILE_VERSION = 1
INDEX_VERSION = b"/v1\x00"
INDEX_BYTES = 16
NONCE_BYTES = 12
HEADER_BYTES = 2


class KeysUnusable(Refused):
    """Key material that is incomplete, damaged, or of a kind this program does not know."""

    code = "keys-unusable"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(
            f"密钥文件不能使用：{zh}。请从备份恢复密钥文件。",
            f"The key file cannot be used: {en}. Restore it from its backup.",
        )


class Undecryptable(Exception):
    """A blob that is damaged, was moved from its place, or was made with a key that is not on the ring."""


@dataclass(frozen=True)
class Key:
    """A key with the suite it is for."""

    suite: Suite
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyRing:
    """The index key, the data keys by id, and the id of the one that new values are encrypted with."""

    index_key: Key
    data_keys: Mapping[int, Key]
    current: int
    # All numbers of a generation are 15 thousand million: at 2,000 a second they take three months.
    cap: RateCap | None = field(default=None, repr=False, compare=False)
    _ciphers: Mapping[bytes, Cipher] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.current not in self.data_keys:
            raise KeysUnusable(
                f"没有当前数据密钥 {self.current}",
                f"it has no data key {self.current}, which it names as the current one",
            )
        if any(not 0 <= key_id <= 255 for key_id in self.data_keys):
            raise KeysUnusable("数据密钥编号应为 0 至 255", "ids of data keys go from 0 to 255")
        secrets = [self.index_key.secret, *(key.secret for key in self.data_keys.values())]
        if len(set(secrets)) != len(secrets):
            raise KeysUnusable(
                "同一密钥出现两次，索引密钥与数据密钥必须不同",
                "a key stands in it twice; index and data keys must differ",
            )
        ciphers = {
            bytes((key.suite.id, key_id)): key.suite.cipher(key.secret)
            for key_id, key in self.data_keys.items()
        }
        object.__setattr__(self, "_ciphers", ciphers)

    @classmethod
    def create(cls, suite: Suite = INTERNATIONAL) -> KeyRing:
        """Return a ring with new random keys of a suite."""
        return cls(
            Key(suite, os.urandom(suite.index_key_bytes)),
            {1: Key(suite, os.urandom(suite.data_key_bytes))},
            1,
        )

    def capped(self, cap: RateCap) -> KeyRing:
        """Return the ring with a cap on how many blind indexes it computes."""
        return replace(self, cap=cap)

    def uncapped(self) -> KeyRing:
        """Return the ring without a cap: for the synthetic nation, whose numbers belong to nobody."""
        return replace(self, cap=None)

    @classmethod
    def load(cls, text: str) -> KeyRing:
        """Return the ring that `dump` wrote. Raises KeysUnusable."""
        try:
            content = json.loads(text)
        except ValueError as error:
            raise KeysUnusable("不是 JSON 文本", "it is not JSON") from error
        if not isinstance(content, dict):
            raise KeysUnusable("内容不是密钥环", "it holds no key ring")
        return cls.from_mapping(content)

    @classmethod
    def from_mapping(cls, content: Mapping[str, Any]) -> KeyRing:
        """Return the ring described by the content of a key file. Raises KeysUnusable.

        {"version": 1, "index": {"suite": 1, "key": "<base64>"},
         "data": {"1": {"suite": 1, "key": "<base64>"}}, "current": 1}
        """
        if content.get("version") != FILE_VERSION:
            raise KeysUnusable(f"版本不是 {FILE_VERSION}", f"it is not of version {FILE_VERSION}")
        try:
            data = {int(key_id): _key(row, is_index=False) for key_id, row in content["data"].items()}
            return cls(_key(content["index"], is_index=True), data, int(content["current"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise KeysUnusable("缺少内容或内容类型不对", "a part is missing or of the wrong kind") from error

    def dump(self) -> str:
        """Return the ring as the text of a key file. It is secret: only its owner may read the file."""
        content = {
            "version": FILE_VERSION,
            "index": _row(self.index_key),
            "data": {str(key_id): _row(key) for key_id, key in self.data_keys.items()},
            "current": self.current,
        }
        return json.dumps(content, indent=2) + "\n"

    def blind_index(self, scheme: str, value: str) -> bytes:
        """Return the 16 bytes by which a value is found; width, blanks and case do not matter."""
        return self.blind_indexes(scheme, [value])[0]

    def blind_indexes(self, scheme: str, values: Sequence[str]) -> list[bytes]:
        """Return the blind index of each value, in their order. Waits where a cap is reached."""
        if self.cap is not None:
            self.cap.take(len(values))
        code = self.index_key.suite.keyed_hash(self.index_key.secret, scheme.encode() + INDEX_VERSION)
        return [code(normalised(value).encode())[:INDEX_BYTES] for value in values]

    def encrypt(self, plain: str | bytes, aad: bytes) -> bytes:
        """Return the blob of a value that opens only with the same associated data."""
        return self.encrypt_many([plain], [aad])[0]

    def encrypt_many(self, plains: Sequence[str | bytes], aads: Sequence[bytes]) -> list[bytes]:
        """Return the blob of each value under its own associated data, in their order.

        Nonces are random, so one key must not encrypt more than about 2^32 values: then add another.
        """
        header = bytes((self.data_keys[self.current].suite.id, self.current))
        encrypt = self._ciphers[header].encrypt
        # One call to the system for all nonces: a call for each would take as long as encrypting.
        random = os.urandom(NONCE_BYTES * len(plains))
        blobs = []
        for at, (plain, aad) in enumerate(zip(plains, aads, strict=True)):
            nonce = random[at * NONCE_BYTES : (at + 1) * NONCE_BYTES]
            content = plain.encode() if isinstance(plain, str) else plain
            blobs.append(header + nonce + encrypt(nonce, content, aad))
        return blobs

    def decrypt(self, blob: bytes, aad: bytes) -> str:
        """Return the text in a blob. Raises Undecryptable if damaged, moved, or of an unknown key."""
        return self.decrypt_bytes(blob, aad).decode()

    def decrypt_bytes(self, blob: bytes, aad: bytes) -> bytes:
        """Return the bytes in a blob. Raises Undecryptable if damaged, moved, or of an unknown key."""
        blob = bytes(blob)
        cipher = self._ciphers.get(blob[:HEADER_BYTES])
        if cipher is None:
            raise Undecryptable("no key on the ring for this value")
        nonce, content = blob[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES], blob[HEADER_BYTES + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, content, aad)
        except (InvalidTag, ValueError) as error:
            raise Undecryptable("the value is damaged or does not belong in this place") from error


def _key(row: Mapping[str, Any], *, is_index: bool) -> Key:
    suite = SUITES.get(row["suite"])
    if suite is None:
        raise KeysUnusable(
            f"本程序不支持算法套件 {row['suite']}", f"this program does not know the suite {row['suite']}"
        )
    try:
        secret = base64.b64decode(row["key"], validate=True)
    except binascii.Error as error:
        raise KeysUnusable("密钥不是有效的 base64", "a key is not valid base64") from error
    if len(secret) != (suite.index_key_bytes if is_index else suite.data_key_bytes):
        raise KeysUnusable(f"{suite.name} 的密钥长度不对", f"a key for {suite.name} has the wrong length")
    return Key(suite, secret)


def _row(key: Key) -> dict[str, object]:
    return {"suite": key.suite.id, "key": base64.b64encode(key.secret).decode()}
