"""No account is more than one of the three administrators, ever; and row policies of the tables before."""

from django.db import migrations

from xueji.access.policies import guard_by_place, guard_reference


class Migration(migrations.Migration):
    dependencies = [("access", "0009_sealing_and_training")]

    operations = [
        guard_by_place("access_unsealing"),
        guard_reference("access_trainingcertificate"),
        migrations.RunSQL(
            """
            UPDATE access_account a SET duty = 'administrator'
            WHERE EXISTS (SELECT FROM access_appointment p WHERE p.account_id = a.id AND p.role = 'administrator');
            SET CONSTRAINTS ALL IMMEDIATE;
            ALTER TABLE access_account ADD CONSTRAINT account_with_duty UNIQUE (id, duty);
            ALTER TABLE access_appointment ADD CONSTRAINT an_account_has_one_administrators_duty
                FOREIGN KEY (account_id, duty) REFERENCES access_account (id, duty);
            """,
            """
            ALTER TABLE access_appointment DROP CONSTRAINT an_account_has_one_administrators_duty;
            ALTER TABLE access_account DROP CONSTRAINT account_with_duty;
            """,
        ),
    ]
