"""Row policies, and the law under which schools use the lists of their classes."""

import json

from django.db import migrations

from xueji.access.policies import guard_by_place

DAILY_DUTY = "01990000-0000-7000-8000-000000000001"
FIELDS = json.dumps(["name", "sex", "birth_on", "class", "seat_number", "study_mode"])

STANDING = f"""
INSERT INTO disclosures_approval (id, place, kind, state, is_standing, statute, level, government, document_number, scan_name,
    scan_type, scan_sha256, purpose, scope_lo, scope_hi, fields, recipient, certificate, fingerprint, row_cap, valid_from,
    valid_until, reason)
VALUES ('{DAILY_DUTY}', 0, 'statute', 'in_force', true, 'school-duty', '', '', '', '', '', '', '学校日常教育管理', 0,
    1000000000000, '{FIELDS}', '本校', '', '', 200000, '2025-01-01', '9999-12-31', '')
"""


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0001_initial")]

    operations = [
        guard_by_place("disclosures_approval"),
        guard_by_place("disclosures_export"),
        guard_by_place("disclosures_disclosure"),
        guard_by_place("disclosures_sealedfile"),
        guard_by_place("disclosures_canary"),
        guard_by_place("disclosures_clue"),
        migrations.RunSQL(STANDING, f"DELETE FROM disclosures_approval WHERE id = '{DAILY_DUTY}'"),
    ]
