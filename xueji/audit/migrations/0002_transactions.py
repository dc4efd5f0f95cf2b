"""Which transaction wrote an event, so that events can be read in an order in which nothing is overtaken."""

from django.db import migrations, models

from xueji.audit.rules.transactions import functions


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(functions(0), "DROP FUNCTION audit_transaction(); DROP FUNCTION audit_horizon()"),
        migrations.SeparateDatabaseAndState(
            # A constant first: events that are there already are not written anew, and come before all others.
            database_operations=[
                migrations.RunSQL(
                    """
                    ALTER TABLE audit_event ADD COLUMN xid bigint NOT NULL DEFAULT 0;
                    ALTER TABLE audit_event ALTER COLUMN xid SET DEFAULT audit_transaction();
                    """,
                    "ALTER TABLE audit_event DROP COLUMN xid",
                )
            ],
            state_operations=[
                migrations.AddField(
                    "event",
                    "xid",
                    models.BigIntegerField(db_default=models.Func(function="audit_transaction")),
                )
            ],
        ),
        migrations.AddIndex(
            "event",
            models.Index(
                fields=["xid", "id"], condition=models.Q(subject_kind="student"), name="audit_event_of_pupils"
            ),
        ),
    ]
