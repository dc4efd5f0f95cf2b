"""Row policies of sealed blocks: everybody may read them (witnesses copy them), nobody changes them."""

from django.db import migrations

from xueji.access.policies import guard


class Migration(migrations.Migration):
    dependencies = [("access", "0004_stand_ins"), ("audit", "0003_sealing")]

    operations = [guard("audit_block", read="(true)", write="(false)", append_only=True)]
