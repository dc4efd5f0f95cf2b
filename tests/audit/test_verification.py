"""The check of a history: what is whole passes, and whatever was touched is named."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.audit.histories import KEYS, altered, checked, entry, sealed_log
from xueji.audit.rules import blocks as sealing
from xueji.audit.rules import logs
from xueji.audit.rules.digests import digest
from xueji.audit.rules.verification import Fault, Wrong, stretches, verify
from xueji.lib.signing import SigningRing
from xueji.lib.suites import BY_NAME, NATIONAL, SUITES, Suite

# Block 1 is line 0, its events lines 1 to 5; block 2 is line 6 with 7 to 14, block 3 line 15 with 16 to 19.
LINES, BLOCKS = sealed_log(5, 8, 4)
WITNESSED = {block.number: block.hash for block in BLOCKS}


def swapped(lines: list[str], one: int, other: int) -> list[str]:
    moved = list(lines)
    moved[one], moved[other] = moved[other], moved[one]
    return moved


@pytest.mark.parametrize("suite", SUITES.values(), ids=list(BY_NAME))
def test_a_history_that_nobody_touched_is_right(suite: Suite) -> None:
    keys = SigningRing.create(suite)
    lines, blocks = sealed_log(3, 1, 300, keys=keys)
    verdict = checked(lines, {block.number: block.hash for block in blocks}, keys)
    assert (verdict.fault, verdict.blocks, verdict.events) == (None, 3, 304)
    assert verdict.last == blocks[-1].hash


def test_a_chain_goes_on_when_the_suite_of_new_keys_changes() -> None:
    old, _ = sealed_log(3)
    both = KEYS.with_new_key(NATIONAL)
    before = next(item for item in logs.read(old) if isinstance(item, sealing.Block))
    more, _ = sealed_log(2, keys=both, first=3)
    follower = next(item for item in logs.read(more) if isinstance(item, sealing.Block))

    chained = sealing.sealed(
        sealing.unpacked(follower.leaves), last=follower.last, before=before, at=follower.sealed, keys=both
    )
    assert checked([*old, logs.line_of(chained), *more[1:]], keys=both).fault is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        pytest.param(
            lambda lines: [*lines[:9], lines[9].replace("雷", "蕾"), *lines[10:]],
            Fault(Wrong.ALTERED, 2, 1007),
            id="a-name-altered",
        ),
        pytest.param(
            lambda lines: [*lines[:9], lines[9].replace(",1007,", ",9007,"), *lines[10:]],
            Fault(Wrong.ALTERED, 2, 1007),
            id="its-number-altered",
        ),
        pytest.param(
            lambda lines: [*lines[:9], "nonsense", *lines[10:]],
            Fault(Wrong.ALTERED, 2, 1007),
            id="a-line-made-unreadable",
        ),
        pytest.param(
            lambda lines: [*lines[:9], *lines[10:]], Fault(Wrong.MISSING, 2, 1007), id="a-record-missing"
        ),
        pytest.param(lambda lines: lines[:-1], Fault(Wrong.MISSING, 3, 1016), id="the-last-record-missing"),
        pytest.param(
            lambda lines: [*lines[:9], logs.line_of(entry(99)), *lines[9:]],
            Fault(Wrong.INSERTED, 2, 1099),
            id="a-record-inserted",
        ),
        pytest.param(
            lambda lines: [*lines[:9], lines[8], *lines[9:]],
            Fault(Wrong.INSERTED, 2, 1006),
            id="a-record-doubled",
        ),
        pytest.param(
            lambda lines: [*lines, logs.line_of(entry(99))],
            Fault(Wrong.INSERTED, 3, 1099),
            id="a-record-added-at-the-end",
        ),
        pytest.param(
            lambda lines: swapped(lines, 8, 12), Fault(Wrong.REORDERED, 2, 1010), id="two-records-swapped"
        ),
        pytest.param(
            lambda lines: [lines[0], logs.line_of(entry(99)), *lines[2:]],
            Fault(Wrong.ALTERED, 1, 1000),
            id="a-record-replaced",
        ),
        pytest.param(
            lambda lines: [*lines[:6], *lines[15:]], Fault(Wrong.SEAL_MISSING, 2), id="a-block-missing"
        ),
        pytest.param(
            lambda lines: [*lines[:6], *lines[15:], *lines[6:15]],
            Fault(Wrong.SEAL_MISSING, 2),
            id="two-blocks-swapped",
        ),
        pytest.param(
            lambda lines: [*lines[:15], *lines[6:]], Fault(Wrong.SEAL_ALTERED, 2), id="a-block-doubled"
        ),
        pytest.param(
            lambda lines: [*lines[:6], lines[6].replace(",8,", ",9,"), *lines[7:]],
            Fault(Wrong.SEAL_ALTERED, 2),
            id="a-seal-altered",
        ),
        pytest.param(
            lambda lines: [*lines[:6], "nonsense", *lines[7:]],
            Fault(Wrong.SEAL_ALTERED, 2),
            id="a-seal-made-unreadable",
        ),
        pytest.param(lambda lines: lines[1:], Fault(Wrong.SEAL_ALTERED, 1), id="the-first-seal-missing"),
        pytest.param(lambda lines: lines[:15], Fault(Wrong.SEAL_MISSING, 3), id="the-end-cut-off"),
        pytest.param(lambda lines: [], Fault(Wrong.SEAL_MISSING, 1), id="nothing-left"),
    ],
)
def test_what_was_touched_is_named(change: object, fault: Fault) -> None:
    assert checked(change(LINES), WITNESSED).fault == fault  # type: ignore[operator]


def test_a_record_and_its_leaf_altered_together_break_the_root() -> None:
    lines = list(LINES)
    other = replace(entry(7), place=110_000_000_000)
    forged = replace(BLOCKS[1], leaves=BLOCKS[1].leaves.replace(digest(entry(7)), digest(other)))
    lines[6], lines[9] = logs.line_of(forged), logs.line_of(other)
    assert checked(lines).fault == Fault(Wrong.SEAL_ALTERED, 2)


def test_a_history_sealed_anew_with_the_right_key_is_known_by_the_witness_alone() -> None:
    forged, _ = sealed_log(5, 8, 4, first=1)
    assert checked(forged).fault is None
    assert checked(forged, WITNESSED).fault == Fault(Wrong.RESEALED, 1)
    assert checked(forged, {2: WITNESSED[2]}).fault == Fault(Wrong.RESEALED, 2)


def test_a_history_sealed_with_another_key_is_known_without_a_witness() -> None:
    other = SigningRing.create()
    assert checked(sealed_log(5, keys=other)[0]).fault == Fault(Wrong.SEAL_ALTERED, 1)
    assert checked(sealed_log(5, keys=KEYS.with_new_key(NATIONAL))[0]).fault == Fault(Wrong.KEY_UNKNOWN, 1)


def test_a_log_that_begins_later_is_checked_from_the_block_that_the_witness_knows() -> None:
    later = stretches(logs.read(LINES[6:]))
    assert verify(later, KEYS.public_keys, WITNESSED, before=(1, WITNESSED[1])).fault is None
    later = stretches(logs.read(LINES[6:]))
    assert verify(later, KEYS.public_keys, before=(1, WITNESSED[2])).fault == Fault(Wrong.SEAL_ALTERED, 2)


def test_of_a_thousand_random_changes_all_are_found() -> None:
    chance = random.Random(4)
    lines, blocks = sealed_log(7, 12, 1, 9)
    witnessed = {block.number: block.hash for block in blocks}
    found = 0
    for _ in range(1000):
        one, other = chance.sample(range(len(lines)), 2)
        touched = chance.choice(
            [
                [*lines[:one], altered(lines[one], chance), *lines[one + 1 :]],
                [*lines[:one], *lines[one + 1 :]],
                [*lines[:one], lines[other], *lines[one:]],
                swapped(lines, one, other),
                [*lines[:one], lines[other], *lines[one + 1 :]],
                lines[:one],
            ]
        )
        assert touched != lines
        found += checked(touched, witnessed).fault is not None
    assert found == 1000


def test_the_sentence_names_block_and_record_in_both_languages() -> None:
    assert str(Fault(Wrong.MISSING, 2, 1007)) == (
        "第 2 块，记录 1007：记录缺失。 Block 2, record 1007: the record is missing."
    )
    assert str(Fault(Wrong.SEAL_MISSING, 3)) == "第 3 块：封存块缺失。 Block 3: the sealed block is missing."
