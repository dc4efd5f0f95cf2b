"""Where every table lies when one database machine is outgrown: one row per table.

A table is `REFERENCE` (small or read everywhere: whole on every node), `LOCAL` (of one
process or the coordinator alone), or distributed by a column. Tables of one group lie
together: what belongs to one person is in one shard group, so that no truth about a pupil
spans two. Order matters: a table stands below those that its foreign keys name.

What follows for the schema, and is tested: unique constraints of a distributed table
include its column, and its foreign keys stay inside the group or go to reference tables.
`xueji distribute` applies the table to a coordinator with Citus.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    REFERENCE = "reference"
    LOCAL = "local"
    DISTRIBUTED = "distributed"


class Group(StrEnum):
    """Tables that lie together: equal values of their columns are on one node."""

    STUDENT = "student"
    NUMBER = "number"
    BATCH = "batch"
    CLASS = "class"
    ACCOUNT = "account"
    CODE = "code"
    DRAFT = "draft"
    CLUE = "clue"


@dataclass(frozen=True)
class Placement:
    table: str
    kind: Kind
    column: str = ""
    group: Group | None = None


def _all(kind: Kind, *tables: str) -> tuple[Placement, ...]:
    return tuple(Placement(table, kind) for table in tables)


def _by(group: Group, **columns: str) -> tuple[Placement, ...]:
    return tuple(Placement(table, Kind.DISTRIBUTED, column, group) for table, column in columns.items())


PLACEMENTS: Final[tuple[Placement, ...]] = (
    *_all(
        Kind.REFERENCE,
        "organisations_division",
        "organisations_schoolyear",
        "organisations_term",
        "organisations_calendaryear",
        "organisations_calendarday",
        "organisations_organisation",
        "organisations_school",
        "organisations_organisationname",
        "organisations_schoolidentifier",
        "organisations_placehistory",
        "organisations_schoolchange",
        "organisations_grade",
        "organisations_class",
        "access_account",
        "access_appointment",
        "organisations_rulepackversion",
        "access_onetimelink",
        "access_apitoken",
        "access_oldpassword",
        "access_unsealing",
        "access_trainingcertificate",
        "access_alarm",
        "students_canary",
        "students_emergencyaccess",
        "access_device",
        "access_signin",
        "mfa_authenticator",
        "account_emailaddress",
        "account_emailconfirmation",
        # Few a school and year; unique by school and file, which no shard of batches could see.
        "changes_rosterbatch",
        # Few an authority and year; its rows name it.
        "changes_admissionlist",
        # A row a year and area; its schools name it.
        "status_campaign",
        "status_graduation",
        "status_classrequest",
        # Few a county and year; a school's page asks by school, whoever prepared it.
        "status_reorganisation",
        "status_reorganisedclass",
        # Few an office and year; the files that leave name it.
        "disclosures_approval",
        "disclosures_export",
        # A row a file that left; its invented pupils name it.
        "disclosures_disclosure",
        "disclosures_canary",
    ),
    # What belongs to a person. A case lies by its own id, because it may come before the
    # person does; events and decisions lie by what they are about.
    *_by(
        Group.STUDENT,
        students_student="id",
        students_familymember="student_id",
        students_enrolment="student_id",
        audit_event="subject_id",
        audit_listing="student_id",
        changes_case="id",
        changes_caseparty="case_id",
        changes_evidence="case_id",
        changes_decision="subject_id",
        status_case="student_id",
        status_turn="student_id",
        status_decision="student_id",
        status_effect="student_id",
        status_mark="student_id",
        status_placement="student_id",
        status_paper="student_id",
        status_casepaper="student_id",
        status_sealedcopy="student_id",
        status_notice="case_id",
        status_graduationpupil="student_id",
        status_classmove="student_id",
    ),
    # One number is one row of the nation: the key alone decides where it lies.
    *_by(
        Group.NUMBER,
        students_identifier="index",
        changes_rosterclaim="index",
        changes_admission="index",
        changes_admittedchild="index",
        changes_preschoolrecord="index",
    ),
    *_by(
        Group.BATCH,
        changes_rosterrow="batch_id",
        changes_rosterfile="batch_id",
        changes_rosterfinding="batch_id",
        changes_rosterprogress="batch_id",
        changes_admissionfile="list_id",
        changes_admissionfinding="list_id",
        disclosures_sealedfile="export_id",
        status_campaignschool="campaign_id",
        status_campaigngrade="campaign_id",
    ),
    *_by(Group.CLASS, students_headcount="class_of_id"),
    *_by(Group.CODE, status_tracking="code_index"),
    *_by(Group.DRAFT, status_draft="id"),
    # Found by the hash of what a row says, whoever's file it stood in.
    *_by(Group.CLUE, disclosures_clue="tag"),
    *_by(Group.ACCOUNT, access_idempotencykey="account_id"),
    # Counters, sessions and jobs live by locks of one machine.
    *_all(
        Kind.LOCAL,
        "students_numberserial",
        "status_attempt",
        # Budgets of a day, counted on one machine.
        "access_miss",
        "access_allowance",
        # One chain, continued by one worker.
        "audit_block",
        "audit_witness",
        "audit_cosignature",
        "django_migrations",
        "django_content_type",
        "django_session",
        "access_throttle",
        "auth_permission",
        "auth_group",
        "auth_group_permissions",
        "procrastinate_workers",
        "procrastinate_jobs",
        "procrastinate_events",
        "procrastinate_periodic_defers",
    ),
)


def statements(placed: Collection[str] = ()) -> list[str]:
    """Return the SQL that places every table, in order; tables in `placed` are there already."""
    sql = []
    anchors: dict[Group, str] = {}
    for row in PLACEMENTS:
        together = "none"
        if row.group is not None:
            together = anchors.setdefault(row.group, row.table)
            together = "none" if together == row.table else together
        if row.table in placed:
            continue
        if row.kind is Kind.REFERENCE:
            sql.append(f"SELECT create_reference_table('{row.table}')")
        elif row.kind is Kind.DISTRIBUTED:
            sql.append(
                f"SELECT create_distributed_table('{row.table}', '{row.column}', colocate_with => '{together}')"
            )
    return sql
