"""SM2 signatures (GB/T 32918.2, GM/T 0003.2) by OpenSSL 3: what the library for the other algorithms lacks.

Keys are DER as OpenSSL writes them: a private key as it comes, a public key as SubjectPublicKeyInfo. A
signature is the DER of r and s over SM3. The signer's id is 1234567812345678, the one of GM/T 0009: with
another id, or none, nobody else's program would verify what is signed here.

OpenSSL is the one of the system, else the one that comes with the database driver. Certified hardware
(GM/T 0018) stands in production behind the same three functions.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import glob
import importlib.util
from functools import cache
from pathlib import Path
from typing import Any, Final

from xueji.lib.errors import Refused

SIGNER_ID: Final = b"1234567812345678"
# r and s of 32 bytes with their DER frames take 72 bytes at most.
SIGNATURE_ROOM: Final = 128


class Sm2Missing(Refused):
    """No OpenSSL 3 with SM2 is on this machine."""

    code = "sm2-missing"


@cache
def _openssl() -> Any:
    for name in _candidates():
        try:
            library = ctypes.CDLL(name)
            library.OpenSSL_version_num.restype = ctypes.c_ulong
            library.EVP_sm3.restype = ctypes.c_void_p
            library.EVP_PKEY_CTX_set1_id.restype = ctypes.c_int
        except (OSError, AttributeError):
            continue
        if library.OpenSSL_version_num() >> 28 >= 3:
            return _declared(library)
    raise Sm2Missing(
        "本机没有带 SM2 的 OpenSSL 3，不能使用国密套件的签名。请安装 libcrypto 3。",
        "There is no OpenSSL 3 with SM2 on this machine, so the national suite cannot sign. Install libcrypto 3.",
    )


def _candidates() -> list[str]:
    found = ctypes.util.find_library("crypto")
    names = ["libcrypto.so.3"] + ([found] if found else [])
    driver = importlib.util.find_spec("psycopg_binary")
    if driver is not None and driver.origin:
        beside = Path(driver.origin).parent.parent / "psycopg_binary.libs"
        names += sorted(glob.glob(str(beside / "libcrypto*")))
    return names


def _declared(library: Any) -> Any:
    pointer, size, number, data = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_char_p
    for name, result, arguments in (
        ("EVP_PKEY_Q_keygen", pointer, [pointer, pointer, data]),
        ("EVP_PKEY_free", None, [pointer]),
        ("EVP_PKEY_is_a", number, [pointer, data]),
        ("i2d_PrivateKey", number, [pointer, pointer]),
        ("i2d_PUBKEY", number, [pointer, pointer]),
        ("d2i_AutoPrivateKey", pointer, [pointer, pointer, ctypes.c_long]),
        ("d2i_PUBKEY", pointer, [pointer, pointer, ctypes.c_long]),
        ("EVP_PKEY_CTX_new", pointer, [pointer, pointer]),
        ("EVP_PKEY_CTX_free", None, [pointer]),
        ("EVP_PKEY_CTX_set1_id", number, [pointer, data, number]),
        ("EVP_MD_CTX_new", pointer, []),
        ("EVP_MD_CTX_free", None, [pointer]),
        ("EVP_MD_CTX_set_pkey_ctx", None, [pointer, pointer]),
        ("EVP_sm3", pointer, []),
        ("EVP_DigestSignInit", number, [pointer, pointer, pointer, pointer, pointer]),
        ("EVP_DigestSign", number, [pointer, pointer, pointer, data, size]),
        ("EVP_DigestVerifyInit", number, [pointer, pointer, pointer, pointer, pointer]),
        ("EVP_DigestVerify", number, [pointer, data, size, data, size]),
        ("ERR_clear_error", None, []),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def generate() -> tuple[bytes, bytes]:
    """Return a new private key and its public key. Raises Sm2Missing."""
    library = _openssl()
    key = library.EVP_PKEY_Q_keygen(None, None, b"SM2")
    if not key:
        raise ValueError("OpenSSL made no SM2 key")
    try:
        return _encoded(library.i2d_PrivateKey, key), _encoded(library.i2d_PUBKEY, key)
    finally:
        library.EVP_PKEY_free(key)


def sign(private: bytes, message: bytes) -> bytes:
    """Return the signature of a message. Raises ValueError for what is no private key."""
    library = _openssl()
    key = _decoded(library.d2i_AutoPrivateKey, private)
    with _Context(library, key) as context:
        if library.EVP_DigestSignInit(context, None, library.EVP_sm3(), None, key) != 1:
            raise ValueError("this is no SM2 private key")
        room = ctypes.create_string_buffer(SIGNATURE_ROOM)
        length = ctypes.c_size_t(SIGNATURE_ROOM)
        if library.EVP_DigestSign(context, room, ctypes.byref(length), message, len(message)) != 1:
            raise ValueError("OpenSSL could not sign")
        return room.raw[: length.value]


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether the signature is of this message by this key. Raises ValueError for what is no public key."""
    library = _openssl()
    key = _decoded(library.d2i_PUBKEY, public)
    with _Context(library, key) as context:
        if library.EVP_DigestVerifyInit(context, None, library.EVP_sm3(), None, key) != 1:
            raise ValueError("this is no SM2 public key")
        is_right = library.EVP_DigestVerify(context, signature, len(signature), message, len(message)) == 1
        library.ERR_clear_error()
        return is_right


class _Context:
    """A context of one signature with the signer's id set; frees itself and the key."""

    def __init__(self, library: Any, key: int) -> None:
        self.library, self.key = library, key
        self.of_key = library.EVP_PKEY_CTX_new(key, None)
        self.of_digest = library.EVP_MD_CTX_new()

    def __enter__(self) -> int:
        self.library.EVP_PKEY_CTX_set1_id(self.of_key, SIGNER_ID, len(SIGNER_ID))
        self.library.EVP_MD_CTX_set_pkey_ctx(self.of_digest, self.of_key)
        return int(self.of_digest)

    def __exit__(self, *_error: object) -> None:
        self.library.EVP_MD_CTX_free(self.of_digest)
        self.library.EVP_PKEY_CTX_free(self.of_key)
        self.library.EVP_PKEY_free(self.key)


def _encoded(write: Any, key: int) -> bytes:
    length = write(key, None)
    room = ctypes.create_string_buffer(length)
    # The function moves the pointer behind what it wrote, so it gets one of its own.
    at = ctypes.c_void_p(ctypes.addressof(room))
    write(key, ctypes.byref(at))
    return room.raw[:length]


def _decoded(read: Any, encoded: bytes) -> int:
    room = ctypes.create_string_buffer(encoded, len(encoded))
    at = ctypes.c_void_p(ctypes.addressof(room))
    key = read(None, ctypes.byref(at), len(encoded))
    if not key or _openssl().EVP_PKEY_is_a(key, b"SM2") != 1:
        _openssl().ERR_clear_error()
        if key:
            _openssl().EVP_PKEY_free(key)
        raise ValueError("this is no SM2 key")
    return int(key)
