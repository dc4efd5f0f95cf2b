"""Rosters from values to registered pupils, over the desks."""

from __future__ import annotations

import pytest
from django.db import connections

from tests.factories import TODAY, actor, pupil, school
from xueji.access.scope import national
from xueji.changes.actions import rosters
from xueji.changes.rules.roster_steps import Act, State
from xueji.students.models import Enrolment, Headcount, Identifier, Student

pytestmark = pytest.mark.usefixtures("db")


def submitted(serial: int = 0, identifier: str = "2133000001", **changed: object):
    batch, found = rosters.enrol_one(
        pupil(serial, **changed),
        school=school(identifier),
        by=actor(f"r{identifier}"),
        today=TODAY,
        door="form",
    )
    return batch, found


def test_a_pupil_without_fault_is_registered_over_three_desks() -> None:
    batch, found = submitted()
    assert batch is not None, found.checked.findings.rows()
    batch = rosters.decide(batch.id, act=Act.APPROVE, by=actor("l2133000001"), today=TODAY)
    assert batch.state == State.WITH_AUTHORITY
    batch = rosters.decide(batch.id, act=Act.APPROVE, by=actor("o330902"), today=TODAY)
    assert (batch.state, batch.registered) == (State.REGISTERED, 1)
    with national("commands") as using:
        student = Student.everywhere.using(using).get()
        assert student.name == pupil()["name"]
        assert Enrolment.everywhere.using(using).filter(student=student, ended_on=None).count() == 1
        assert set(Identifier.everywhere.using(using).values_list("scheme", flat=True)) == {"R", "S"}
        assert Headcount.everywhere.using(using).get().count == 1
    with connections["national"].cursor() as cursor:
        cursor.execute("SELECT act FROM audit_event WHERE subject_id = %s", [student.id])
        assert cursor.fetchall() == [("roster.register",)]
