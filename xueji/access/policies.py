"""Row policies, as operations for migrations. The second wall, declared beside the table it guards."""

from __future__ import annotations

from django.db import migrations

LO = "current_setting('xueji.lo')::bigint"
HI = "current_setting('xueji.hi')::bigint"


def inside(column: str) -> str:
    """Return the condition that a place lies in the scope told to the database.

    The cast has no tolerance: a scope that was never set, or set in an earlier
    transaction, is an error and not an empty answer.
    """
    return f"({column} >= {LO} AND {column} < {HI})"


def guard(table: str, *, read: str, write: str | None = None, append_only: bool = False) -> migrations.RunSQL:
    """Force row security on `table`: what the application role may read, and what it may write.

    The national role sees all rows; it is used by the acts on the short list only.
    The owner migrates and loads and is never used to answer a request.
    """
    write = write or read
    verbs = ["INSERT", "UPDATE", "DELETE"]
    forward = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY app_read ON {table} FOR SELECT TO xueji_app USING {read}",
        f"CREATE POLICY app_insert ON {table} FOR INSERT TO xueji_app WITH CHECK {write}",
        f"CREATE POLICY app_update ON {table} FOR UPDATE TO xueji_app USING {write} WITH CHECK {write}",
        f"CREATE POLICY app_delete ON {table} FOR DELETE TO xueji_app USING {write}",
        f"CREATE POLICY nation ON {table} TO xueji_national USING (true) WITH CHECK (true)",
        f"CREATE POLICY owner ON {table} TO xueji_owner USING (true) WITH CHECK (true)",
    ]
    if append_only:
        forward.append(f"REVOKE {', '.join(verbs[1:])}, TRUNCATE ON {table} FROM xueji_app, xueji_national")
    backward = [
        *(
            f"DROP POLICY {p} ON {table}"
            for p in ("app_read", "app_insert", "app_update", "app_delete", "nation", "owner")
        ),
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ]
    return migrations.RunSQL(";\n".join(forward), ";\n".join(backward))


def guard_by_place(table: str, column: str = "place") -> migrations.RunSQL:
    """Rows are read and written only inside the scope."""
    return guard(table, read=inside(column))


def guard_reference(table: str, column: str = "place") -> migrations.RunSQL:
    """Everyone may read (names of schools are public); only the own area is written."""
    return guard(table, read="(true)", write=inside(column))


def guard_closed(table: str) -> migrations.RunSQL:
    """Everyone may read, nobody writes through the application role: national tables."""
    return guard(table, read="(true)", write="(false)")


def guard_nation_only(table: str) -> migrations.RunSQL:
    """Nothing here is for the application role: counters of the nation."""
    return guard(table, read="(false)")


def guard_open(table: str) -> migrations.RunSQL:
    """Read before anybody is known to be who they are: sign-in and tokens. Written by any request.

    Holds nothing about pupils.
    """
    return guard(table, read="(true)")
