from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("status", "0014_who_named_the_pupil_of_a_draft")]

    operations = [
        migrations.AddField("graduation", "turns", models.JSONField(default=list)),
        migrations.AddField("campaignschool", "days_used", models.SmallIntegerField(null=True)),
    ]
