"""Say of the events of changes that are there already to which school they lead, so that its county finds them."""

from django.db import migrations

FILL = """
UPDATE audit_event e SET other_place = c.other_place
FROM status_case c
WHERE e.subject_kind = 'student' AND e.act LIKE 'status.%' AND e.after ? 'case'
    AND c.student_id = e.subject_id AND c.id = (e.after->>'case')::uuid AND c.other_place IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("status", "0010_graduations_in_lists"), ("audit", "0005_divisions")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
