"""Row policies of the calendar, and the notices that are known already: for new registries and those in use."""

from typing import Any

from django.db import migrations

from xueji.access.policies import guard_closed
from xueji.organisations.rules.known_notices import known_notices, source_of


def write_known_notices(apps: Any, schema_editor: Any) -> None:
    """Fill the empty calendar. What is announced later comes in by `xueji calendar_import`."""
    using = schema_editor.connection.alias
    years = apps.get_model("organisations", "CalendarYear").objects.using(using)
    days = apps.get_model("organisations", "CalendarDay").objects.using(using)
    notices = known_notices()
    years.bulk_create(years.model(year=notice.year, source=source_of(notice)) for notice in notices)
    days.bulk_create(
        days.model(on=day.on, year_id=notice.year, is_working=day.is_working, name=day.name)
        for notice in notices
        for day in notice.days
    )


class Migration(migrations.Migration):
    dependencies = [("organisations", "0003_calendar")]

    operations = [
        guard_closed("organisations_calendaryear"),
        guard_closed("organisations_calendarday"),
        migrations.RunPython(write_known_notices, migrations.RunPython.noop),
    ]
