"""Where admitted pupils who have not come are to come when their school is reorganised: the rules without a database."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from xueji.organisations.rules.school_kinds import System
from xueji.status.rules.reorganisation import (
    Awaited,
    ClassFacts,
    Facts,
    Kind,
    Line,
    SchoolFacts,
    awaited_lines,
    findings,
)

DAY = date(2026, 9, 1)
ENTRY = (1, "primary", 2026)
A, B = 2, 3


def school(id_: int, kind: str = "211") -> SchoolFacts:
    return SchoolFacts(
        id_, 330902_000000 + id_, f"第{id_}小学", "", kind, System.SIX_THREE_THREE, is_open=True
    )


def cohort(*targets: int | None) -> tuple[list[ClassFacts], dict[int, Line]]:
    """Return classes of the entry's grade, each with a pupil, and where they go."""
    classes = [
        ClassFacts(n, 1, f"202610{n}", f"{n}班", "primary", 1, 2026, {"01": 1})
        for n, _target in enumerate(targets, 1)
    ]
    return classes, {n: Line(n, target, f"202620{n}", f"{n}班") for n, target in enumerate(targets, 1)}


def facts(kind: Kind, *targets: int | None, awaited: Awaited | None = None, **more: Any) -> Facts:
    classes, lines = cohort(*targets)
    return Facts(
        **{
            "kind": kind,
            "effective_on": DAY,
            "today": DAY,
            "sources": {1: school(1)},
            "targets": {A: school(A), B: school(B)},
            "classes": classes,
            "lines": lines,
            "awaited": [awaited or Awaited(*ENTRY, pupils=7)],
            "document": "定教〔2026〕8号",
            **more,
        }
    )


def codes(of: Facts) -> set[str]:
    return {one.code for one in findings(of) if one.code.startswith("awaited")}


@pytest.mark.parametrize(
    ("kind", "classes", "said", "expected"),
    [
        pytest.param(Kind.CLOSE, (A, A), {}, A, id="closed-grade-goes-to-one"),
        pytest.param(Kind.CLOSE, (A, B), {}, "unsaid", id="closed-grade-goes-to-two"),
        pytest.param(Kind.CLOSE, (A, B), {ENTRY: B}, B, id="closed-plan-says-it"),
        pytest.param(Kind.CLOSE, (A, A), {ENTRY: B}, B, id="plan-goes-before-classes"),
        pytest.param(Kind.CLOSE, (), {}, "unsaid", id="closed-without-classes-and-two-receive"),
        pytest.param(Kind.CLOSE, (A, B), {ENTRY: None}, "unsaid", id="nobody-stays-at-a-closed-school"),
        pytest.param(Kind.CLOSE, (A, None), {}, A, id="an-empty-class-leads-nowhere"),
        pytest.param(Kind.SPLIT, (A, A), {}, A, id="split-grade-goes"),
        pytest.param(Kind.SPLIT, (A, None), {}, "unsaid", id="split-through-the-grade"),
        pytest.param(Kind.SPLIT, (A, None), {ENTRY: None}, None, id="split-plan-lets-them-stay"),
        pytest.param(Kind.SPLIT, (None, None), {}, None, id="split-grade-stays"),
        pytest.param(Kind.SPLIT, (), {}, None, id="split-without-classes-of-the-grade"),
    ],
)
def test_awaited_pupils_come_where_their_grade_goes_or_the_plan_says(
    kind: Kind, classes: tuple[int | None, ...], said: dict[Any, Any], expected: int | str | None
) -> None:
    planned = facts(kind, *classes, awaited_said=said)
    (line,) = awaited_lines(planned)
    assert ("unsaid" if line.is_unsaid else line.target_id) == expected
    assert ("awaited-without-school" in codes(planned)) is (expected == "unsaid")


def test_a_merger_without_classes_of_the_grade_sends_them_to_its_one_school() -> None:
    (line,) = awaited_lines(facts(Kind.MERGE, targets={A: school(A)}))
    assert (line.target_id, line.is_unsaid) == (A, False)


def test_a_school_without_their_stage_cannot_await_them() -> None:
    juniors = Awaited(1, "junior", 2026, 3)
    planned = facts(Kind.MERGE, A, targets={A: school(A)}, awaited=juniors)
    assert codes(planned) == {"awaited-not-of-the-stage"}


def test_a_dispute_over_one_of_them_stops_a_split_that_would_send_them_elsewhere() -> None:
    disputed = Awaited(*ENTRY, pupils=7, disputed=1)
    assert codes(facts(Kind.SPLIT, A, awaited=disputed)) == {"awaited-disputed"}
    assert codes(facts(Kind.SPLIT, None, awaited=disputed)) == set()
