"""The two suites of algorithms: the international one and the national one (GM/T), behind one small interface.

| | international (1) | national (2) |
|---|---|---|
| values at rest | AES-256-GCM | SM4-GCM (GB/T 32907, mode of RFC 8998) |
| blind index | HMAC-SHA-256 | HMAC-SM3 (GB/T 32905) |
| tree of the history | SHA-256 | SM3 |
| signatures | Ed25519 | SM2 with SM3 (GB/T 32918) |

Which one new keys belong to is configuration; which one a value or a signature was made with is
written beside it, so both can be there at once.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import ciphers, hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC

from xueji.lib import sm2

TAG_BYTES: Final = 16


class Cipher(Protocol):
    """Authenticated encryption with associated data under one key."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """Return ciphertext and tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """Return the plain bytes; raises InvalidTag."""


@dataclass(frozen=True)
class Suite:
    """Algorithms that are used together. `id` is the first byte of what they encrypt."""

    id: int
    name: str
    data_key_bytes: int
    index_key_bytes: int
    cipher: Callable[[bytes], Cipher]
    # From a key and the beginning of all messages: the function from the rest of a message to its code.
    keyed_hash: Callable[[bytes, bytes], Callable[[bytes], bytes]]
    digest: Callable[[bytes], bytes]  # 32 bytes
    new_signing_key: Callable[[], tuple[bytes, bytes]]  # private, public
    sign: Callable[[bytes, bytes], bytes]  # private key, message
    verify: Callable[[bytes, bytes, bytes], bool]  # public key, message, signature


class Sm4Gcm:
    """SM4 in Galois/counter mode with a tag of 16 bytes, as RFC 8998 names it."""

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """Return ciphertext and tag."""
        encryptor = ciphers.Cipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        """Return the plain bytes; raises InvalidTag, ValueError for what is shorter than a tag."""
        decryptor = ciphers.Cipher(self._key, modes.GCM(nonce, data[-TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(associated_data)
        return decryptor.update(data[:-TAG_BYTES]) + decryptor.finalize()


def hmac_sha256(secret: bytes, beginning: bytes) -> Callable[[bytes], bytes]:
    """Return the function from the rest of a message to its HMAC-SHA-256."""
    # Key and beginning are absorbed once; each message goes on from a copy of that state.
    begun = hmac.new(secret, beginning, "sha256")

    def code(rest: bytes) -> bytes:
        keyed = begun.copy()
        keyed.update(rest)
        return keyed.digest()

    return code


def hmac_sm3(secret: bytes, beginning: bytes) -> Callable[[bytes], bytes]:
    """Return the function from the rest of a message to its HMAC-SM3."""
    begun = HMAC(secret, hashes.SM3())
    begun.update(beginning)

    def code(rest: bytes) -> bytes:
        keyed = begun.copy()
        keyed.update(rest)
        return keyed.finalize()

    return code


def sha256(content: bytes) -> bytes:
    """Return the SHA-256 of the content."""
    return hashlib.sha256(content).digest()


def sm3(content: bytes) -> bytes:
    """Return the SM3 of the content."""
    hasher = hashes.Hash(hashes.SM3())
    hasher.update(content)
    return hasher.finalize()


def _ed25519_new() -> tuple[bytes, bytes]:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes_raw(), key.public_key().public_bytes_raw()


def _ed25519_sign(private: bytes, message: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(private).sign(message)


def _ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


INTERNATIONAL: Final = Suite(
    1,
    "AES-256-GCM, HMAC-SHA-256, Ed25519",
    32,
    32,
    AESGCM,
    hmac_sha256,
    sha256,
    _ed25519_new,
    _ed25519_sign,
    _ed25519_verify,
)
NATIONAL: Final = Suite(
    2, "SM4-GCM, HMAC-SM3, SM2", 16, 32, Sm4Gcm, hmac_sm3, sm3, sm2.generate, sm2.sign, sm2.verify
)
SUITES: Final = {suite.id: suite for suite in (INTERNATIONAL, NATIONAL)}
BY_NAME: Final = {"international": INTERNATIONAL, "national": NATIONAL}
