"""Files of signing keys: what comes back, what stays secret, what is refused."""

from __future__ import annotations

import json

import pytest

from xueji.lib.signing import SigningKeysUnusable, SigningRing, dump_public, load_public
from xueji.lib.suites import BY_NAME, NATIONAL, SUITES, Suite


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(BY_NAME))
def test_what_a_ring_signs_is_checked_with_its_public_file_alone(suite: Suite) -> None:
    ring = SigningRing.load(SigningRing.create(suite).dump())
    public = load_public(dump_public(ring.public_keys))
    assert public[1].has_signed(b"root", ring.signing.sign(b"root"))
    assert not public[1].has_signed(b"other", ring.signing.sign(b"root"))


def test_old_keys_check_what_they_signed_after_a_change_of_suite() -> None:
    old = SigningRing.create()
    signed = old.signing.sign(b"root")
    new = old.with_new_key(NATIONAL)
    assert (new.current, new.signing.public_key.suite) == (2, NATIONAL)
    assert load_public(dump_public(new.public_keys))[1].has_signed(b"root", signed)


def test_the_public_file_holds_no_private_key() -> None:
    ring = SigningRing.create()
    private = json.loads(ring.dump())["keys"]["1"]["private"]
    assert private not in dump_public(ring.public_keys)
    assert repr(ring.signing.private) not in repr(ring)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2}',
        '{"version": 1}',
        '{"version": 1, "keys": {"1": {"suite": 9, "public": ""}}}',
        '{"version": 1, "keys": {"1": {"suite": 1, "public": "!"}}}',
    ],
)
def test_a_damaged_file_is_refused(text: str) -> None:
    with pytest.raises(SigningKeysUnusable):
        load_public(text)
    with pytest.raises(SigningKeysUnusable):
        SigningRing.load(text)
