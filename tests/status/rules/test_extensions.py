"""休学延期: as often and as long as the pack allows."""

from __future__ import annotations

from datetime import date

import pytest

from tests.status.rules.pupils import MARK, codes, pupil, suspended
from xueji.status.rules import extension
from xueji.status.rules.plans import Table

LAST = date(2026, 9, 30)


@pytest.mark.parametrize(
    ("until", "extensions", "expected"),
    [
        pytest.param("2027-09-30", 0, [], id="a-year-more"),
        pytest.param("2027-10-01", 0, ["too-long"], id="a-day-too-much"),
        pytest.param("2026-09-30", 0, ["dates"], id="the-old-end"),
        pytest.param("2027-03-01", 1, ["extended-enough"], id="a-second-time"),
    ],
)
def test_a_suspension_is_extended_within_the_pack(until: str, extensions: int, expected: list[str]) -> None:
    facts = pupil(5, state="02", marks=(suspended(LAST, extensions=extensions),))
    assert codes(extension.KIND, facts, {"until": until}) == expected


def test_only_a_suspension_that_runs_is_extended() -> None:
    assert codes(extension.KIND, pupil(5), {"until": "2027-03-01"}) == ["not-suspended"]


def test_the_terms_change_and_the_enrolment_stays() -> None:
    facts = pupil(5, state="02", marks=(suspended(LAST),))
    (write,) = extension.effect(facts, {"until": "2027-03-01"}).writes
    assert (write.table, write.key["id"]) == (Table.MARK, MARK)
    assert write.after == {
        "details": {"until": "2027-03-01", "reason": "10", "grade": 11, "extensions": 1},
    }
