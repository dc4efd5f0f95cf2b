"""Roles and the database: who owns, who works, who acts for the whole nation.

| role | may |
|---|---|
| xueji_owner | owns database, schema and tables; used by migrations and set-up only |
| xueji_app | reads and writes rows inside the scope that row policies allow; owns nothing |
| xueji_national | the short list of jobs that act for the whole nation; owns nothing |

None of them is a superuser. Only xueji_national bypasses row policies: it sees every row by its duty, and
PostgreSQL takes COPY into a table with row policies from no other role. The application role never does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

OWNER = "xueji_owner"
APP = "xueji_app"
NATIONAL = "xueji_national"
ROLES = (OWNER, APP, NATIONAL)
DATABASE = "xueji"
# Left as the database's comment when all is done; raise it when roles or privileges change.
PREPARED = "学籍 xueji: roles 2"
SERVER_VERSIONS = range(16, 19)


class OwnerMigrates:
    """Database router: tables are made by their owner only; all three doors lead to one database."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return True


def ensure_roles(
    superuser: str, database: str = DATABASE, passwords: Mapping[str, str] | None = None
) -> None:
    """Make the three roles, the database and its default privileges, whatever of it is missing.

    `superuser` is a connection string of an account that may create roles and databases.
    `passwords` maps role names to passwords; roles not named keep the one they have.
    Repeating it changes nothing.
    """
    with psycopg.connect(superuser, autocommit=True) as server:
        if not passwords and _is_prepared(server, database):
            return
        # Two first starts at once would both see a missing role.
        server.execute("SELECT pg_advisory_lock(hashtext('xueji roles'))")
        _ensure_accounts(server, passwords or {})
        _ensure_database(server, database)
        with psycopg.connect(superuser, dbname=database) as inside:
            _ensure_privileges(inside, database)
        server.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), sql.Literal(PREPARED))
        )


def _is_prepared(server: psycopg.Connection[Any], database: str) -> bool:
    return bool(
        server.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s"
            " AND shobj_description(oid, 'pg_database') = %s"
            " AND 3 = (SELECT count(*) FROM pg_roles WHERE rolname = ANY (%s))",
            [database, PREPARED, list(ROLES)],
        ).fetchone()
    )


def recreate_database(superuser: str, database: str) -> None:
    """Drop the database, whoever is connected, and make it anew and empty with the same roles."""
    with psycopg.connect(superuser, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))
    ensure_roles(superuser, database)


def _ensure_accounts(server: psycopg.Connection[Any], passwords: Mapping[str, str]) -> None:
    present = {name for (name,) in server.execute("SELECT rolname FROM pg_roles")}
    for role in ROLES:
        name = sql.Identifier(role)
        if role not in present:
            server.execute(sql.SQL("CREATE ROLE {}").format(name))
        server.execute(
            sql.SQL("ALTER ROLE {} LOGIN NOSUPERUSER {} NOCREATEROLE NOCREATEDB NOREPLICATION").format(
                name, sql.SQL("BYPASSRLS" if role == NATIONAL else "NOBYPASSRLS")
            )
        )
        if role in passwords:
            server.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(passwords[role])))


def _ensure_database(server: psycopg.Connection[Any], database: str) -> None:
    if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        return
    # Order is by code point everywhere: range searches on names and pinyin need no
    # operator class, and no change of the system's locales can break an index.
    locale = (
        sql.SQL("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'")
        if server.info.server_version >= 170000
        else sql.SQL("LOCALE_PROVIDER libc LOCALE 'C.UTF-8'")
    )
    # A managed server's administrator may give a database only to a role it belongs to.
    (is_superuser,) = server.execute(
        "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
    ).fetchone() or (False,)
    if not is_superuser:
        server.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
    server.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' {}").format(
            sql.Identifier(database), sql.Identifier(OWNER), locale
        )
    )


def _ensure_privileges(inside: psycopg.Connection[Any], database: str) -> None:
    """Give the plain roles what they need on everything the owner will make, and nothing else.

    Tables that need less (events can be inserted and read, never changed) are narrowed
    by the migration that makes them.
    """
    owner, app, national = (sql.Identifier(role) for role in ROLES)
    future = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public").format(owner)
    name = sql.Identifier(database)
    names = {"database": name, "owner": owner, "app": app, "national": national, "future": future}
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}, {national}",
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {app}, {national}",
        "{future} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}, {national}",
        "{future} GRANT USAGE, SELECT ON SEQUENCES TO {app}, {national}",
        "{future} GRANT EXECUTE ON FUNCTIONS TO {app}, {national}",
    ):
        inside.execute(sql.SQL(statement).format(**names))
