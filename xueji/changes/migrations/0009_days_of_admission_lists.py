from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("changes", "0008_undo_of_admission_disputes")]

    operations = [
        migrations.AddField("admissionlist", "days_used", models.SmallIntegerField(null=True)),
    ]
