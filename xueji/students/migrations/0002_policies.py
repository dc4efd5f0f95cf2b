"""Row policies of this room's tables."""

from django.db import migrations

from xueji.access.policies import guard_by_place, guard_nation_only


class Migration(migrations.Migration):
    dependencies = [("students", "0001_initial")]

    operations = [
        guard_by_place("students_student"),
        guard_by_place("students_identifier"),
        guard_by_place("students_familymember"),
        guard_by_place("students_enrolment"),
        guard_by_place("students_headcount"),
        guard_nation_only("students_numberserial"),
    ]
