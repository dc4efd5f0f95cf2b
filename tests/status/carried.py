"""A process that carries transfers to and fro between two schools, made to be read beside, or killed on its way.

`python -m tests.status.carried`: reads a job as JSON from its input, says `ready`, then the id of each case
that it carried. With `XUEJI_TEST_BREAK` an effect is committed halfway: the build that the tests must catch.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import date
from typing import Any
from uuid import UUID

import django

# By this name the server knows the sessions of such a process.
SESSIONS = "xueji-test-carrier"


def broken_apart() -> None:
    """Let an effect commit after its first rows, as a wrong build would."""
    from django.db import connections

    from xueji.status.actions import effects
    from xueji.status.rules.plans import Plan

    whole = effects.apply

    def halfway(plan: Plan, **said: Any) -> None:
        writing = said["writing"]
        whole(Plan(plan.writes[:1]), **said)
        writing.send()
        connections[writing.using].connection.commit()
        # Wide enough that some of a few kills, and some of a few looks, fall into it.
        time.sleep(0.05)
        whole(Plan(plan.writes[1:]), **{**said, "keep": False})

    effects.apply = halfway


def carry(student: UUID, *, school: str, sender: str, class_id: int, today: date) -> UUID:
    """Carry one transfer over all its desks; one that was left on its way is carried on."""
    from tests.factories import actor
    from tests.status.cases import desks_between
    from xueji.status.actions import cases
    from xueji.status.models import Case

    left = Case.everywhere.using("owner").filter(student_id=student, closed_on=None).first()
    if left is None:
        filed = cases.file_case(
            "transfer",
            student,
            {"class_id": class_id, "reason": "other"},
            by=actor(f"r{school}"),
            today=today,
        )
        at, case_id = 0, filed.id
    else:
        at, case_id = left.at, left.id
    for name in desks_between(sender, school)[at:]:
        cases.approve(case_id, by=actor(name), today=today)
    return case_id


def main() -> None:
    django.setup()
    if os.environ.get("XUEJI_TEST_BREAK"):
        broken_apart()
    from django.db import connections

    for connection in connections.all():
        connection.settings_dict["OPTIONS"]["application_name"] = SESSIONS
    connections["national"].ensure_connection()
    job = json.loads(sys.stdin.readline())
    print("ready", flush=True)
    here: dict[str, str] = dict(job["pupils"])
    classes: dict[str, int] = job["classes"]
    for n in range(job["count"]):
        student = list(here)[n % len(here)]
        sender = here[student]
        school = next(one for one in classes if one != sender)
        case_id = carry(
            UUID(student),
            school=school,
            sender=sender,
            class_id=classes[school],
            today=date.fromisoformat(job["today"]),
        )
        here[student] = school
        print(case_id, flush=True)


if __name__ == "__main__":
    main()
