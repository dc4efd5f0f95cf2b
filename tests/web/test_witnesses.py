"""Witnesses copy the sealed blocks over HTTP, check them by themselves, and sign what they saw."""

from __future__ import annotations

import base64
import itertools
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.audit.test_sealing import KEYS, seal_all, write
from xueji.audit import sealing
from xueji.audit.rules.verification import verify
from xueji.audit.rules.witnesses import statement
from xueji.audit.witnesses import WitnessKnown, WitnessUnknown, add_witness
from xueji.lib.signing import SigningKey
from xueji.lib.suites import BY_NAME, SUITES, Suite

pytestmark = pytest.mark.usefixtures("db")


def copied(**query: int) -> list[dict[str, Any]]:
    answer = Client().get("/api/v1/history/blocks", query)
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def sign(
    key: SigningKey, seen: dict[str, Any], *, name: str = "浙江", number: int = 0, sent: str = ""
) -> Any:
    signature = key.sign(statement(name, seen["number"], bytes.fromhex(seen["hash"])))
    return Client().put(
        f"/api/v1/history/blocks/{number or seen['number']}/cosignatures/{name}",
        {"signature": sent or base64.b64encode(signature).decode()},
        content_type="application/json",
    )


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(BY_NAME))
def test_a_witness_copies_checks_and_signs_a_block(suite: Suite) -> None:
    write(10)
    seal_all(most=4)
    key = SigningKey.create(suite)
    add_witness("浙江", key.public_key, using="owner")
    blocks = copied()
    public = KEYS.public_keys[1]
    for block in blocks:
        assert public.has_signed(block["header"].encode(), base64.b64decode(block["signature"]))
        assert public.suite.digest(block["header"].encode()).hex() == block["hash"]
    assert all(f"previous {one['hash']}" in other["header"] for one, other in itertools.pairwise(blocks))
    assert sign(key, blocks[1]).status_code == 200
    assert sign(key, blocks[1]).status_code == 200
    assert [len(block["cosignatures"]) for block in copied()][:2] == [0, 1]
    assert copied(after=1, limit=1)[0]["cosignatures"][0]["witness"] == "浙江"
    # The copy is what proves that history was sealed anew.
    witnessed = {block["number"]: bytes.fromhex(block["hash"]) for block in blocks}
    assert verify(sealing.history(using="national"), KEYS.public_keys, witnessed).fault is None


def test_a_signature_of_something_else_or_by_somebody_else_is_refused() -> None:
    write(2)
    sealing.seal(KEYS, now=timezone.now(), using="national")
    seal_all()
    key, stranger = SigningKey.create(), SigningKey.create()
    add_witness("浙江", key.public_key, using="owner")
    block = copied()[0]
    assert sign(stranger, block).json()["code"] == "not-witnessed"
    assert sign(key, block, number=99).json()["code"] == "not-witnessed"
    assert sign(key, {**block, "hash": "00" * 32}).json()["code"] == "not-witnessed"
    assert sign(key, block, name="江苏").json()["code"] == "witness-unknown"
    assert sign(key, block, sent="!").status_code == 422
    assert copied()[0]["cosignatures"] == []


def test_a_witness_is_known_once_by_one_word() -> None:
    key = SigningKey.create().public_key
    add_witness("浙江", key, using="owner")
    with pytest.raises(WitnessKnown):
        add_witness("浙江", SigningKey.create().public_key, using="owner")
    with pytest.raises(WitnessUnknown):
        add_witness("浙江\nblock 1", key, using="owner")
