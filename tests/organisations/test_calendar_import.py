"""`xueji calendar_import`: a notice changes the calendar once, as a whole, and leaves an event."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command

from tests.organisations.rules.test_holiday_notices import known, written
from xueji.access.scope import Scope, acting, national
from xueji.audit.models import Event
from xueji.lib.errors import Refused
from xueji.organisations.actions import DayOfAnotherNotice, SourceTooLong, import_notice
from xueji.organisations.management.commands.calendar_import import FileUnreadable, NoDay
from xueji.organisations.models import CalendarDay, CalendarYear
from xueji.organisations.queries import calendar
from xueji.organisations.rules.holiday_notices import NoticeUnfit

pytestmark = pytest.mark.usefixtures("db")

# A notice that was never published: the days of 2027 are made up.
NOTICE = """年份,节日,安排,开始,结束
2027,元旦,放假,2026-12-31,2027-01-02
2027,元旦,上班,2026-12-27
2027,春节,放假,2027-02-05,2027-02-12
2027,春节,上班,2027-02-14
2027,清明节,放假,2027-04-03,2027-04-05
2027,劳动节,放假,2027-05-01,2027-05-05
2027,端午节,放假,2027-06-09
2027,国庆节、中秋节,放假,2027-10-01,2027-10-08
"""


def taken_over(text: str, **more: object) -> frozenset[int]:
    with national("commands") as using:
        return import_notice(text, using=using, **more)


def events() -> list[Event]:
    return list(Event.objects.using("owner").filter(act="calendar.import"))


def test_a_new_year_makes_provisional_days_firm():
    assert calendar().due_on(date(2027, 2, 4), 3).is_provisional
    assert taken_over(NOTICE, source="测试〔2026〕1号", announced_on=date(2026, 11, 4)) == {2026, 2027}
    due = calendar().due_on(date(2027, 2, 4), 3)
    # The Sunday 14 February worked, 15, 16.
    assert (due.on, due.is_provisional) == (date(2027, 2, 16), False)
    kept = CalendarYear.objects.get(pk=2027)
    assert (kept.source, kept.announced_on) == ("测试〔2026〕1号", date(2026, 11, 4))


def test_the_event_says_what_was_not_there_before():
    taken_over(NOTICE)
    (event,) = events()
    assert (event.before, event.account_id, event.subject_id.int) == (None, None, 2027)
    assert event.after["source"] == "国务院办公厅关于2027年部分节假日安排的通知"
    assert event.after["days"]["2026-12-27"] == [True, "元旦"]
    assert len(event.after["days"]) == CalendarDay.objects.filter(year=2027).count() == 30


def test_repeating_it_changes_nothing():
    taken_over(NOTICE, source="测试〔2026〕1号")
    before = CalendarYear.objects.get(pk=2027)
    assert taken_over(NOTICE, source="测试〔2026〕1号") == taken_over(NOTICE) == frozenset()
    assert CalendarYear.objects.filter(pk=2027, imported_at=before.imported_at, source=before.source).exists()
    assert len(events()) == 1


@pytest.mark.parametrize("year", range(2008, 2027))
def test_what_the_registry_began_with_can_be_imported_again_and_changes_nothing(year):
    assert taken_over(written(known(year))) == frozenset()
    assert events() == []


def test_an_amended_notice_replaces_the_whole_one():
    taken_over(NOTICE)
    amended = NOTICE.replace("2027-02-05,2027-02-12", "2027-02-06,2027-02-15").replace(
        "2027,春节,上班,2027-02-14", "2027,春节,上班,2027-02-21"
    )
    assert taken_over(amended, announced_on=date(2027, 1, 26)) == {2027}
    known_now = calendar()
    assert known_now.is_working(date(2027, 2, 5))
    assert not known_now.is_working(date(2027, 2, 14))
    assert known_now.is_working(date(2027, 2, 21))
    event = events()[-1]
    assert event.before["days"] == {"2027-02-05": [False, "春节"], "2027-02-14": [True, "春节"]}
    assert set(event.after["days"]) == {"2027-02-13", "2027-02-14", "2027-02-15", "2027-02-21"}


def test_another_name_or_source_is_kept_but_no_working_day_has_changed():
    taken_over(NOTICE)
    assert taken_over(NOTICE.replace("国庆节、中秋节", "中秋节、国庆节")) == frozenset()
    assert taken_over(NOTICE, announced_on=date(2026, 11, 4)) == frozenset()
    assert CalendarDay.objects.get(pk=date(2027, 10, 1)).name == "国庆节、中秋节"
    assert len(events()) == 3


def test_a_day_that_another_notice_arranges_is_refused():
    with pytest.raises(DayOfAnotherNotice, match="2018-12-30"):
        taken_over(written(known(2018)) + "\n2018,国庆节,放假,2018-12-30")
    assert events() == []


def test_a_refused_file_leaves_everything_as_it_was():
    with pytest.raises(NoticeUnfit):
        taken_over(NOTICE + "2027,国庆节,上班,2027-10-11")
    with pytest.raises(SourceTooLong):
        taken_over(NOTICE, source="长" * 201)
    assert not CalendarYear.objects.filter(pk=2027).exists()
    assert events() == []


def test_an_office_cannot_change_the_calendar_of_the_nation():
    with pytest.raises(Exception, match="row-level security"), acting(Scope(0, 10**12)):
        import_notice(NOTICE, using="default")
    assert not CalendarYear.objects.filter(pk=2027).exists()


def test_the_command_tells_the_years_and_then_that_nothing_changed(tmp_path, capsys):
    file = tmp_path / "2027.csv"
    file.write_bytes(NOTICE.encode("gb18030"))
    words = ("calendar_import", str(file), "--source", "测试", "--announced-on", "2026-11-04")
    call_command(*words)
    assert "2026、2027" in capsys.readouterr().out
    call_command(*words)
    assert "没有变化" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "day", "refusal"),
    [
        pytest.param("2027.csv", "4.11.2026", NoDay, id="day-unreadable"),
        pytest.param("elsewhere.csv", "2026-11-04", FileUnreadable, id="file-missing"),
        pytest.param(".", "2026-11-04", FileUnreadable, id="a-folder"),
    ],
)
def test_the_command_refuses_what_it_cannot_read(tmp_path, name, day, refusal):
    (tmp_path / "2027.csv").write_text(NOTICE, encoding="utf-8")
    with pytest.raises(refusal) as refused:
        call_command("calendar_import", str(tmp_path / name), "--announced-on", day)
    assert isinstance(refused.value, Refused)
    assert not CalendarYear.objects.filter(pk=2027).exists()
