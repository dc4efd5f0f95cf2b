"""How the transactions of history are numbered: as the database server counts them, on from where history was.

A server that a dump was restored into counts from an earlier point than the history in it. The two
functions add what is missing, so that numbers only ever rise.
"""

from __future__ import annotations

from typing import Final

# More transactions than a dump that is restored can lack: readers may have seen numbers that are lost.
LEAP: Final = 10**9


def functions(base: int) -> str:
    """Return the SQL that numbers transactions from `base` on: of the own one, and of the oldest that still runs."""
    return f"""
    CREATE OR REPLACE FUNCTION audit_transaction() RETURNS bigint LANGUAGE sql VOLATILE PARALLEL RESTRICTED
        AS 'SELECT pg_current_xact_id()::text::bigint + {int(base)}';
    CREATE OR REPLACE FUNCTION audit_horizon() RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
        AS 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + {int(base)}';
    """


def base_after(newest: int, horizon: int) -> int:
    """Return what has to be added to the server's numbers, now at `horizon`, so that all to come lie behind `newest`."""
    return newest + LEAP - horizon
