from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("changes", "0007_policies_of_admissions")]

    operations = [
        migrations.AddField("case", "made", models.JSONField(default=dict)),
        migrations.AddField("case", "undo_until", models.DateField(null=True)),
    ]
