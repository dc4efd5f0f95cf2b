"""Writes on marks: what is true of a pupil for a time begins, changes its terms, is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from xueji.status.rules.facts import DROPPED_OUT, Facts, MarkFacts
from xueji.status.rules.facts import MISSING as GONE_MISSING
from xueji.status.rules.plans import Table, Write

SUSPENSION: Final = "suspension"
ABROAD: Final = "abroad"
MISSING: Final = "missing"
DROPOUT: Final = "dropout"
SPECIAL_EDUCATION: Final = "special_education"
# Marks of a pupil who is not at school; over when the pupil returns, or the enrolment ends.
AWAY: Final = (SUSPENSION, ABROAD, MISSING, DROPOUT)
# Whereabouts of a dropout of whom nobody knows where.
UNKNOWN: Final = "unknown"


def begun(facts: Facts, id: UUID, kind: str, since: date, details: Mapping[str, Any]) -> Write:
    """Return the write of a mark that begins to run."""
    key = {"student_id": facts.student_id, "id": id}
    row = {**key, "place": facts.place, "kind": kind, "since": since, "until": None, "details": dict(details)}
    return Write(Table.MARK, key, None, row)


def over(facts: Facts, *kinds: str, on: date | None = None) -> Iterator[Write]:
    """Return the writes that end the pupil's running marks of these kinds, today or on a day; never before they began."""
    for kind in kinds:
        mark = facts.running(kind)
        if mark is not None:
            until = max(on or facts.today, mark.since)
            yield Write(Table.MARK, _key(facts, mark), {"until": None}, {"until": until})


def is_lost_sight_of(facts: Facts) -> bool:
    """Return whether the pupil is enrolled at a school that does not know where the pupil is."""
    state, mark = facts.enrolment.state, facts.running(DROPOUT)
    return facts.is_enrolled and (
        state == GONE_MISSING
        or (state == DROPPED_OUT and mark is not None and mark.details.get("whereabouts") == UNKNOWN)
    )


def grade_left(facts: Facts) -> int:
    """Return the grade in which the pupil was last at school: as the mark of the absence keeps it, else the present one."""
    away = (facts.running(kind) for kind in AWAY)
    grades = [int(mark.details["grade"]) for mark in away if mark is not None and "grade" in mark.details]
    return min(grades, default=facts.grade)


def changed(facts: Facts, mark: MarkFacts, **details: Any) -> Write:
    """Return the write that changes some details of a mark."""
    before = dict(mark.details)
    return Write(Table.MARK, _key(facts, mark), {"details": before}, {"details": {**before, **details}})


def _key(facts: Facts, mark: MarkFacts) -> dict[str, Any]:
    return {"student_id": facts.student_id, "id": mark.id}
