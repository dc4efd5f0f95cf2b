from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("status", "0012_reorganisation")]

    operations = [
        migrations.AddField("reorganisation", "awaited", models.JSONField(default=list)),
    ]
