"""Two acts at the same moment have one effect, and the second is told what happened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import pytest
from django.db import connections, transaction

from tests.factories import TODAY, actor
from tests.races import at_once
from tests.status.cases import (
    HERE,
    NEXT_DOOR,
    OTHER_PROVINCE,
    all_papers,
    approved,
    enrolled,
    filed,
    to_class,
)
from tests.status.invariants import broken
from xueji.access.scope import national
from xueji.lib.errors import Refused
from xueji.status.actions import cases
from xueji.status.actions.cases import Acted, Filed
from xueji.status.models import Case, Decision, Effect
from xueji.students.models import Enrolment

pytestmark = pytest.mark.usefixtures("db")

REGISTRAR, OFFICER = f"r{OTHER_PROVINCE}", "o330902"


def at_last_desk(student: UUID) -> Filed:
    """Return a transfer across provinces that has only its last approval before it."""
    case = filed("transfer", student, to_class(OTHER_PROVINCE), by=REGISTRAR)
    approved(case.id, f"l{OTHER_PROVINCE}", "o510104", f"l{HERE}")
    return case


def approval(case: Filed, by: str, **said: Any) -> Callable[[], Acted]:
    who = actor(by)
    return lambda: cases.approve(case.id, by=who, today=TODAY, **said)


def refusal(case: Filed, kind: str, by: str) -> Callable[[], Acted]:
    code = cases.kind_of(kind).refusals[0].code
    return partial(cases.refuse, case.id, reason_code=code, by=actor(by), today=TODAY)


def withdrawal(case: Filed) -> Callable[[], Acted]:
    return partial(cases.withdraw, case.id, by=actor(REGISTRAR), today=TODAY)


def one_refused(answers: list[Any]) -> Refused:
    """Return the refusal, when one act was accepted and the other refused."""
    (refused,) = [one for one in answers if isinstance(one, Refused)]
    assert len(answers) == 2
    return refused


@pytest.mark.parametrize("is_looked_at", [True, False], ids=["with-the-version-seen", "without"])
def test_a_double_click_decides_once(is_looked_at: bool) -> None:
    case = at_last_desk(enrolled())
    said = {"version": Case.everywhere.using("owner").get(id=case.id).version} if is_looked_at else {}
    refused = one_refused(at_once(*[approval(case, OFFICER, **said)] * 2))
    assert refused.code == "not-now"
    assert Enrolment.everywhere.using("owner").filter(ended_on=None).count() == 1
    assert Decision.everywhere.using("owner").filter(case_id=case.id, act="approve").count() == 4
    assert broken() == []


def test_two_colleagues_at_one_desk_decide_once() -> None:
    case = filed("transfer", enrolled(), to_class(OTHER_PROVINCE), by=REGISTRAR)
    approved(case.id, f"l{OTHER_PROVINCE}")
    refused = one_refused(at_once(approval(case, "o510104"), refusal(case, "transfer", "o510104")))
    assert refused.code == "not-now"
    assert broken() == []


def test_an_approval_and_a_withdrawal_have_one_outcome() -> None:
    case = at_last_desk(enrolled())
    one_refused(at_once(approval(case, OFFICER), withdrawal(case)))
    kept = Case.everywhere.using("owner").get(id=case.id)
    moved = Effect.everywhere.using("owner").filter(case_id=case.id, moment="effect").exists()
    assert (kept.state, moved) in {("completed", True), ("withdrawn", False)}
    assert broken() == []


def test_two_schools_that_file_for_one_pupil_get_one_case() -> None:
    student = enrolled()
    given = {
        school: all_papers(student, by=f"r{school}", today=TODAY) for school in (OTHER_PROVINCE, NEXT_DOOR)
    }
    filings = [
        lambda school=school: cases.file_case(
            "transfer",
            student,
            to_class(school),
            by=actor(f"r{school}"),
            today=TODAY,
            paper_ids=given[school],
        )
        for school in given
    ]
    assert one_refused(at_once(*filings)).code == "stopped"
    assert Case.everywhere.using("owner").filter(student_id=student).count() == 1
    assert broken() == []


def test_a_second_school_is_told_that_another_transfer_waits() -> None:
    student = enrolled()
    suspended(student)
    filed("transfer", student, to_class(OTHER_PROVINCE), by=REGISTRAR)
    with pytest.raises(cases.Stopped) as refused:
        filed("transfer", student, to_class(NEXT_DOOR), by=f"r{NEXT_DOOR}")
    assert "open-case" in {one.code for one in refused.value.obstacles}


def suspension(student: UUID) -> Filed:
    until = (TODAY + timedelta(days=200)).isoformat()
    typed = {"reason": "10", "since": TODAY.isoformat(), "until": until}
    return filed("suspension", student, typed, by=f"r{HERE}")


def suspended(student: UUID) -> Filed:
    case = suspension(student)
    approved(case.id, f"l{HERE}", OFFICER)
    return case


def test_a_transfer_and_a_suspension_filed_at_once_do_not_both_go_on() -> None:
    student = enrolled()
    given = all_papers(student, by=REGISTRAR, today=TODAY)

    def filing() -> Filed:
        return cases.file_case(
            "transfer", student, to_class(OTHER_PROVINCE), by=actor(REGISTRAR), today=TODAY, paper_ids=given
        )

    at_once(filing, partial(suspension, student))
    states = sorted(Case.everywhere.using("owner").filter(student_id=student).values_list("state", flat=True))
    # The transfer waits for the suspension, or the suspension is refused beside the transfer.
    assert states in (["waiting", "with_desk"], ["with_desk"])
    assert broken() == []


def test_an_undo_beside_an_undo_takes_back_once() -> None:
    case = at_last_desk(enrolled())
    approved(case.id, OFFICER)
    undoing = partial(cases.undo, case.id, reason="误办", by=actor("o330900"), today=TODAY)
    assert one_refused(at_once(undoing, undoing)).code == "not-now"
    assert broken() == []


def test_transfers_of_many_pupils_between_two_schools_do_not_stand_in_each_others_way() -> None:
    students = [enrolled(f"测并{'甲乙丙丁戊己'[n]}", n, at=(HERE, OTHER_PROVINCE)[n % 2]) for n in range(6)]
    moves = []
    for n, student in enumerate(students):
        here, there = (HERE, OTHER_PROVINCE) if n % 2 == 0 else (OTHER_PROVINCE, HERE)
        county = {HERE: OFFICER, OTHER_PROVINCE: "o510104"}
        case = filed("transfer", student, to_class(there), by=f"r{there}")
        approved(case.id, f"l{there}", county[there], f"l{here}")
        moves.append(approval(case, county[here]))
    answers = at_once(*moves)
    assert [one.state for one in answers] == ["completed"] * 6
    assert broken() == []


def test_a_waiting_case_that_is_taken_back_while_its_way_becomes_clear_has_one_outcome() -> None:
    student = enrolled()
    suspending = suspension(student)
    approved(suspending.id, f"l{HERE}")
    waiting = filed("transfer", student, to_class(OTHER_PROVINCE), by=REGISTRAR)
    assert waiting.state == "waiting"
    at_once(refusal(suspending, "suspension", OFFICER), withdrawal(waiting))
    assert Case.everywhere.using("owner").get(id=waiting.id).state == "withdrawn"
    assert broken() == []


def waits_for(holder: int, *, without: str) -> bool:
    """Return whether somebody waits for a session, and head counts of a state are free to be taken meanwhile."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND %s = ANY(pg_blocking_pids(pid)))",
            [holder],
        )
        (is_waiting,) = cursor.fetchone()
    if is_waiting:
        with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
            cursor.execute("SELECT 1 FROM students_headcount WHERE state = %s FOR UPDATE NOWAIT", [without])
    return bool(is_waiting)


