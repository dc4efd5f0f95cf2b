"""The synthetic nation in a database: small ones, written in one go and by several processes."""

import json
from datetime import date

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import connections

from xueji.access.queries import actor_named
from xueji.access.rules import places
from xueji.access.scope import national
from xueji.changes.actions import rosters
from xueji.changes.queries.schools import school_with_identifier
from xueji.organisations.rules import divisions
from xueji.students.encryption import associated
from xueji.synthetic import actions, bulk, offices
from xueji.synthetic.actions import NotEmpty, NotInProduction, load_nation
from xueji.synthetic.rules.nation import plan_nation

TODAY = date(2026, 11, 23)


def rows(query, parameters=()):
    with national("synthetic") as using, connections[using].cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def value(query, parameters=()):
    return rows(query, parameters)[0][0]


@pytest.fixture
def empty(db, settings, tmp_path):
    """An empty registry, and a folder of its own for what the load writes down."""
    settings.VAR = tmp_path
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE access_account, organisations_organisation, audit_event CASCADE")


@pytest.fixture
def idle(monkeypatch):
    """Nothing is left on the desks, which takes seconds: most tests look at the pupils alone."""
    monkeypatch.setattr(actions, "leave_work", lambda nation, today: None)
    monkeypatch.setattr(actions, "leave_changes", lambda nation, today: 0)


@pytest.fixture
def loaded(empty, idle):
    return load_nation(students=1200, seed=3, today=TODAY)


def fingerprint():
    """Everything of the pupils' tables but what is encrypted."""
    return {
        "students": rows(
            "SELECT id, place, name, pinyin, sex, birth_on, details::text FROM students_student ORDER BY 1"
        ),
        "identifiers": rows(
            "SELECT scheme, index, student_id, place, since FROM students_identifier ORDER BY 1, 2"
        ),
        "enrolments": rows(
            "SELECT student_id, id, place, school_id, class_of_id FROM students_enrolment ORDER BY 1"
        ),
        "family": rows("SELECT student_id, ordinal, name, relation FROM students_familymember ORDER BY 1, 2"),
        "counts": rows("SELECT class_of_id, state, place, count FROM students_headcount ORDER BY 1"),
        "events": rows(
            "SELECT subject_id, id, act, after::text FROM audit_event WHERE act = 'roster.register' ORDER BY 2"
        ),
        "classes": rows("SELECT id, place, number, name FROM organisations_class ORDER BY 1"),
    }


