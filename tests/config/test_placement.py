"""Every table has a place in a cluster, and the schema keeps what follows from it."""

from __future__ import annotations

import io

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connections

from xueji.config.placement import PLACEMENTS, Group, Kind, statements

BY_TABLE = {row.table: row for row in PLACEMENTS}
ORDER = {row.table: at for at, row in enumerate(PLACEMENTS)}


def ask(question: str) -> list[tuple[object, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def test_every_table_is_placed_once(db: None) -> None:
    tables = ask(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )
    assert sorted(table for (table,) in tables) == sorted(row.table for row in PLACEMENTS)


def test_every_model_of_every_room_is_placed() -> None:
    models = {m._meta.db_table for m in apps.get_models() if m.__module__.startswith("xueji.")}
    assert models <= set(BY_TABLE)


def test_a_distributed_table_has_its_column_and_it_is_never_empty(db: None) -> None:
    columns = set(
        ask(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND is_nullable = 'NO'"
        )
    )
    for row in PLACEMENTS:
        assert (row.kind is Kind.DISTRIBUTED) == bool(row.column) == (row.group is not None)
        if row.column:
            assert (row.table, row.column) in columns


def test_columns_of_one_group_are_of_one_type(db: None) -> None:
    types = {
        (table, column): kind
        for table, column, kind in ask(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'public'"
        )
    }
    for group in Group:
        kinds = {types[row.table, row.column] for row in PLACEMENTS if row.group is group}
        assert len(kinds) == 1, group


def test_every_unique_key_of_a_distributed_table_includes_its_column(db: None) -> None:
    keys = ask(
        """SELECT c.relname, i.indexrelid::regclass::text, array_agg(a.attname::text)
           FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
           WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace GROUP BY 1, 2"""
    )
    wrong = [
        key
        for table, key, columns in keys
        if BY_TABLE[table].column and BY_TABLE[table].column not in columns
    ]
    assert wrong == []


def test_foreign_keys_stay_in_the_group_or_go_to_reference_tables_that_are_placed_before(db: None) -> None:
    keys = ask(
        """SELECT conrelid::regclass::text, confrelid::regclass::text, conname,
               (SELECT array_agg(attname::text ORDER BY n) FROM unnest(conkey) WITH ORDINALITY AS k (at, n)
                JOIN pg_attribute ON attrelid = conrelid AND attnum = k.at),
               (SELECT array_agg(attname::text ORDER BY n) FROM unnest(confkey) WITH ORDINALITY AS k (at, n)
                JOIN pg_attribute ON attrelid = confrelid AND attnum = k.at)
           FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace"""
    )
    assert keys
    for table, target, name, columns, targets in keys:
        source, named = BY_TABLE[table], BY_TABLE[target]
        assert table == target or ORDER[target] < ORDER[table], (
            f"{name}: {target} has to stand before {table}"
        )
        if named.kind is Kind.DISTRIBUTED:
            assert source.group is named.group, name
            assert (source.column, named.column) in set(zip(columns, targets, strict=True)), name
        else:
            assert (named.kind is Kind.LOCAL) == (source.kind is Kind.LOCAL), name


def test_the_plan_is_shown_without_a_cluster() -> None:
    shown = io.StringIO()
    call_command("distribute", "--plan", stdout=shown)
    lines = shown.getvalue().splitlines()
    assert len(lines) == sum(row.kind is not Kind.LOCAL for row in PLACEMENTS)
    assert "SELECT create_reference_table('organisations_school');" in lines
    assert "SELECT create_distributed_table('students_student', 'id', colocate_with => 'none');" in lines
    assert (
        "SELECT create_distributed_table('students_enrolment', 'student_id',"
        " colocate_with => 'students_student');" in lines
    )


def test_a_repetition_places_only_what_is_missing() -> None:
    missing = statements({row.table for row in PLACEMENTS} - {"changes_rosterclaim"})
    assert missing == [
        "SELECT create_distributed_table('changes_rosterclaim', 'index', colocate_with => 'students_identifier')"
    ]


def test_without_citus_the_command_says_so_and_changes_nothing(db: None) -> None:
    with pytest.raises(CommandError, match="CREATE EXTENSION citus"):
        call_command("distribute")
