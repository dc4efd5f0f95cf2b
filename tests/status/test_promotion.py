"""升级 in the database: planned, signed, run in pieces, resumed, undone; cases in flight go on."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from tests.factories import actor
from tests.status.cases import HERE, OTHER_PROVINCE, approved, class_id, enrolled, filed, to_class
from xueji.audit.models import Event
from xueji.status.actions import cases, promotion
from xueji.status.actions.cases import Stopped
from xueji.status.models import Campaign, CampaignSchool
from xueji.status.rules.steps import State

pytestmark = pytest.mark.usefixtures("db")

NIGHT = date(2027, 8, 10)
COUNTIES = ("o330902", "o330903", "o510104")


def grades() -> dict[int, int]:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id, number FROM organisations_grade")
        return dict(cursor.fetchall())


def planned(area: int = 0, by: str = "o000000") -> UUID:
    return promotion.plan(area=area, school_year=2027, by=actor(by), today=NIGHT).id


def started(*counties: str, area: int = 0) -> UUID:
    campaign = planned(area)
    for county in counties or COUNTIES:
        promotion.sign(campaign, by=actor(county), today=NIGHT)
    promotion.start(campaign, by=actor("l000000"))
    return campaign


def state(campaign: UUID) -> str:
    return str(Campaign.objects.using("owner").get(pk=campaign).state)


def test_the_whole_nation_goes_up_in_one_night_with_an_event_for_every_pupil() -> None:
    student, before = enrolled(), grades()
    campaign = started()
    assert promotion.run(campaign) == 5
    assert all(number == before[grade] + 1 for grade, number in grades().items())
    event = Event.objects.using("owner").get(subject_id=student, act="status.promotion.promote")
    assert (event.before, event.after, event.batch_id) == ({"grade": 1}, {"grade": 2}, campaign)
    assert state(campaign) == "done"
    assert promotion.run(campaign) == 0


def test_schools_that_nobody_signed_wait_and_are_taken_as_soon_as_they_are_signed() -> None:
    campaign = started("o330902")
    assert promotion.run(campaign) == 3
    assert state(campaign) == "running"
    for county in COUNTIES[1:]:
        promotion.sign(campaign, by=actor(county), today=NIGHT)
    assert promotion.run(campaign) == 2
    assert state(campaign) == "done"


def test_a_wrong_setting_of_the_years_is_caught_before_and_needs_a_word() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE organisations_school SET system = '5-4-3' WHERE identifier = %s", [HERE])
        cursor.execute(
            "UPDATE organisations_grade g SET number = 5, entry_year = 2022 FROM organisations_school s"
            " WHERE s.organisation_id = g.school_id AND s.identifier = %s AND g.number = 2",
            [HERE],
        )
        cursor.execute(
            """INSERT INTO students_headcount (class_of_id, state, place, count)
               SELECT c.id, '01', c.place, 30 FROM organisations_class c JOIN organisations_grade g ON g.id = c.grade_id
               JOIN organisations_school s ON s.organisation_id = c.school_id
               WHERE s.identifier = %s AND g.number = 5 AND c.name = '1班'""",
            [HERE],
        )
    campaign = planned()
    by = actor("o330902")
    assert promotion.sign(campaign, by=by, today=NIGHT) == 2
    row = CampaignSchool.everywhere.using("owner").get(campaign_id=campaign, needs_word=True)
    assert "unlike-the-county" in {one["code"] for one in row.differences}
    with pytest.raises(promotion.WordMissing):
        promotion.sign(campaign, by=by, today=NIGHT, school_places=[row.place])
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE organisations_school SET system = '6-3-3' WHERE identifier = %s", [HERE])
    assert promotion.check_again(campaign, by=by, school_places=[row.place]) == 1
    assert promotion.sign(campaign, by=by, today=NIGHT) == 1


def test_undone_every_grade_is_what_it_was_and_pupils_have_the_event() -> None:
    student, before = enrolled(), grades()
    campaign = started()
    promotion.run(campaign, pupils_at_once=1)
    assert promotion.undo(campaign, by=actor("o000000"), reason="学年设置有误") == 5
    assert grades() == before
    acts = Event.objects.using("owner").filter(subject_id=student).values_list("act", flat=True)
    assert list(acts)[-2:] == ["status.promotion.promote", "status.promotion.undo"]
    assert state(campaign) == "undone"
    planned()


def test_what_a_later_promotion_stands_on_is_not_undone() -> None:
    campaign = started()
    promotion.run(campaign)
    with connections["owner"].cursor() as cursor:
        cursor.execute("UPDATE organisations_grade SET number = number + 1")
    with pytest.raises(promotion.StandsOnIt):
        promotion.undo(campaign, by=actor("o000000"), reason="有误")


def test_who_planned_it_cannot_start_it_and_a_second_plan_is_refused() -> None:
    campaign = planned()
    with pytest.raises(promotion.AlreadyPlanned):
        planned()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE status_campaign SET planned_by = %s WHERE id = %s",
            [actor("l000000").account_id, campaign],
        )
    with pytest.raises(promotion.OwnWork):
        promotion.start(campaign, by=actor("l000000"))


def test_a_grade_changed_by_hand_since_sends_its_school_back_to_be_looked_at() -> None:
    campaign = started()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE organisations_grade g SET number = 4 FROM organisations_class c WHERE c.grade_id = g.id AND c.id = %s",
            [class_id(HERE)],
        )
    assert promotion.run(campaign) == 4
    assert (
        CampaignSchool.everywhere.using("owner").get(campaign_id=campaign, state="open").place == 330902000001
    )


def test_a_transfer_in_flight_carries_the_new_grade() -> None:
    student = enrolled()
    case = filed("transfer", student, to_class(OTHER_PROVINCE), by=f"r{OTHER_PROVINCE}").id
    approved(case, f"l{OTHER_PROVINCE}", "o510104", f"l{HERE}", today=NIGHT)
    promotion.run(started())
    assert approved(case, "o330902", today=NIGHT).state is State.COMPLETED


def test_where_one_side_alone_went_up_the_last_desk_is_told_and_the_case_lives() -> None:
    student = enrolled()
    case = filed("transfer", student, to_class(OTHER_PROVINCE), by=f"r{OTHER_PROVINCE}").id
    approved(case, f"l{OTHER_PROVINCE}", "o510104", f"l{HERE}", today=NIGHT)
    campaign = started("o510104")
    promotion.run(campaign)
    with pytest.raises(Stopped, match="升级"):
        cases.approve(case, by=actor("o330902"), today=NIGHT)
    for county in ("o330902", "o330903"):
        promotion.sign(campaign, by=actor(county), today=NIGHT)
    promotion.run(campaign)
    assert approved(case, "o330902", today=NIGHT).state is State.COMPLETED


def test_the_command_shows_and_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError):
        call_command("promote", school_year=2027)
    call_command("promote", school_year=2027, dry_run=True, json=True)
    assert '"schools": 5' in capsys.readouterr().out
    started()
    call_command("promote", school_year=2027)
    assert "schools: 5" in capsys.readouterr().out
