"""Row policies of this room's tables."""

from django.db import migrations

from xueji.access.policies import guard_open, guard_reference


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]

    operations = [
        guard_reference("access_account"),
        guard_reference("access_appointment"),
        guard_open("access_onetimelink"),
        guard_open("access_apitoken"),
        guard_open("access_idempotencykey"),
    ]
