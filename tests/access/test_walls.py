"""The two walls round every row: the declared policies, and what each level sees when the first wall is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import ProgrammingError, connections
from django.utils import timezone

from tests import factories
from tests.changes.admissions import child as admitted
from tests.changes.admissions import issued
from tests.disclosures import leaving
from tests.factories import PLACES, TODAY, actor, pupil, school
from tests.status.cases import (
    COUNTY_OF,
    HERE,
    OTHER_PROVINCE,
    approved,
    class_id,
    enrolled,
    filed,
    transferred,
)
from tests.status.leavers import older, proposed
from xueji.access.actions import invite, issue_api_token, once
from xueji.access.actions_misses import Looker, charge, lift
from xueji.access.actions_passwords import replace_password
from xueji.access.actions_sign_in import PASSWORD, attempt, began
from xueji.access.models import Account, Appointment, Unsealing
from xueji.access.policies import inside
from xueji.access.rules.misses import Counted, Way
from xueji.access.rules.permissions import PERMISSIONS, ROLE_NAMES, ROLES_AT, Level, Role, may
from xueji.access.scope import (
    EVERYWHERE,
    NATIONAL_ACTS,
    NOWHERE,
    NotOnTheList,
    Scope,
    ScopedManager,
    ScopeMissing,
    acting,
    current_scope,
    national,
)
from xueji.audit.sealing import COLUMNS as OF_BLOCK
from xueji.changes import jobs
from xueji.changes.actions import preschool, rosters
from xueji.changes.models import Case, Evidence, RosterBatch
from xueji.changes.rules.roster_steps import Act
from xueji.lib import uuid7
from xueji.organisations.actions import open_class, open_school, rename_school
from xueji.organisations.actions_packs import draft_pack
from xueji.organisations.models import School
from xueji.organisations.rules.school_kinds import Stage
from xueji.status.actions import class_requests, clocks, promotion, reorganisations, tracking
from xueji.status.actions.drafts import keep_draft
from xueji.status.models import Placement
from xueji.status.rules.reorganisation import Kind
from xueji.students import actions_canaries as canaries
from xueji.students import actions_emergency as emergencies
from xueji.students.models import Enrolment

pytestmark = pytest.mark.usefixtures("db")

NOBODY, EVERYBODY = "(false)", "(true)"
PLACE, DESK, OFFICE, OTHER = (
    inside("place"), inside("desk_place"), inside("office"), inside("other_place"),
)  # fmt: skip

# What the application role may read and write, table by table. A new table is a new row here.
OPEN = (EVERYBODY, EVERYBODY)  # needed before anybody is known to be who they are; nothing about pupils
REFERENCE = (EVERYBODY, PLACE)  # public or needed by every office; each writes its own
CLOSED = (EVERYBODY, NOBODY)  # the same for the whole nation
NATION = (NOBODY, NOBODY)  # counters of the nation
SCOPED = (PLACE, PLACE)
AT_THE_DESK = (f"({PLACE} OR {DESK})", f"({PLACE} OR {DESK})")
POLICIES: dict[str, tuple[str, str]] = {
    "access_account": REFERENCE,
    "access_appointment": REFERENCE,
    "access_alarm": SCOPED,
    "access_allowance": (PLACE, NOBODY),
    "access_apitoken": OPEN,
    "access_device": OPEN,
    "access_idempotencykey": OPEN,
    "access_oldpassword": SCOPED,
    "access_miss": (PLACE, NOBODY),
    "access_onetimelink": OPEN,
    "audit_block": CLOSED,
    "access_signin": OPEN,
    "access_throttle": OPEN,
    "access_trainingcertificate": REFERENCE,
    "access_unsealing": SCOPED,
    "account_emailaddress": CLOSED,
    "account_emailconfirmation": CLOSED,
    "audit_cosignature": OPEN,
    "audit_event": (f"({PLACE} OR {OFFICE})", OFFICE),
    "audit_listing": (NOBODY, EVERYBODY),
    "changes_admission": SCOPED,
    "changes_admissionfile": SCOPED,
    "changes_admissionfinding": SCOPED,
    "changes_admissionlist": REFERENCE,
    "changes_admittedchild": NATION,
    "audit_witness": CLOSED,
    "changes_case": AT_THE_DESK,
    "changes_caseparty": AT_THE_DESK,
    "changes_evidence": AT_THE_DESK,
    "changes_decision": (f"({PLACE} OR {OFFICE})", f"({PLACE} OR {OFFICE})"),
    "changes_preschoolrecord": SCOPED,
    "changes_rosterbatch": SCOPED,
    "changes_rosterclaim": SCOPED,
    "changes_rosterfile": SCOPED,
    "changes_rosterfinding": SCOPED,
    "changes_rosterprogress": SCOPED,
    "changes_rosterrow": SCOPED,
    "disclosures_approval": SCOPED,
    "disclosures_canary": SCOPED,
    "disclosures_clue": SCOPED,
    "disclosures_disclosure": SCOPED,
    "disclosures_export": SCOPED,
    "disclosures_sealedfile": SCOPED,
    "mfa_authenticator": OPEN,
    "organisations_calendarday": CLOSED,
    "organisations_calendaryear": CLOSED,
    "organisations_class": SCOPED,
    "organisations_division": CLOSED,
    "organisations_grade": SCOPED,
    "organisations_organisation": REFERENCE,
    "organisations_organisationname": REFERENCE,
    "organisations_placehistory": REFERENCE,
    "organisations_rulepackversion": REFERENCE,
    "organisations_school": REFERENCE,
    "organisations_schoolchange": REFERENCE,
    "organisations_schoolidentifier": REFERENCE,
    "organisations_schoolyear": CLOSED,
    "organisations_term": CLOSED,
    "status_campaign": CLOSED,
    "status_campaigngrade": SCOPED,
    "status_campaignschool": SCOPED,
    "status_attempt": NATION,
    "status_case": (f"(NOT is_discreet AND ({PLACE} OR {OTHER}))", f"({PLACE} OR {OTHER})"),
    "status_casepaper": (f"(NOT is_discreet AND {PLACE})", PLACE),
    "status_classmove": SCOPED,
    "status_classrequest": SCOPED,
    "status_decision": (f"(NOT is_discreet AND ({PLACE} OR {OFFICE}))", f"({PLACE} OR {OFFICE})"),
    "status_draft": SCOPED,
    "status_effect": (f"(NOT is_discreet AND {PLACE})", PLACE),
    "status_graduation": SCOPED,
    "status_graduationpupil": SCOPED,
    "status_mark": SCOPED,
    "status_notice": SCOPED,
    "status_paper": (f"(NOT is_discreet AND ({PLACE} OR {OFFICE}))", f"({PLACE} OR {OFFICE})"),
    "status_placement": NATION,
    "status_reorganisation": SCOPED,
    "status_reorganisedclass": SCOPED,
    "status_sealedcopy": SCOPED,
    "status_tracking": NATION,
    "status_turn": (f"(NOT is_discreet AND {PLACE})", PLACE),
    "students_canary": (PLACE, NOBODY),
    "students_emergencyaccess": AT_THE_DESK,
    "students_enrolment": SCOPED,
    "students_familymember": SCOPED,
    "students_headcount": SCOPED,
    "students_identifier": SCOPED,
    "students_numberserial": NATION,
    "students_student": SCOPED,
}
# A row is somebody's by these columns.
COLUMNS = (("place", PLACE), ("desk_place", DESK), ("office", OFFICE), ("other_place", OTHER))
APPEND_ONLY = {
    "audit_block",
    "audit_cosignature",
    "audit_event",
    "audit_listing",
    "changes_decision",
    "status_decision",
}
OF_PROVINCES = {"organisations_rulepackversion"}  # no county has rows of its own

# Tables that come with a library and are guarded as our own.
OF_LIBRARIES = {"account_emailaddress", "account_emailconfirmation", "mfa_authenticator"}

STAY_EMPTY = {"account_emailaddress", "account_emailconfirmation"}

# Tables without row policies, each with its reason.
WITHOUT_POLICIES = {
    "django_migrations": "the state of the schema",
    "django_content_type": "names of models",
    "django_session": "opened by a secret key before anybody is known; holds no row about a pupil",
    "auth_group": "comes with the framework and stays empty",
    "auth_group_permissions": "comes with the framework and stays empty",
    "auth_permission": "comes with the framework; rights lie in access.rules.permissions",
    "procrastinate_events": "jobs hold ids only",
    "procrastinate_jobs": "jobs hold ids only",
    "procrastinate_periodic_defers": "jobs hold ids only",
    "procrastinate_workers": "jobs hold ids only",
}

# Tables with a place whose `objects` is not scoped, each with its reason.
UNSCOPED = {
    "access_trainingcertificate": "whether a registrar may act is asked before there is a scope",
    "access_account": "signing in looks for an account before there is a scope",
    "access_appointment": "signing in looks for an appointment before there is a scope",
    "audit_event": "the room of history lies below that of access; read through the policies",
    "organisations_organisation": "names and places of offices are public",
    "organisations_organisationname": "names of schools are public",
    "organisations_placehistory": "old places resolve for ever, for everybody",
    "organisations_rulepackversion": "the rules of every province are public",
    "organisations_school": "schools are public",
    "organisations_schoolchange": "openings and mergers are public",
    "organisations_schoolidentifier": "identifiers of schools are public",
}

ABROAD = 990_000_000_000
# One account per level, and the school that is listed apart.
WATCHERS = ("o000000", "o330000", "o510000", "o330900", "o330902", "o330903", "r2133000001", "o990000")


def approve(batch: RosterBatch, *usernames: str) -> None:
    for username in usernames:
        rosters.decide(batch.id, act=Act.APPROVE, by=actor(username), today=TODAY)


def enrol(values: dict[str, str], identifier: str, *desks: str) -> RosterBatch:
    batch, found = rosters.enrol_one(
        values, school=school(identifier), by=actor(f"r{identifier}"), today=TODAY, door="form"
    )
    assert batch is not None, found.checked.findings.rows()
    approve(batch, *desks)
    return batch


def school_abroad() -> School:
    """Open a school in the range that is listed apart, as its own authority does."""
    for username, place, role in (("o990000", ABROAD, "officer"), ("r2199000001", ABROAD + 1, "registrar")):
        factories.account(username, place, role)
    for username, role in (("l2199000001", "leader"),):
        factories.account(username, ABROAD + 1, role)
    by = actor("o990000")
    with acting(by.scope):
        opened = open_school(
            name="合成境外学校",
            identifier="2199000001",
            division="990000",
            kind="211",
            founder="811",
            urban_rural="111",
            by=by,
            today=TODAY,
        )
        rename_school(opened, name="合成境外第一学校", by=by, today=TODAY)
    registrar = actor("r2199000001")
    with acting(registrar.scope):
        open_class(
            opened,
            stage=Stage.PRIMARY,
            entry_year=2026,
            number="2026101",
            name="1班",
            school_year=2026,
            by=registrar,
            today=TODAY,
        )
    return opened


def fill() -> None:
    """Leave rows in every table, of two provinces and of the range that is listed apart, by the real actions."""
    school_abroad()
    for identifier, leader, officer, serial in (
        ("2133000001", "l2133000001", "o330902", 0),
        ("2151000001", "l2151000001", "o510104", 10),
        ("2199000001", "l2199000001", "o990000", 20),
    ):
        enrol(pupil(serial), identifier, leader, officer)
        # Without a number: a provisional one is drawn; unusually old: a warning is kept.
        nameless = pupil(serial + 1, document_type="Z", document_number=None, birth_on="20140901", sex="男")
        enrol(nameless, identifier, leader, officer)
        waiting = enrol(pupil(serial + 2), identifier)
        jobs.reporter(waiting.id, waiting.place)("check", 1, 1)
        rosters.receive(
            f"{identifier}".encode(), file_name="a.csv", school=school(identifier), by=actor(f"r{identifier}")
        )
    # The number of a pupil of the other province under another name: a problem record of both.
    for identifier, serial in (("2151000001", 0), ("2133000001", 10)):
        enrol(pupil(serial, name="合成异名"), identifier)
    with national("problems") as using:
        for case in Case.everywhere.using(using).all():
            Evidence.everywhere.using(using).create(
                id=uuid7.new(),
                place=case.place,
                case=case,
                desk_place=case.desk_place,
                kind="statement",
                file_name="合成.pdf",
                media_type="application/pdf",
                sha256="0" * 64,
                content=b"synthetic",
                filed_by=actor("r2133000001").account_id,
            )
    fill_status()
    fill_admissions()
    fill_disclosures()
    for username in ("o330902", "o510104"):
        by = actor(username)
        invite(Account.objects.get(pk=by.account_id), now=timezone.now())
        person, now = Account.objects.get(pk=by.account_id), timezone.now()
        replace_password(person, "山外青山楼外楼，西湖歌舞几时休", now=now)
        with acting(NOWHERE):
            attempt(username, "", what=PASSWORD, now=now)
            began(
                person,
                session_key=f"合成{username}",
                token=username,
                device_name="Chrome",
                proof="password",
                now=now,
                today=TODAY,
            )
            Unsealing.everywhere.using("owner").create(
                account=person, place=person.place, reason="合成", asked_by=1, asked_office=0, asked_on=TODAY
            )
            Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={"secret": "合成"})
        with acting(by.scope):
            issue_api_token(Appointment.objects.get(pk=by.appointment_id), name="合成", now=timezone.now())
            once("key", by=by, request=b"1", act=lambda: (200, {}))
            at_home = School.objects.filter(place__gte=by.scope.lo, place__lt=by.scope.hi).first()
            assert at_home is not None
            rename_school(at_home, name=f"{at_home.organisation.name}（合成）", by=by, today=TODAY)
    by = actor("a330000")
    with acting(by.scope):
        draft_pack(by=by, today=TODAY)
    fill_misses()
    fill_emergencies()
    with connections["national"].cursor() as cursor:
        cursor.execute("INSERT INTO audit_listing SELECT id, id FROM students_student")
        cursor.execute("INSERT INTO audit_witness VALUES ('合成', 1, '', now())")
        # As sealed by somebody: when a real seal comes depends on what else runs on the server.
        cursor.execute(
            f"INSERT INTO audit_block ({OF_BLOCK}) VALUES (1, 1, 1, 1, 1, '', '', now(), 1, 1, '', '')"
        )
        cursor.execute(
            "INSERT INTO audit_cosignature (block, witness, signature, at) VALUES (1, '合成', '', now())"
        )


def fill_misses() -> None:
    """Leave a look-up in vain, an allowance, an alarm and a canary of both provinces."""
    for county in (330902, 510104):
        place = county * 1_000_000
        factories.account(f"w{county}", place, "security")
        factories.account(f"w{county // 10000 * 10000}", county // 10000 * 10000 * 1_000_000, "security")
        whose = Looker(actor(f"o{county}").account_id, place)
        keeper = actor(f"w{county}")
        with acting(keeper.scope):
            (canary,) = canaries.draw(1, note="合成", by=keeper, today=TODAY)
        canaries.listen([bytes(canary.index)], way=Way.NUMBER, whose=whose, day=TODAY)
        with national("misses") as using:
            charge(Way.NUMBER, [bytes(canary.index)], whose=whose, day=TODAY, using=using)
        above = actor(f"w{county // 10000 * 10000}")
        with acting(above.scope):
            lift(Way.NUMBER, Counted.COUNTY, place, place=place, reason="合成", by=above, today=TODAY)


def fill_emergencies() -> None:
    """Leave a request for emergency access of both provinces: each asks for a pupil of the other."""
    for county, serial in ((330902, 10), (510104, 0)):
        by, values = actor(f"o{county}"), pupil(serial)
        with acting(by.scope):
            emergencies.ask(
                number=values["document_number"], name=values["name"], kind="found", reason="合成：走失儿童",
                by=by, above=county // 10000 * 10000 * 1_000_000, now=timezone.now(),
            )  # fmt: skip


def fill_admissions() -> None:
    """Issue a list with a fault in it, and import a kindergarten record, in both provinces."""
    for at, (identifier, county) in enumerate((("2133000001", "330902"), ("2151000001", "510104"))):
        rows = [admitted(1200 + at, identifier), admitted(1202, identifier, document_number="1")]
        issued(rows, by=f"o{county}")
        record = pupil(44 + at) | {"kindergarten": "合成幼儿园"}
        preschool.import_records(
            preschool.from_values([record]), file_name="合成.csv", by=actor(f"o{county}"), today=TODAY
        )


def fill_disclosures() -> None:
    """Let a file of each of two provinces leave."""
    for county in ("330902", "510104"):
        leaving.colleagues(county)
        leaving.made(leaving.in_force(by_county=county))


def fill_status() -> None:
    """Leave rows of status business of two provinces: a pupil of each moves to the other, and is suspended there."""
    for at, to, serial, name in (
        (HERE, OTHER_PROVINCE, 30, "合成迁甲"),
        (OTHER_PROVINCE, HERE, 40, "合成迁乙"),
    ):
        student = enrolled(name, serial, at=at)
        transferred(student, to=to, sender=at)
        terms = {"reason": "10", "since": "2026-09-10", "until": "2027-06-30"}
        rest = filed("suspension", student, terms, by=f"r{to}")
        approved(rest.id, f"l{to}", COUNTY_OF[to])
        filed("resumption", student, {"class_id": class_id(to)}, by=f"r{to}")
        by = actor(f"r{to}")
        with acting(by.scope):
            keep_draft("transfer", {"reason": "other"}, by=by, today=TODAY)
        with national("status") as using:
            Placement.everywhere.using(using).create(
                student_id=student,
                id=uuid7.new(),
                place=by.place,
                school_place=by.place,
                since=TODAY,
            )
    for school_there in (HERE, OTHER_PROVINCE):
        class_proposed(at=school_there)
        older(at=school_there)
        proposed(at=school_there)
        # Begun by the county of each, into itself: a plan with its classes, which nobody decides.
        into = reorganisations.Said(Kind.MERGE, [PLACES[school_there]], [PLACES[school_there]], TODAY)
        reorganisations.begin(into, by=actor(COUNTY_OF[school_there]), today=TODAY)
    tracking.look_up("A" * 20, address="192.0.2.1", now=timezone.now())
    clocks.remind(today=TODAY + timedelta(days=40))
    promotion.plan(area=0, school_year=2027, by=actor("o000000"), today=TODAY)


def class_proposed(*, at: str) -> None:
    """Propose that a pupil of a school changes class."""
    student = enrolled("合成调甲" if at == HERE else "合成调乙", 1700 + PLACES[at] // 10**10, at=at)
    by = actor(f"r{at}")
    with acting(by.scope):
        enrolment = Enrolment.objects.select_related("class_of").get(student_id=student)
        class_requests.propose(enrolment.class_of.grade_id, {student: "2026103"}, by=by, today=TODAY)


# What is declared.


def tables() -> set[str]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'f', 'm', 'v')"
            " AND relnamespace = 'public'::regnamespace"
        )
        return {table for (table,) in cursor.fetchall()}


def test_every_table_has_a_declared_policy_or_a_reason_for_having_none() -> None:
    assert tables() == set(POLICIES) | set(WITHOUT_POLICIES)


def test_every_model_of_every_room_has_a_declared_policy() -> None:
    ours = {m._meta.db_table for m in apps.get_models() if m.__module__.startswith("xueji.")}
    assert ours == set(POLICIES) - OF_LIBRARIES


@pytest.mark.parametrize("table", sorted(POLICIES))
def test_row_security_is_enabled_and_forced(table: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s", [table])
        assert cursor.fetchone() == (True, True)


def plain(condition: str | None) -> str:
    """Return a condition as the catalogue and as our declaration would both write it."""
    text = (condition or "").replace("::text", "")
    return "".join(sign for sign in text if sign not in "() \n")


@pytest.mark.parametrize("table", sorted(POLICIES))
def test_the_policies_of_the_application_role_are_as_declared(table: str) -> None:
    read, write = (plain(condition) for condition in POLICIES[table])
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT cmd, permissive, qual, with_check FROM pg_policies"
            " WHERE tablename = %s AND (roles && ARRAY['xueji_app', 'public']::name[])",
            [table],
        )
        found = {cmd: (permissive, plain(q), plain(c)) for cmd, permissive, q, c in cursor.fetchall()}
    assert found == {
        "SELECT": ("PERMISSIVE", read, ""),
        "INSERT": ("PERMISSIVE", "", write),
        "UPDATE": ("PERMISSIVE", write, write),
        "DELETE": ("PERMISSIVE", write, ""),
    }


def test_every_table_with_a_place_is_scoped_or_has_a_reason_not_to_be() -> None:
    with_place = {
        m
        for m in apps.get_models()
        if m.__module__.startswith("xueji.") and any(f.name == "place" for f in m._meta.local_fields)
    }
    unscoped = {m._meta.db_table for m in with_place if not isinstance(m._default_manager, ScopedManager)}
    assert unscoped == set(UNSCOPED)


@pytest.mark.parametrize("role", ["xueji_app", "xueji_national"])
def test_a_working_role_owns_nothing_and_has_no_more_than_four_privileges(role: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = %s::regrole", [role])
        assert cursor.fetchone() == (0,)
        cursor.execute("SELECT count(*) FROM pg_proc WHERE proowner = %s::regrole", [role])
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT DISTINCT privilege_type FROM information_schema.table_privileges"
            " WHERE grantee IN (%s, 'PUBLIC') AND table_schema = 'public'",
            [role],
        )
        assert {p for (p,) in cursor.fetchall()} == {"SELECT", "INSERT", "UPDATE", "DELETE"}
        cursor.execute(
            "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = %s",
            [role],
        )
        assert cursor.fetchone() == (0,)


def test_no_function_runs_with_the_rights_of_somebody_else() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize("alias", ["default", "national"])
@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_history_can_be_appended_and_never_changed(alias: str, table: str, statement: str) -> None:
    column = {"audit_block": "number", "audit_cosignature": "block", "audit_listing": "list_id"}.get(
        table, "act"
    )
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        acting(Scope(*EVERYWHERE), using=alias),
        connections[alias].cursor() as cursor,
    ):
        cursor.execute(statement.format(table, column, column))


# A scope that is missing is an error.


def test_the_first_wall_refuses_to_answer_without_a_scope() -> None:
    with pytest.raises(ScopeMissing):
        current_scope()
    for model in apps.get_models():
        if isinstance(model._default_manager, ScopedManager):
            with pytest.raises(ScopeMissing):
                model.objects.count()


def test_only_the_acts_on_the_short_list_see_the_nation() -> None:
    with pytest.raises(NotOnTheList), national("students.list"):
        pass
    assert all(reason for reason in NATIONAL_ACTS.values())


# Who may do what.


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda p: p.act)
def test_each_act_has_holders_and_each_holder_a_role_that_exists_at_its_level(permission: Any) -> None:
    assert permission.zh
    assert permission.en
    assert permission.holders
    for role, level in permission.holders:
        assert role in ROLES_AT[level]
        assert may(role, level, permission.act)


def test_every_act_is_named_once() -> None:
    assert len({permission.act for permission in PERMISSIONS}) == len(PERMISSIONS)


def test_nobody_holds_what_the_table_does_not_give() -> None:
    assert not may(Role.REGISTRAR, Level.SCHOOL, "roster.decide_at_school")
    assert not may(Role.OFFICER, Level.MINISTRY, "roster.decide_at_authority")
    for role in Role:
        assert role in ROLE_NAMES
        assert any(role in roles for roles in ROLES_AT.values())


def test_an_act_nobody_knows_is_an_error_and_not_a_no() -> None:
    with pytest.raises(KeyError):
        may(Role.OFFICER, Level.COUNTY, "students.sell")
    with pytest.raises(KeyError):
        actor("o330902").require("students.sell")
