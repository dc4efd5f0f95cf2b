"""Keys that let evidence lie with its case and decisions with what they are about.

A distributed table can only promise uniqueness within a shard, so its primary key names
the column it is distributed by. The ids alone stay unique as they are random.
"""

from django.db import migrations


def rekey(table: str, column: str) -> migrations.RunSQL:
    change = "ALTER TABLE {t} DROP CONSTRAINT {t}_pkey, ADD CONSTRAINT {t}_pkey PRIMARY KEY ({columns})"
    return migrations.RunSQL(
        change.format(t=table, columns=f"id, {column}"), change.format(t=table, columns="id")
    )


class Migration(migrations.Migration):
    dependencies = [("changes", "0003_problem_statements")]

    operations = [rekey("changes_evidence", "case_id"), rekey("changes_decision", "subject_id")]