def test_the_undo_of_a_death_takes_its_head_counts_in_one_order() -> None:
    student = enrolled("测已故")
    death = filed("death", student, {"died_on": "2026-09-01", "cause": "70"}, by=f"r{HERE}")
    approved(death.id, f"l{HERE}", OFFICER)
    undoing = threading.Thread(
        target=closing(partial(cases.undo, death.id, reason="误报", by=actor("o330900"), today=TODAY))
    )
    with national("commands") as using, connections[using].cursor() as cursor:
        # Somebody else changes the count of those who attend: it is taken first, and no other is held meanwhile.
        cursor.execute("SELECT pg_backend_pid() FROM students_headcount WHERE state = '01' FOR UPDATE")
        holder = cursor.fetchone()[0]
        undoing.start()
        waited = until(lambda: waits_for(holder, without="11"))
    undoing.join()
    assert waited
    assert Case.everywhere.using("owner").get(id=death.id).state == "undone"
    assert broken() == []


def closing(act: Callable[[], Any]) -> Callable[[], None]:
    """Return the act with the database sessions of its thread closed behind it."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    return run


def until(is_so: Callable[[], bool], *, seconds: float = 20) -> bool:
    """Return whether something comes to be so in a time."""
    end = monotonic() + seconds
    while monotonic() < end:
        if is_so():
            return True
        sleep(0.05)
    return False
