"""Row policies of the history: read and appended inside the scope, never changed."""

from django.db import migrations

from xueji.access.policies import guard, inside


class Migration(migrations.Migration):
    dependencies = [("access", "0002_policies"), ("audit", "0001_initial")]

    operations = [
        guard(
            "audit_event",
            read=f"({inside('place')} OR {inside('office')})",
            write=inside("office"),
            append_only=True,
        ),
    ]
