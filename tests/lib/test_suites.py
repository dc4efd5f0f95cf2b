"""Both suites: the published vectors, and the promises of the interface for each."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag

from xueji.lib import sm2
from xueji.lib.crypto import KeyRing, Undecryptable
from xueji.lib.suites import BY_NAME, INTERNATIONAL, NATIONAL, SUITES, Sm4Gcm, Suite, hmac_sha256, hmac_sm3

BOTH = pytest.mark.parametrize("suite", SUITES.values(), ids=list(BY_NAME))


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def test_sm3_gives_the_examples_of_its_standard() -> None:
    # GB/T 32905-2016, annex A.
    assert NATIONAL.digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert NATIONAL.digest(b"abcd" * 16).hex() == (
        "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    )


def test_sm4_gcm_gives_the_example_of_rfc_8998() -> None:
    key, nonce = unhex("0123456789abcdeffedcba9876543210"), unhex("00001234567800000000abcd")
    plain = b"".join(bytes([byte]) * 8 for byte in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    beside = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = unhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert Sm4Gcm(key).encrypt(nonce, plain, beside) == sealed
    assert Sm4Gcm(key).decrypt(nonce, sealed, beside) == plain
    with pytest.raises(InvalidTag):
        Sm4Gcm(key).decrypt(nonce, sealed, beside + b"x")


def test_aes_256_gcm_gives_case_16_of_its_specification() -> None:
    # McGrew and Viega, The Galois/Counter Mode of Operation, appendix B.
    key = unhex("feffe9928665731c6d6a8f9467308308" * 2)
    plain = unhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    beside = unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = INTERNATIONAL.cipher(key).encrypt(unhex("cafebabefacedbaddecaf888"), plain, beside)
    assert sealed[-16:].hex() == "76fc6ece0f4e1768cddf8853bb2d551b"


def test_hmac_sha_256_gives_case_2_of_rfc_4231() -> None:
    assert hmac_sha256(b"Jefe", b"what do ya want ")(b"for nothing?").hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.parametrize("key", [b"k", b"k" * 32, b"k" * 100], ids=["short", "usual", "longer-than-a-block"])
def test_hmac_sm3_is_rfc_2104_over_sm3(key: bytes) -> None:
    padded = (NATIONAL.digest(key) if len(key) > 64 else key).ljust(64, b"\0")
    inner = NATIONAL.digest(bytes(byte ^ 0x36 for byte in padded) + b"begun, ended")
    outer = NATIONAL.digest(bytes(byte ^ 0x5C for byte in padded) + inner)
    assert hmac_sm3(key, b"begun, ")(b"ended") == outer


# GM/T 0003.5-2012, annex A: the recommended curve, the message "message digest".
SM2_PUBLIC = unhex(
    "3059301306072a8648ce3d020106082a811ccf5501822d03420004"
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SM2_SIGNATURE = unhex(
    "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)


def test_sm2_accepts_the_signature_of_its_standard_and_no_other() -> None:
    assert sm2.verify(SM2_PUBLIC, b"message digest", SM2_SIGNATURE)
    assert not sm2.verify(SM2_PUBLIC, b"message digesT", SM2_SIGNATURE)
    assert not sm2.verify(SM2_PUBLIC, b"message digest", SM2_SIGNATURE[:-1] + b"\xab")
    assert not sm2.verify(SM2_PUBLIC, b"message digest", b"")


def test_ed25519_gives_test_2_of_rfc_8032() -> None:
    private = unhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    public = unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = INTERNATIONAL.sign(private, b"\x72")
    assert signature.hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert INTERNATIONAL.verify(public, b"\x72", signature)


@BOTH
def test_a_signature_is_of_one_message_by_one_key(suite: Suite) -> None:
    private, public = suite.new_signing_key()
    _other, stranger = suite.new_signing_key()
    signature = suite.sign(private, b"root")
    assert suite.verify(public, b"root", signature)
    assert not suite.verify(public, b"other", signature)
    assert not suite.verify(stranger, b"root", signature)
    assert not suite.verify(public, b"root", signature[:-1] + bytes([signature[-1] ^ 1]))


@pytest.mark.parametrize("key", [b"", b"no key", b"\x30\x82" + b"\xff" * 90])
def test_what_is_no_sm2_key_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="SM2"):
        sm2.sign(key, b"root")
    with pytest.raises(ValueError, match="SM2"):
        sm2.verify(key, b"root", SM2_SIGNATURE)


@BOTH
def test_a_ring_of_either_suite_opens_finds_and_refuses_alike(suite: Suite) -> None:
    ring = KeyRing.load(KeyRing.create(suite).dump())
    blob = ring.encrypt("33090220180901002X", b"identifier|1")
    assert blob[0] == suite.id
    assert ring.decrypt(blob, b"identifier|1") == "33090220180901002X"
    assert len(ring.blind_index("R", "33090220180901002X")) == 16
    for moved in (b"identifier|2", b"student|1"):
        with pytest.raises(Undecryptable):
            ring.decrypt(blob, moved)
    for length in range(len(blob)):
        with pytest.raises(Undecryptable):
            ring.decrypt(blob[:length], b"identifier|1")
