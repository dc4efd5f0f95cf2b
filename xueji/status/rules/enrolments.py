"""Writes on enrolments that several kinds of change share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from xueji.status.rules.facts import ClassFacts, EnrolmentFacts, Facts, SchoolFacts
from xueji.status.rules.plans import Table, Write

COUNTED = ("class_of_id", "state", "place", "ended_on")


def altered(facts: Facts, **changed: Any) -> Write:
    """Return the write that changes some columns of the pupil's enrolment, with those that are counted beside them."""
    before, after = columns_of(facts.enrolment), columns_of(replace(facts.enrolment, **changed))
    columns = [name for name in before if before[name] != after[name] or name in COUNTED]
    return Write(
        Table.ENROLMENT,
        {"student_id": facts.student_id, "id": facts.enrolment.id},
        {name: before[name] for name in columns},
        {name: after[name] for name in columns},
    )


def seated(facts: Facts, into: ClassFacts, **changed: Any) -> Write:
    """Return the write that puts the pupil into a class of the school, whichever grade it is of."""
    same_class = into.id == facts.enrolment.class_of_id
    return altered(
        facts,
        class_of_id=into.id,
        entry_year=into.entry_year,
        stage=into.stage,
        seat_number=facts.enrolment.seat_number if same_class else "",
        **changed,
    )


def ended(facts: Facts, on: date, reason: str) -> Write:
    """Return the write that closes the pupil's enrolment; its state and end reason say why (JY/T 1001 当前状态)."""
    return altered(facts, ended_on=on, end_reason=reason, state=reason)


def opened(
    facts: Facts, id: UUID, *, school: SchoolFacts, into: ClassFacts, on: date, **changed: Any
) -> Write:
    """Return the write of a new enrolment at a school, the rest as in the enrolment before."""
    row = columns_of(
        replace(
            facts.enrolment,
            **{
                "id": id,
                "place": school.place,
                "school_id": school.id,
                "class_of_id": into.id,
                "stage": into.stage,
                "entry_year": into.entry_year,
                "state": "01",
                "started_on": on,
                "ended_on": None,
                "end_reason": "",
                "seat_number": "",
                **changed,
            },
        )
    )
    key = {"student_id": facts.student_id, "id": id}
    return Write(Table.ENROLMENT, key, None, {"student_id": facts.student_id, **row})


def moved(facts: Facts, place: int) -> Iterator[Write]:
    """Return the writes by which everything that is the pupil's goes to a new holder's place."""
    for table, key in (
        (Table.STUDENT, {"id": facts.student_id}),
        (Table.IDENTIFIER, {"student_id": facts.student_id}),
        (Table.FAMILY, {"student_id": facts.student_id}),
        (Table.MARK, {"student_id": facts.student_id}),
        (Table.PAPER, {"student_id": facts.student_id}),
    ):
        yield Write(table, key, {"place": facts.place}, {"place": place})


def columns_of(enrolment: EnrolmentFacts) -> dict[str, Any]:
    """Return an enrolment as its row."""
    return dict(vars(enrolment))
