"""What a discreet case leaves behind is read by no ordinary role."""

from django.db import migrations

from xueji.access.policies import inside

BY_PLACE = inside("place")
BY_OFFICE = f"({inside('place')} OR {inside('office')})"


def hidden(table: str, condition: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"ALTER POLICY app_read ON {table} USING ((NOT is_discreet AND {condition}))",
        f"ALTER POLICY app_read ON {table} USING ({condition})",
    )


class Migration(migrations.Migration):
    dependencies = [("status", "0005_discreet_traces")]

    operations = [
        hidden("status_casepaper", BY_PLACE),
        hidden("status_decision", BY_OFFICE),
        hidden("status_effect", BY_PLACE),
        hidden("status_paper", BY_OFFICE),
    ]
