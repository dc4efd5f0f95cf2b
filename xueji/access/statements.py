"""Statements that are said again and again: the server plans each once per connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

# More shapes than business has; what comes after them is said in full each time.
MOST_PREPARED = 500
# What each connection's server session has planned: statement → the words that run it.
_prepared: WeakKeyDictionary[psycopg.Connection[Any], dict[str, str]] = WeakKeyDictionary()


def prepared(connection: BaseDatabaseWrapper, statement: str) -> str:
    """Return `EXECUTE …` for a statement without an answer, with its %s still in place.

    The server plans it once per connection. Many such lines go in one message, which the statements that
    psycopg prepares cannot; nobody may let it prepare any on the same connection, because it deallocates
    all that are there when a transaction is rolled back.
    """
    connection.ensure_connection()
    known = _prepared.setdefault(connection.connection, {})
    if statement not in known:
        if len(known) >= MOST_PREPARED:
            return statement
        pieces = statement.split("%s")
        numbered = "".join(
            piece.replace("%%", "%") + (f"${n}" if n < len(pieces) else "")
            for n, piece in enumerate(pieces, start=1)
        )
        name = f"xueji_{len(known)}"
        with psycopg.ClientCursor(connection.connection) as cursor:
            cursor.execute(f"PREPARE {name} AS {numbered}".encode())
        given = ", ".join(["%s"] * (len(pieces) - 1))
        known[statement] = f"EXECUTE {name} ({given})" if given else f"EXECUTE {name}"
    return known[statement]


def asked(statement: str, values: Sequence[Any], *, using: str) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that is asked again and again; the server plans it once per connection."""
    connection = connections[using]
    run = prepared(connection, statement)
    with psycopg.ClientCursor(connection.connection) as cursor:
        return cursor.execute(run.encode(), values).fetchall()
