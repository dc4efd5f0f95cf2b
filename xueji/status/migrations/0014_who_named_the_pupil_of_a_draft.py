from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("status", "0013_awaited_pupils_of_reorganisations")]

    operations = [
        migrations.AddField("draft", "matched_by", models.JSONField(default=list)),
    ]
