"""Row policies of shown lists: every request adds, none of the application role reads or changes."""

from django.db import migrations

from xueji.access.policies import guard


class Migration(migrations.Migration):
    dependencies = [("access", "0005_sealed_blocks"), ("audit", "0004_listings")]

    operations = [guard("audit_listing", read="(false)", write="(true)", append_only=True)]
