"""The key ring: what it hides stays hidden, what it hid it finds again."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji.lib.crypto import KeyRing, KeysUnusable, Undecryptable

RING = KeyRing.create()
HERE, ELSEWHERE = b"identifier|1", b"identifier|2"


@given(st.text(), st.binary())
def test_a_value_opens_where_it_was_put(plain: str, aad: bytes) -> None:
    assert RING.decrypt(RING.encrypt(plain, aad), aad) == plain


@given(st.binary())
def test_bytes_come_back_as_they_were(plain: bytes) -> None:
    assert RING.decrypt_bytes(RING.encrypt(plain, HERE), HERE) == plain


def test_a_value_moved_to_another_place_does_not_open() -> None:
    with pytest.raises(Undecryptable):
        RING.decrypt(RING.encrypt("33090220180901002X", HERE), ELSEWHERE)


@given(st.data())
def test_a_value_with_any_bit_changed_does_not_open(data: st.DataObject) -> None:
    blob = bytearray(RING.encrypt("33090220180901002X", HERE))
    bit = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Undecryptable):
        RING.decrypt(bytes(blob), HERE)


@given(st.integers(0, 47))
def test_a_value_cut_off_anywhere_does_not_open(length: int) -> None:
    blob = RING.encrypt("33090220180901002X", HERE)
    assert len(blob) == 48
    with pytest.raises(Undecryptable):
        RING.decrypt(blob[:length], HERE)


def test_another_ring_opens_nothing_and_finds_nothing() -> None:
    other = KeyRing.create()
    with pytest.raises(Undecryptable):
        other.decrypt(RING.encrypt("33090220180901002X", HERE), HERE)
    assert other.blind_index("R", "33090220180901002X") != RING.blind_index("R", "33090220180901002X")


def test_equal_values_look_different_and_carry_suite_and_key() -> None:
    blobs = RING.encrypt_many(["同"] * 1000, [HERE] * 1000)
    assert len({blob[2:14] for blob in blobs}) == 1000
    assert {blob[:2] for blob in blobs} == {b"\x01\x01"}
    assert {RING.decrypt(blob, HERE) for blob in blobs} == {"同"}


def test_every_value_needs_a_place_of_its_own() -> None:
    with pytest.raises(ValueError, match="zip"):
        RING.encrypt_many(["a", "b"], [HERE])


@pytest.mark.parametrize(
    "typed", ["33090220180901002x", " 330902 20180901 002X", "３３０９０２２０１８０９０１００２Ｘ"]
)
def test_a_number_is_found_however_it_was_typed(typed: str) -> None:
    assert RING.blind_index("R", typed) == RING.blind_index("R", "33090220180901002X")


def test_the_same_number_in_another_scheme_is_another_number() -> None:
    assert RING.blind_index("R", "E1234567") != RING.blind_index("P", "E1234567")


def test_a_blind_index_is_the_keyed_hash_that_the_documents_name() -> None:
    key = RING.index_key.secret
    expected = hmac.digest(key, b"R/v1\x0033090220180901002X", hashlib.sha256)[:16]
    assert RING.blind_indexes("R", ["33090220180901002X", "E1"])[0] == expected


def test_the_key_file_gives_the_same_ring_again() -> None:
    again = KeyRing.load(RING.dump())
    assert again.decrypt(RING.encrypt("同", HERE), HERE) == "同"
    assert again.blind_index("R", "1") == RING.blind_index("R", "1")


def test_old_values_open_after_a_new_data_key_was_added() -> None:
    old = RING.encrypt("旧", HERE)
    content = json.loads(RING.dump())
    content["data"]["2"] = json.loads(KeyRing.create().dump())["data"]["1"]
    content["current"] = 2
    rotated = KeyRing.from_mapping(content)
    assert rotated.decrypt(old, HERE) == "旧"
    assert rotated.encrypt("新", HERE)[:2] == b"\x01\x02"


def test_keys_do_not_show_when_a_ring_is_printed() -> None:
    file = json.loads(RING.dump())
    assert repr(RING.index_key.secret) not in repr(RING)
    assert file["index"]["key"] not in repr(RING)
    assert file["data"]["1"]["key"] not in repr(RING)


def _set(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        *way, last = path.split(".")
        for step in way:
            content = content[step]
        content[last] = value

    return change


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(_set("version", 2), id="another-version"),
        pytest.param(_set("current", 7), id="current-key-missing"),
        pytest.param(_set("current", None), id="no-current-key"),
        pytest.param(_set("index.suite", 99), id="unknown-suite"),
        pytest.param(_set("index.key", "AAAA"), id="short-key"),
        pytest.param(_set("index.key", "!"), id="not-base64"),
        pytest.param(_set("index", {}), id="no-index-key"),
        pytest.param(_set("data", {}), id="no-data-keys"),
        pytest.param(_set("data", []), id="data-keys-of-the-wrong-kind"),
        pytest.param(
            lambda c: c["data"].update({"256": {"suite": 1, "key": "A" * 43 + "="}}), id="id-too-high"
        ),
        pytest.param(lambda c: c["data"].update({"1": c["index"]}), id="index-key-used-for-data"),
    ],
)
def test_a_damaged_key_file_is_refused(damage: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads(RING.dump())
    damage(content)
    with pytest.raises(KeysUnusable) as refusal:
        KeyRing.load(json.dumps(content))
    assert refusal.value.zh.startswith("密钥文件")
    assert refusal.value.en.startswith("The key file")


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_file_without_a_ring_is_refused(text: str) -> None:
    with pytest.raises(KeysUnusable):
        KeyRing.load(text)
