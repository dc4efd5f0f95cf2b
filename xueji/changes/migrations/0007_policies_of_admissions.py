"""Row policies of admissions and kindergarten records."""

from django.db import migrations

from xueji.access.policies import guard_by_place, guard_nation_only, guard_reference


class Migration(migrations.Migration):
    dependencies = [("changes", "0006_admissions")]

    operations = [
        # Which lists there are is no secret; who is on them is.
        guard_reference("changes_admissionlist"),
        guard_by_place("changes_admissionfile"),
        guard_by_place("changes_admissionfinding"),
        guard_by_place("changes_admission"),
        guard_by_place("changes_preschoolrecord"),
        guard_nation_only("changes_admittedchild"),
    ]
