"""The hash of each event, made as it is written, and the sealed blocks that list the hashes.

The column is computed for every event that is there, so the table is written anew.
"""

import django.db.models.expressions
from django.db import migrations, models

# As digests.SQL was when this was written: a table is made with what its migrations say.
SQL = r"""sha256(
    uuid_send(subject_id) || timestamptz_send(at)
    || coalesce(uuid_send(batch_id), '\x00000000000000000000000000000000'::bytea)
    || (id::text || ' ' || xid::text || ' ' || coalesce(account_id, -1)::text || ' ' || office::text || ' '
        || place::text || ' ' || act::text || ' ' || subject_kind::text || E'\n')::bytea
    || coalesce(jsonb_send(before), '\x00'::bytea) || coalesce(jsonb_send(after), '\x00'::bytea)
)"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_transactions")]

    operations = [
        migrations.AddField(
            "event",
            "row_hash",
            models.GeneratedField(
                expression=django.db.models.expressions.RawSQL(SQL, ()),
                output_field=models.BinaryField(),
                db_persist=True,
            ),
        ),
        migrations.AddIndex("event", models.Index(fields=["xid", "id"], name="audit_event_in_order")),
        migrations.RemoveIndex("event", "audit_event_of_pupils"),
        migrations.CreateModel(
            name="Block",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("count", models.IntegerField()),
                ("total", models.BigIntegerField()),
                ("last_xid", models.BigIntegerField()),
                ("last_id", models.BigIntegerField()),
                ("root", models.BinaryField()),
                ("previous", models.BinaryField()),
                ("sealed_at", models.DateTimeField()),
                ("suite", models.SmallIntegerField()),
                ("key", models.SmallIntegerField()),
                ("signature", models.BinaryField()),
                ("leaves", models.BinaryField()),
            ],
            options={"ordering": ["number"]},
        ),
    ]
