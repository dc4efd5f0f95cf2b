"""What happened to the pupils of one division, and to those who come there, in the order of the history."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_listings")]

    operations = [
        migrations.AddField("event", "other_place", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            "event",
            models.Index(
                F("place") / 1_000_000,
                F("xid"),
                F("id"),
                condition=Q(subject_kind="student"),
                name="audit_event_of_division",
            ),
        ),
        migrations.AddIndex(
            "event",
            models.Index(
                F("other_place") / 1_000_000,
                F("xid"),
                F("id"),
                condition=Q(subject_kind="student", other_place__isnull=False),
                name="audit_event_to_division",
            ),
        ),
    ]
