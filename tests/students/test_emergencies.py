"""Emergency access: two persons, an hour, every look marked, a third person afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests import factories
from tests.factories import actor, pupil
from tests.web.registered import OFFICER, as_, one_called, register, text_of
from xueji.access.models import Alarm
from xueji.access.scope import acting
from xueji.audit.models import Event
from xueji.students import actions_emergency as actions
from xueji.students.models import EmergencyAccess
from xueji.students.queries import readings_of
from xueji.students.rules.emergencies import MINUTES

pytestmark = pytest.mark.usefixtures("db")

LEADER, AUDITOR, ABOVE = "l330902", "u330900", 330900 * 1_000_000


@pytest.fixture
def elsewhere() -> UUID:
    """A pupil of the next county."""
    register(pupil(1, name="测走失"), identifier="2133000003", officer="o330903")
    factories.account(AUDITOR, ABOVE, "auditor")
    return one_called("测走失").pk


def asked_on_the_page(browser: Any, **changed: str) -> Any:
    sent = {
        "kind": "found", "number": pupil(1)["document_number"], "name": "测走失", "reason": "派出所送来走失儿童",
    } | changed  # fmt: skip
    return browser.post("/emergency/new", sent)


def the_access() -> EmergencyAccess:
    found: EmergencyAccess = EmergencyAccess.everywhere.using("owner").get()
    return found


def do(access: UUID, username: str, **sent: str) -> Any:
    return as_(username).post(f"/emergency/{access}/", sent)


def test_two_persons_open_a_pupil_elsewhere_and_the_pupil_s_school_is_told(elsewhere: UUID) -> None:
    officer = as_(OFFICER)
    assert officer.get(f"/pupils/{elsewhere}/").status_code == 404
    assert asked_on_the_page(officer).status_code == 302
    access = the_access().id
    address = f"/emergency/{access}/pupil/"
    assert "13800000001" not in text_of(officer.get(address))
    assert "1 项紧急查阅等待您" in text_of(as_(LEADER).get("/"))
    assert do(access, OFFICER, act="grant").status_code == 403
    assert do(access, LEADER, act="grant").status_code == 302
    shown = text_of(officer.get(address))
    assert "13800000001" in shown
    assert pupil(1)["document_number"] not in shown
    # Nobody else looks under it, and the pupil's page stays shut.
    assert as_(LEADER).get(address).status_code == 403
    assert officer.get(f"/pupils/{elsewhere}/").status_code == 404
    event = Event.objects.using("owner").get(act="pupil.read")
    assert event.after["emergency"] == str(access)
    by = actor("r2133000003")
    with acting(by.scope):
        (reading,) = readings_of(elsewhere, by=by).rows
    assert (reading.duty, "走失" in reading.reason) == ("emergency.ask", True)
    assert Alarm.everywhere.using("owner").filter(kind="emergency").count() == 1


def test_after_an_hour_it_is_shut_and_the_auditor_above_reviews_it(elsewhere: UUID) -> None:
    asked_on_the_page(as_(OFFICER))
    access = the_access().id
    do(access, LEADER, act="grant")
    assert do(access, AUDITOR, act="justified", verdict="核对派出所回执").status_code == 409
    EmergencyAccess.everywhere.using("owner").update(ends_at=timezone.now() - timedelta(minutes=1))
    page = as_(OFFICER).get(f"/emergency/{access}/pupil/")
    assert (page.status_code, "查看时间已过" in text_of(page)) == (409, True)
    assert "1 项紧急查阅等待您" in text_of(as_(AUDITOR).get("/"))
    assert do(access, AUDITOR, act="justified", verdict="").status_code == 409
    assert do(access, AUDITOR, act="unjustified", verdict="没有派出所回执").status_code == 302
    assert (the_access().is_justified, the_access().verdict) == (False, "没有派出所回执")
    assert do(access, AUDITOR, act="justified", verdict="核对派出所回执").status_code == 409
    acts = Event.objects.using("owner").filter(subject_id=access).order_by("id").values_list("act", flat=True)
    assert list(acts) == ["emergency.ask", "emergency.grant", "emergency.review"]


@pytest.mark.parametrize(
    "changed",
    [{"name": "别人"}, {"number": "330902201909019876"}, {"reason": "急"}],
    ids=["other-name", "number-of-nobody", "no-reason"],
)
def test_what_is_not_said_rightly_is_refused_and_kept_nowhere(
    elsewhere: UUID, changed: dict[str, str]
) -> None:
    assert asked_on_the_page(as_(OFFICER), **changed).status_code == 409
    assert not EmergencyAccess.everywhere.using("owner").exists()


def test_a_pupil_of_the_own_area_needs_no_emergency() -> None:
    register(pupil(1, name="测走失"))
    page = asked_on_the_page(as_(OFFICER))
    assert (page.status_code, "在您的管理范围内" in text_of(page)) == (409, True)


def test_a_refused_request_opens_nothing_and_other_offices_do_not_see_it(elsewhere: UUID) -> None:
    asked_on_the_page(as_(OFFICER))
    access = the_access().id
    assert do(access, LEADER, act="refuse").status_code == 302
    assert as_(OFFICER).get(f"/emergency/{access}/pupil/").status_code == 409
    for stranger in ("o330903", "l330903", "l510104"):
        assert as_(stranger).get(f"/emergency/{access}/").status_code == 404


def test_the_database_itself_wants_three_persons(elsewhere: UUID) -> None:
    asked_on_the_page(as_(OFFICER))
    rows = EmergencyAccess.everywhere.using("owner")
    one = the_access()
    for wrong in (
        {"granted_by": one.asked_by},
        {"reviewed_by": one.asked_by},
        {"granted_by": 1, "is_granted": True, "ends_at": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic(using="owner"):
            rows.update(**wrong)
    assert MINUTES <= 60


def test_who_asked_cannot_grant_by_another_appointment(elsewhere: UUID) -> None:
    asked_on_the_page(as_(OFFICER))
    both = actor(LEADER)
    EmergencyAccess.everywhere.using("owner").update(asked_by=both.account_id)
    with acting(both.scope), pytest.raises(actions.CannotAccess):
        actions.decide(the_access().id, is_granted=True, by=both, now=timezone.now())
