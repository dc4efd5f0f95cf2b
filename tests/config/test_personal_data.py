"""Every table, and every column that can hold a person's data, is declared: what it tells, its mask, how long it is kept."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connections

from xueji.config.personal_data import BY_TABLE, PERSONAL, WITHOUT, Data, Kept

# Types of columns that can hold anything about a person.
TELLING = {"text", "character varying", "bytea", "jsonb", "json"}
BIRTH = {"birth_on"}


@pytest.fixture(scope="module")
def catalogue(kept_db: None) -> dict[str, dict[str, str]]:
    """The columns of every table of the database, each with its type."""
    found: dict[str, dict[str, str]] = {}
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            """SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c
               JOIN information_schema.tables t USING (table_schema, table_name)
               WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'"""
        )
        for table, column, kind in cursor.fetchall():
            found.setdefault(table, {})[column] = kind
    return found


def test_every_table_of_the_database_and_every_model_is_declared(
    catalogue: dict[str, dict[str, str]],
) -> None:
    declared = set(BY_TABLE) | set(WITHOUT)
    assert set(catalogue) == declared
    assert {model._meta.db_table for model in apps.get_models(include_auto_created=True)} <= declared
    assert not set(BY_TABLE) & set(WITHOUT)
    assert len(BY_TABLE) == len(PERSONAL)


def test_every_column_that_can_hold_a_person_s_data_is_declared_and_no_other_is_made_up(
    catalogue: dict[str, dict[str, str]],
) -> None:
    wrong = {}
    for one in PERSONAL:
        there = catalogue[one.name]
        telling = {name for name, kind in there.items() if kind in TELLING or name in BIRTH}
        if telling != set(one.columns):
            wrong[one.name] = (telling - set(one.columns), set(one.columns) - telling)
    assert wrong == {}


def test_what_is_encrypted_or_hashed_lies_in_bytes(catalogue: dict[str, dict[str, str]]) -> None:
    in_bytes = {Data.NUMBER, Data.PAPER, Data.KEYED}
    for one in PERSONAL:
        for column, data in one.columns.items():
            if data in in_bytes and (one.name, column) not in {
                # The key of a row image names the row; a throttle is found by bytes.
                ("status_effect", "key"),
            }:
                assert catalogue[one.name][column] == "bytea", (one.name, column)


def test_no_column_of_a_table_without_personal_data_is_called_like_one(
    catalogue: dict[str, dict[str, str]],
) -> None:
    suspicious = ("birth", "phone", "address", "guardian", "pinyin", "document_number", "private")
    made_up = {("disclosures_approval", "document_number")}  # of the government's paper
    found = {
        (table, column)
        for table in WITHOUT
        for column in catalogue[table]
        if any(word in column for word in suspicious) and not table.startswith("account_")
    }
    assert found <= made_up


@pytest.mark.parametrize("kept", Kept)
def test_every_retention_says_how_long_why_and_what_ends_it(kept: Kept) -> None:
    assert all((kept.zh, kept.en, kept.source, kept.ended_by))
    assert any(one.kept is kept for one in PERSONAL)
