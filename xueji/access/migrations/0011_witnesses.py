"""Row policies of witnesses: everybody reads them and their signatures; a signature is checked before it is kept."""

from django.db import migrations

from xueji.access.policies import guard, guard_closed


class Migration(migrations.Migration):
    dependencies = [("access", "0010_separated_administrators"), ("audit", "0006_witnesses")]

    operations = [
        guard_closed("audit_witness"),
        guard("audit_cosignature", read="(true)", write="(true)", append_only=True),
    ]
