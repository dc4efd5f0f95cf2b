"""Row policies of this room's tables."""

from django.db import migrations

from xueji.access.policies import guard, guard_by_place, inside


class Migration(migrations.Migration):
    dependencies = [("changes", "0001_initial")]

    operations = [
        guard_by_place("changes_rosterbatch"),
        guard_by_place("changes_rosterfile"),
        guard_by_place("changes_rosterprogress"),
        guard_by_place("changes_rosterrow"),
        guard_by_place("changes_rosterfinding"),
        guard_by_place("changes_rosterclaim"),
        guard("changes_case", read=f"({inside('place')} OR {inside('desk_place')})"),
        guard("changes_caseparty", read=f"({inside('place')} OR {inside('desk_place')})"),
        guard("changes_evidence", read=f"({inside('place')} OR {inside('desk_place')})"),
        guard("changes_decision", read=f"({inside('place')} OR {inside('office')})", append_only=True),
    ]
