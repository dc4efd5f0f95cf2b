"""Row policies of this room's tables."""

from django.db import migrations

from xueji.access.policies import guard_by_place, guard_closed, guard_reference


class Migration(migrations.Migration):
    dependencies = [("organisations", "0001_initial")]

    operations = [
        guard_closed("organisations_division"),
        guard_closed("organisations_schoolyear"),
        guard_closed("organisations_term"),
        guard_reference("organisations_organisation"),
        guard_reference("organisations_school"),
        guard_reference("organisations_organisationname"),
        guard_reference("organisations_schoolidentifier"),
        guard_reference("organisations_placehistory"),
        guard_reference("organisations_schoolchange"),
        guard_by_place("organisations_grade"),
        guard_by_place("organisations_class"),
    ]
