"""Row policies of this room's tables."""

from django.db import migrations

from xueji.access.policies import guard, guard_by_place, guard_nation_only, inside


class Migration(migrations.Migration):
    dependencies = [("status", "0001_initial")]

    operations = [
        guard(
            "status_case",
            # A placement at a specialised school is read through the short list of national acts alone.
            read=f"(NOT is_discreet AND ({inside('place')} OR {inside('other_place')}))",
            write=f"({inside('place')} OR {inside('other_place')})",
        ),
        guard("status_turn", read=f"(NOT is_discreet AND {inside('place')})", write=inside("place")),
        guard(
            "status_decision", read=f"({inside('place')} OR {inside('office')})", append_only=True
        ),
        guard("status_paper", read=f"({inside('place')} OR {inside('office')})"),
        guard_nation_only("status_placement"),
        guard_nation_only("status_tracking"),
        *(
            guard_by_place(f"status_{table}")
            for table in ("draft", "effect", "mark", "casepaper", "sealedcopy", "notice")
        ),
    ]
