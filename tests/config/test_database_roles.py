"""What the three roles may and may not do, on the database the migrations made."""

import pytest
from django.db import ProgrammingError, connections, transaction


@pytest.mark.parametrize("alias", ["default", "national"])
def test_a_working_role_is_plain(db, alias):
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
            " FROM pg_roles WHERE rolname = current_user"
        )
        # COPY into a guarded table is for roles that see all rows by their duty.
        assert cursor.fetchone() == (False, alias == "national", False, False)


@pytest.mark.parametrize("alias", ["default", "national"])
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("CREATE TABLE public.mine (a int)", id="make-a-table"),
        pytest.param("ALTER TABLE django_session ADD COLUMN a int", id="change-a-table"),
        pytest.param("ALTER TABLE access_account DISABLE ROW LEVEL SECURITY", id="take-the-wall-down"),
        pytest.param("TRUNCATE django_session", id="empty-a-table"),
        pytest.param("SET ROLE xueji_owner", id="become-the-owner"),
    ],
)
def test_a_working_role_may_not(db, alias, statement):
    with (
        pytest.raises(ProgrammingError),
        transaction.atomic(using=alias),
        connections[alias].cursor() as cursor,
    ):
        cursor.execute(statement)


def test_names_are_ordered_by_code_point(db):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT string_agg(n, '' ORDER BY n) FROM unnest(ARRAY['b', 'B', '一', 'a', '㐀']) n")
        assert cursor.fetchone() == ("Bab㐀一",)


def test_every_table_belongs_to_the_owner(db):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchall() == [("xueji_owner",)]


@pytest.mark.parametrize("step", ["first", "second"])
def test_what_one_test_wrote_is_gone_in_the_next(db, step):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)
        cursor.execute("INSERT INTO django_session VALUES (%s, '', now())", [step])
