"""Closing a school that has no pupils: nor may any be on their way to it."""

from __future__ import annotations

from datetime import date

from django.db import connections, transaction

from xueji.access.scope import Actor
from xueji.changes.queries.admissions import awaited_at
from xueji.lib.errors import Refused
from xueji.organisations.models import School
from xueji.students import actions as students


class SchoolAwaitsPupils(Refused):
    code = "school-awaits-pupils"


def close_school(
    school: School, *, by: Actor, today: date, into: School | None = None, document: str = ""
) -> School:
    """Close a school without pupils, or merge it into another, as `students.close_school`.

    Raises SchoolAwaitsPupils: those whom a list admits to it are sent to another school by a reorganisation.
    """
    by.require("organisations.manage", school.place)
    with transaction.atomic():
        with connections["default"].cursor() as cursor:
            # Whoever issues a list holds its schools.
            cursor.execute(
                "SELECT 1 FROM organisations_school WHERE organisation_id = %s FOR UPDATE", [school.pk]
            )
        pupils = sum(one.pupils for one in awaited_at([school.place], using="default"))
        if pupils:
            raise SchoolAwaitsPupils(
                f"还有 {pupils} 名录取到该校的新生没有报到，请按“学校撤并”办理：他们改到接收学校报到。",
                f"{pupils} pupil(s) admitted to the school have not come; file a reorganisation, which sends them to"
                " another school.",
            )
        return students.close_school(school, by=by, today=today, into=into, document=document)
