"""Which pupils were in the lists that somebody was shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_sealing")]

    operations = [
        migrations.CreateModel(
            name="Listing",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "student_id", "list_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("student_id", models.UUIDField()),
                ("list_id", models.UUIDField()),
            ],
        ),
    ]
