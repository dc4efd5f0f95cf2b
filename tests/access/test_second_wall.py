"""The second wall alone: what each level sees, and can write, when the scoped managers are gone.

The registry is filled once for all tests of this file: none of them changes a row.
"""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from django.apps import apps
from django.db import ProgrammingError, connections, transaction
from django.db.utils import DataError, InternalError

from tests.access import matrix
from tests.access.test_walls import (
    APPEND_ONLY,
    COLUMNS,
    EVERYBODY,
    NOBODY,
    OF_PROVINCES,
    POLICIES,
    STAY_EMPTY,
    WATCHERS,
    fill,
)
from tests.factories import actor
from xueji.access.scope import EVERYWHERE, Scope, ScopedManager, acting, current_scope, national


@pytest.fixture(scope="module", autouse=True)
def filled(kept_db: None) -> None:
    """Leave rows in every table, once."""
    fill()


def rows_of(table: str, alias: str, more: str = "") -> list[dict[str, Any]]:
    """Return every row that a role sees, as JSON, with its position in the table."""
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SELECT ctid::text, to_jsonb(t) FROM {table} t {more}")
        return [{**_json(row), "ctid": ctid} for ctid, row in cursor.fetchall()]


def _json(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = value if isinstance(value, dict) else json.loads(value)
    return found


def readable(table: str, row: dict[str, Any], scope: Scope) -> bool:
    """Return whether the declared policy lets somebody with this scope read the row."""
    condition = POLICIES[table][0]
    if condition in (EVERYBODY, NOBODY):
        return condition == EVERYBODY
    if "is_discreet" in condition and row["is_discreet"]:
        return False
    columns = [c for c, text in COLUMNS if text in condition]
    return any(row[column] is not None and row[column] in scope for column in columns)


def test_the_filling_leaves_rows_of_two_provinces_in_every_scoped_table() -> None:
    for table, (read, _) in POLICIES.items():
        rows = rows_of(table, "owner")
        if table not in STAY_EMPTY:
            assert rows, f"{table} is empty, so nothing is shown about it"
        if read not in (EVERYBODY, NOBODY):
            provinces = {row["place"] // 10**10 for row in rows}
            assert {33, 51} <= provinces, f"{table} has rows of {provinces} only"


def test_without_the_first_wall_each_level_sees_exactly_its_own_rows() -> None:
    everything = {table: rows_of(table, "owner") for table in POLICIES}
    for username in WATCHERS:
        by = actor(username)
        with acting(by.scope):
            for table, rows in everything.items():
                expected = {row["ctid"] for row in rows if readable(table, row, by.scope)}
                seen = {row["ctid"] for row in rows_of(table, "default")}
                assert seen == expected, f"{username} in {table}"


def test_the_unfiltered_manager_sees_no_more_than_raw_statements() -> None:
    models = [m for m in apps.get_models() if isinstance(m._default_manager, ScopedManager)]
    for username in WATCHERS:
        scope = actor(username).scope
        with acting(scope):
            for model in models:
                rows = list(model.everywhere.values())
                assert all(readable(model._meta.db_table, row, scope) for row in rows), (username, model)
                assert all(place in scope for place in model.objects.values_list("place", flat=True))


def test_a_school_sees_nothing_of_its_neighbour_and_an_office_without_pupils_nothing() -> None:
    for username in ("r2133000002", "o330903"):
        with acting(actor(username).scope):
            assert rows_of("students_student", "default") == []
    with acting(actor("r2133000001").scope):
        assert len(rows_of("students_student", "default")) == pupils_of("r2133000001")


def test_who_is_not_signed_in_sees_no_pupil() -> None:
    with acting(Scope(0, 0)):
        for table, (read, _) in POLICIES.items():
            assert bool(rows_of(table, "default")) == (read == EVERYBODY and table not in STAY_EMPTY), table


WRITTEN = sorted(table for table, (_, write) in POLICIES.items() if write not in (EVERYBODY, NOBODY))


def written_by(table: str) -> list[str]:
    """Return the columns of which one must lie in the scope for a row to be written."""
    return [c for c, text in COLUMNS if text in POLICIES[table][1]]


def columns_of(table: str) -> list[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped AND attgenerated = ''",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


def test_rows_of_others_cannot_be_changed_taken_or_made() -> None:
    for table in WRITTEN:
        # What is discreet is read by nobody here, so nobody could try to write it by its row.
        rows = [row for row in rows_of(table, "owner") if not row.get("is_discreet")]
        scope = actor("a330000" if table in OF_PROVINCES else "o330902").scope
        columns = written_by(table)
        foreign = [r for r in rows if not any(r[c] is not None and r[c] in scope for c in columns)]
        own = [r for r in rows if any(r[c] is not None and r[c] in scope for c in columns)]
        assert foreign, table
        assert own, table
        names = ", ".join(columns_of(table))
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t WHERE ctid = %s", [foreign[0]["ctid"]])
            (copy,) = cursor.fetchone()
        with acting(scope), connections["default"].cursor() as cursor:
            if table not in APPEND_ONLY:
                cursor.execute(f"UPDATE {table} SET place = place WHERE ctid = %s", [foreign[0]["ctid"]])
                assert cursor.rowcount == 0, table
                cursor.execute(f"DELETE FROM {table} WHERE ctid = %s", [foreign[0]["ctid"]])
                assert cursor.rowcount == 0, table
                # Every column that could keep it the own one goes to somebody else, or to nobody.
                taken = ", ".join(
                    f"{c} = {'NULL' if foreign[0][c] is None else foreign[0][c]}" for c in columns
                )
                with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                    cursor.execute(f"UPDATE {table} SET {taken} WHERE ctid = %s", [own[0]["ctid"]])
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                cursor.execute(
                    f"INSERT INTO {table} ({names})"
                    f" SELECT {names} FROM jsonb_populate_record(NULL::{table}, %s::jsonb)",
                    [copy],
                )


@pytest.mark.parametrize(
    "table",
    # What is only appended to has no right to change at all: test_walls looks at that.
    sorted(t for t, (_, write) in POLICIES.items() if write == NOBODY and t not in STAY_EMPTY | APPEND_ONLY),
)
def test_what_is_national_is_not_written_by_the_application(table: str) -> None:
    names = ", ".join(columns_of(table))
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t LIMIT 1")
        (copy,) = cursor.fetchone()
    with acting(actor("o000000").scope), connections["default"].cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
        assert cursor.rowcount == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            cursor.execute(
                f"INSERT INTO {table} ({names})"
                f" SELECT {names} FROM jsonb_populate_record(NULL::{table}, %s::jsonb)",
                [copy],
            )


def count_students() -> int:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM students_student")
        return int(cursor.fetchone()[0])


def pupils_of(username: str) -> int:
    """Return how many pupils an account may see, as the owner counts them: more than none."""
    scope = actor(username).scope
    rows = rows_of("students_student", "owner", f"WHERE place >= {scope.lo} AND place < {scope.hi}")
    assert rows
    return len(rows)


def test_a_scope_that_was_never_set_is_an_error_and_not_an_empty_answer() -> None:
    connections["default"].close()
    with pytest.raises(ProgrammingError, match="unrecognized configuration parameter"):
        count_students()


def test_a_scope_set_in_an_earlier_transaction_is_an_error() -> None:
    with acting(actor("o330902").scope):
        assert count_students() == pupils_of("o330902")
    with pytest.raises((DataError, InternalError), match="invalid input syntax"):
        count_students()
    with pytest.raises((DataError, InternalError), match="invalid input syntax"), transaction.atomic():
        count_students()


def test_the_outer_scope_stands_again_after_an_inner_one() -> None:
    county, whole_school = actor("o330902").scope, actor("r2133000002").scope
    with acting(county):
        with acting(whole_school):
            assert (current_scope(), count_students()) == (whole_school, 0)
        assert (current_scope(), count_students()) == (county, pupils_of("o330902"))
        with pytest.raises(ZeroDivisionError), acting(whole_school):
            raise ZeroDivisionError
        assert (current_scope(), count_students()) == (county, pupils_of("o330902"))


def test_an_act_for_the_nation_does_not_widen_the_scope_of_the_request() -> None:
    county = actor("o330902").scope
    with acting(county):
        with national("progress"):
            assert count_students() == pupils_of("o330902")
            with acting(actor("r2133000001").scope):
                assert count_students() == pupils_of("r2133000001")
            assert count_students() == pupils_of("o330902")
        assert (current_scope(), count_students()) == (county, pupils_of("o330902"))


def test_a_scope_inside_a_plain_transaction_ends_with_its_block() -> None:
    with transaction.atomic():
        with acting(actor("o330902").scope):
            assert count_students() == pupils_of("o330902")
        with pytest.raises((DataError, InternalError), match="invalid input syntax"), transaction.atomic():
            count_students()


# Role × level × door × foreign object ---------------------------------------------------------------

CASES = int(os.environ.get("XUEJI_MATRIX", "1500"))


@pytest.mark.parametrize("is_scoped", [True, False], ids=["both-walls", "policies-alone"])
def test_no_door_gives_anybody_what_is_somebody_else_s(is_scoped: bool) -> None:
    # Headers of lists and of appointments are read by every office; only the scoping narrows their doors.
    for_everybody = [table for table, (read, _) in POLICIES.items() if read == EVERYBODY]
    found = matrix.walked(
        CASES,
        is_scoped=is_scoped,
        seed=int(os.environ.get("XUEJI_MATRIX_SEED", "1")),
        unguarded=() if is_scoped else for_everybody,
    )
    print(f"{found.tried} cases, {len(found.doors)} doors, {found.answers}")
    assert found.tried == CASES
    assert not found.leaks, "\n".join(found.leaks)


def test_the_matrix_finds_a_door_that_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read as the owner, past both walls, the pages of pupils would show anybody's."""
    monkeypatch.setattr(matrix, "acting", lambda scope: acting(Scope(*EVERYWHERE)))
    monkeypatch.setattr(matrix, "pages", lambda: (one for one in PAGES if one.name == "student"))
    monkeypatch.setattr(matrix, "operations", lambda: iter(()))
    assert matrix.walked(100, is_scoped=True, seed=1).leaks


PAGES = tuple(matrix.pages())