def structure():
    """Every index and constraint of the pupils' tables."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = ANY(%s) ORDER BY 1", [list(bulk.TABLES)]
        )
        indexes = cursor.fetchall()
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = ANY(%s::regclass[])"
            " AND contype <> 'n' ORDER BY 1",
            [list(bulk.TABLES)],
        )
        return indexes, cursor.fetchall()


def test_every_pupil_has_one_open_enrolment_one_number_and_one_registration_and_is_counted(loaded):
    for table in ("students_student", "students_enrolment"):
        assert value(f"SELECT count(*) FROM {table}") == 1200
    assert value("SELECT count(*) FROM students_identifier WHERE scheme = 'S'") == 1200
    assert value("SELECT count(DISTINCT subject_id) FROM audit_event WHERE act = 'roster.register'") == 1200
    assert value("SELECT count(*) FROM students_student s WHERE NOT EXISTS (SELECT FROM students_familymember f"
                 " WHERE f.student_id = s.id AND f.is_guardian)") == 0  # fmt: skip
    counted = rows("SELECT class_of_id, count FROM students_headcount ORDER BY 1")
    assert counted == rows("SELECT class_of_id, count(*) FROM students_enrolment GROUP BY 1 ORDER BY 1")


def test_numbers_are_found_by_their_index_and_secrets_open_with_the_key(loaded, settings):
    ring = settings.XUEJI_KEY_RING
    for scheme, index, sealed in rows(
        "SELECT scheme, index, value FROM students_identifier WHERE scheme IN ('R', 'S')"
    ):
        number = ring.decrypt(sealed, associated("identifier", bytes(index)))
        assert ring.blind_index(scheme, number) == bytes(index)
        assert number[0] in ("GJ" if scheme == "S" else "1234568")
    student, private = rows("SELECT id, private FROM students_student ORDER BY id LIMIT 1")[0]
    address = json.loads(settings.XUEJI_KEY_RING.decrypt(private, associated("student", student)))
    assert address["present_address"].startswith("浙江省舟山市定海区")
    member = rows("SELECT ordinal, private FROM students_familymember WHERE student_id = %s", [student])[0]
    known = json.loads(settings.XUEJI_KEY_RING.decrypt(member[1], associated(f"family{member[0]}", student)))
    assert len(known["document_number"]) == 18


def test_every_pupil_was_registered_by_an_officer_of_the_authority_of_the_school(loaded):
    strangers = """SELECT count(*) FROM audit_event e WHERE act = 'roster.register' AND NOT EXISTS (
        SELECT FROM students_enrolment n JOIN organisations_organisation s ON s.place = n.place
        JOIN organisations_organisation a ON a.id = s.parent_id
        JOIN access_appointment p ON p.place = a.place AND p.role = 'officer' AND p.account_id = e.account_id
        WHERE n.student_id = e.subject_id AND a.place = e.office)"""
    assert value(strangers) == 0


def test_every_office_has_its_accounts_and_they_sign_in(loaded):
    unmanned = """SELECT count(*) FROM organisations_organisation o WHERE (
        SELECT count(*) FROM access_appointment p WHERE p.place = o.place) <> CASE o.level WHEN 'school' THEN 2 ELSE 3 END"""
    assert value(unmanned) == 0
    for account in loaded.accounts:
        assert authenticate(username=account["username"], password=account["password"]) is not None
        assert actor_named(account["username"], today=TODAY)


def test_work_waits_on_the_desks_and_a_roster_is_ready_to_try_out(empty, settings):
    loaded = load_nation(students=1200, seed=3, today=TODAY)
    states = {state for (state,) in rows("SELECT DISTINCT state FROM changes_rosterbatch")}
    assert states == {"with_leader", "with_authority"}
    assert value("SELECT count(*) FROM changes_rosterbatch WHERE due_on < %s", [TODAY]) > 0
    assert value("SELECT count(*) FROM changes_case WHERE closed_on IS NULL") > 0
    told = json.loads((settings.VAR / "demo.json").read_text(encoding="utf-8"))
    assert told["counts"]["pupils"] == 1200
    assert {"username", "password", "role", "office"} == set(told["accounts"][0])
    school = loaded.nation.counties[0].schools[0].identifier
    with national("commands") as using:
        found = rosters.check_file(
            loaded.roster.read_bytes(),
            file_name="x.xlsx",
            school=school_with_identifier(school, using),
            today=TODAY,
        )
    assert 20 < found.accepted.height < found.rows == 40


def test_changes_wait_at_schools_and_authorities_and_one_is_late(empty):
    nation = load_nation(students=20_000, seed=3, today=TODAY).nation
    turns = rows("SELECT place, party, due_on FROM status_turn WHERE ended_on IS NULL")
    assert {party for _place, party, _due in turns} >= {
        "receiving_school", "receiving_authority", "sending_school", "sending_authority", "authority",
    }  # fmt: skip
    assert any(due < TODAY for _place, _party, due in turns)
    assert value("SELECT count(*) FROM status_case WHERE state = 'completed'") >= 1
    assert value("SELECT count(*) FROM students_enrolment WHERE ended_on IS NULL") == nation.students


def test_new_rows_get_keys_that_the_load_has_not_used(loaded):
    with connections["owner"].cursor() as cursor:
        for table in ("organisations_organisation", "organisations_class", "access_account"):
            cursor.execute(f"SELECT max(id) FROM {table}")
            (last,) = cursor.fetchone()
            cursor.execute(f"SELECT nextval(pg_get_serial_sequence('{table}', 'id'))")
            assert cursor.fetchone()[0] > last


def test_several_processes_write_what_one_writes(empty, idle, monkeypatch):
    load_nation(students=1200, seed=3, today=TODAY)
    before, alone = structure(), fingerprint()
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "TRUNCATE organisations_school, organisations_organisation, access_account,"
            " audit_event, students_student, students_identifier, students_numberserial CASCADE"
        )
        cursor.execute("SELECT setval(pg_get_serial_sequence('organisations_organisation', 'id'), 1, false)")
    first = alone["classes"][0][0]
    assert first == 1
    monkeypatch.setattr(actions, "LARGE", 0)
    load_nation(students=1200, seed=3, today=TODAY, processes=2)
    together = fingerprint()
    for name in ("students", "identifiers", "family", "counts", "events", "classes"):
        assert together[name] == alone[name], name
    assert [row[:3] + row[4:] for row in together["enrolments"]] == [
        r[:3] + r[4:] for r in alone["enrolments"]
    ]
    assert structure() == before


def test_a_large_load_that_was_killed_is_set_right_by_the_next(empty, idle):
    before = structure()
    plan = plan_nation(1200, 3, 2026)
    with connections["owner"].cursor() as cursor:
        bulk.put_aside(cursor.connection, actions._note_of_bulk())
    everywhere = [places.place(code) for code in sorted(divisions.authority_codes())]
    keys = offices.keys_of(plan, offices.Start(0, 0, 0, 0, 0, 0, 0, 0), everywhere)
    with national("synthetic") as using:
        actions.write_county(plan.counties[0], keys[0], 3, 2026, using)
    assert structure() != before
    load_nation(students=1200, seed=3, today=TODAY)
    assert structure() == before
    assert value("SELECT count(*) FROM students_student") == 1200


def test_a_large_load_that_fails_leaves_the_registry_as_it_was(empty, idle, monkeypatch):
    before = structure()
    monkeypatch.setattr(actions, "LARGE", 0)

    def fail(*arguments, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(actions, "_write_offices", fail)
    with pytest.raises(KeyboardInterrupt):
        load_nation(students=1200, seed=3, today=TODAY, processes=1)
    assert structure() == before
    assert value("SELECT count(*) FROM students_student") == 0


def test_a_registry_with_schools_is_left_alone(db, settings, tmp_path):
    settings.VAR = tmp_path
    with pytest.raises(NotEmpty):
        load_nation(students=1200, seed=3, today=TODAY)
    assert value("SELECT count(*) FROM students_student") == 0


def test_a_registry_with_an_administrator_is_left_alone(empty):
    call_command("init", username="first")
    with pytest.raises(NotEmpty):
        load_nation(students=1200, seed=3, today=TODAY)


def test_production_gets_no_synthetic_data(empty, settings):
    settings.PRODUCTION = True
    with pytest.raises(NotInProduction):
        load_nation(students=1200, seed=3, today=TODAY)


def test_the_command_tells_what_was_written_and_who_may_sign_in(empty, idle, capsys):
    call_command("demo", students=1200, seed=3)
    told = capsys.readouterr().out
    assert "1,200  学生 pupils" in told
    assert "r2133900001" in told
    assert actions.PASSWORD in told
