"""What happened to the pupils of one province, and to those who come there, in the order of the history."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_witnesses")]

    operations = [
        migrations.AddIndex(
            "event",
            models.Index(
                F("place") / 10_000_000_000,
                F("xid"),
                F("id"),
                condition=Q(subject_kind="student"),
                name="audit_event_of_province",
            ),
        ),
        migrations.AddIndex(
            "event",
            models.Index(
                F("other_place") / 10_000_000_000,
                F("xid"),
                F("id"),
                condition=Q(subject_kind="student", other_place__isnull=False),
                name="audit_event_to_province",
            ),
        ),
    ]
