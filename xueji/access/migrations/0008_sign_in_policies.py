"""Row policies of what signs people in."""

from django.db import migrations

from xueji.access.policies import guard_by_place, guard_closed, guard_open


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0007_sign_in"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        guard_by_place("access_oldpassword"),
        guard_open("access_device"),
        guard_open("access_signin"),
        guard_open("access_throttle"),
        guard_open("mfa_authenticator"),
        # Nobody's address is known here; the tables come with the library and stay empty.
        guard_closed("account_emailaddress"),
        guard_closed("account_emailconfirmation"),
    ]
