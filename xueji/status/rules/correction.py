"""更正 Correction of a mistake, or of what became otherwise, in what is no key data: inside the school, by two persons.

Source: 《中小学生学籍管理办法》 (2025) art. 12-13 (data kept current, corrections on proof); the practice that
everything but key data is kept up by the school itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from xueji.changes.rules.roster_columns import BY_KEY
from xueji.changes.rules.roster_columns import Field as Column
from xueji.organisations.rules.pack_codes import KEY_FIELDS
from xueji.status.rules import typed_values
from xueji.status.rules.common import must_be_enrolled
from xueji.status.rules.enrolments import altered
from xueji.status.rules.facts import Facts
from xueji.status.rules.key_data import KEY_FIELD_OF
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, Payload, Weight
from xueji.status.rules.needs import Needs, Particular
from xueji.status.rules.plans import Plan, Table, Write, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Desk, Party, route
from xueji.students.rules.code_lists import ENTRY_MODES_OF_STAGE

# Columns of the roster that a school corrects by itself, in the order of the form. What belongs to key data, to a class,
# or to another kind of change (special education) is not among them.
KEYS: Final = (
    "study_mode", "entry_mode", "entered_on", "source", "seat_number",
    "ethnicity", "nationality", "overseas", "household_division", "household_nature",
    "present_address", "mail_address", "home_address", "phone", "postcode", "email", "former_name",
    "member1_phone", "member1_address", "member1_employer", "member1_position",
    "member2_phone", "member2_address", "member2_employer", "member2_position",
    "health", "political", "birth_division", "native_place", "only_child", "preschool", "left_behind",
    "needs_aid", "boarder_aid", "orphan", "martyr_family", "migrant_worker_child", "distance_km", "transport",
    "needs_bus", "blood", "talent", "purchased_place",
)  # fmt: skip
ENCRYPTED: Final = {"private": "student", "member1": "family1", "member2": "family2"}


def _field(column: Column) -> Field:
    made = column.column
    kind = Input.DAY if column.kind == "month" else Input.CODE if column.code_list is not None else Input.TEXT
    return Field(
        made.key,
        made.header_zh,
        made.header_en,
        kind,
        column.code_list,
        is_required=False,
        help_zh=made.note_zh,
        help_en=made.note_en,
        is_private=column.where in ENCRYPTED,
    )


def where(key: str) -> str:
    """Return which record keeps a field: student, details, enrolment, private, member1, member2."""
    return BY_KEY[key].where


def stated(facts: Facts, payload: Payload) -> dict[str, Any]:
    """Return what would become otherwise, by field. What is kept encrypted counts as stated; it is compared when made ready."""
    changed: dict[str, Any] = {}
    for key in KEYS:
        value: Any = payload.get(key)
        if value in (None, ""):
            continue
        match where(key):
            case "student":
                if value != getattr(facts, key):
                    changed[key] = value
            case "details":
                if value != facts.details.get(key):
                    changed[key] = value
            case "enrolment":
                if key == "entered_on" and isinstance(value, str):
                    value = date.fromisoformat(value)
                if value != getattr(facts.enrolment, key):
                    changed[key] = value
            case _:
                changed[key] = value
    return changed


def needs(facts: Facts, payload: Payload) -> Needs:
    return Needs(
        particulars=tuple(
            Particular(ENCRYPTED[where(key)], _key_inside(key), str(value))
            for key, value in stated(facts, payload).items()
            if where(key) in ENCRYPTED
        )
    )


def _key_inside(key: str) -> str:
    """Return how a record names a field: without the member it is about."""
    return key.removeprefix("member1_").removeprefix("member2_")


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*must_be_enrolled(facts), *_of_data(facts, payload))


def _of_data(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    changed, here = stated(facts, payload), Party.SCHOOL
    if not changed:
        yield Obstacle("nothing-changes", Weight.STOPS, here, "没有填写与现有记录不同的内容，请填写要更正的项目。", "Nothing is stated that differs from the record; fill in what is to be corrected.", "", KEYS[0])  # fmt: skip
        return
    for key in changed:
        code = KEY_FIELD_OF.get(key, "")
        if code in facts.pack.key_fields:
            label = KEY_FIELDS.by_code[code]
            yield Obstacle(
                "key-field", Weight.STOPS, here,
                f"在本省，{label.zh}属于关键数据，请办理关键数据变更。",
                f"{label.en} is key data in your province; file a change of key data.", facts.pack.source, key,
            )  # fmt: skip
        record = ENCRYPTED.get(where(key), "")
        if record and record not in facts.ready.sealed:
            yield Obstacle(
                "no-member", Weight.STOPS, here,
                "记录中没有这名家庭成员，请核对所填的项目。",
                "There is no such member of the family on record; check which fields you filled in.", "", key,
            )  # fmt: skip
    entered = changed.get("entered_on")
    if entered is not None and entered > facts.today:
        yield Obstacle("future", Weight.STOPS, here, "入学日期不能晚于今天。", "The day of entry cannot lie in the future.", "", "entered_on")  # fmt: skip
    mode = changed.get("entry_mode")
    if mode is not None and mode not in ENTRY_MODES_OF_STAGE.get(facts.enrolment.stage, ()):
        yield Obstacle("entry-mode", Weight.STOPS, here, "该入学方式不适用于本学段，请重新选择。", "This way of entry does not belong to the stage; choose another one.", "", "entry_mode")  # fmt: skip
    values = {key: str(value) for key, value in changed.items() if key != "entered_on"}
    yield from typed_values.faults(values, of=values.keys(), today=facts.today)


def effect(facts: Facts, payload: Payload) -> Plan:
    changed = stated(facts, payload)
    of_student = {key: value for key, value in changed.items() if where(key) == "student"}
    details = {key: value for key, value in changed.items() if where(key) == "details"}
    period = {key: value for key, value in changed.items() if where(key) == "enrolment"}
    before: dict[str, Any] = {key: getattr(facts, key) for key in of_student}
    after: dict[str, Any] = dict(of_student)
    if details:
        before["details"], after["details"] = dict(facts.details), {**facts.details, **details}
    writes = []
    for sealed in facts.ready.sealed.values():
        if sealed.record == "student":
            before["private"], after["private"] = sealed.before, sealed.after
        else:
            key = {"student_id": facts.student_id, "ordinal": int(sealed.record.removeprefix("family"))}
            writes.append(Write(Table.FAMILY, key, {"private": sealed.before}, {"private": sealed.after}))
    if after:
        writes.insert(0, Write(Table.STUDENT, {"id": facts.student_id}, before, after))
    if period:
        writes.append(altered(facts, **period))
    return plan(writes)


def desks(facts: Facts, payload: Payload) -> tuple[Desk, ...]:
    """Return the leader of the school: the registrar files, a second person decides, no authority is asked."""
    return route([Desk(Party.SCHOOL, facts.school.place)])


KIND: Final = Kind(
    code="correction",
    zh="信息更正",
    en="Correction",
    source="《中小学生学籍管理办法》（2025）第十二、十三条；非关键数据由学校维护",
    change_code="",
    fields=(
        *(_field(BY_KEY[key]) for key in KEYS),
        Field("note", "更正说明", "Note", is_required=False),
    ),
    desks=desks,
    needs=needs,
    obstacles=obstacles,
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"key_data", "class_change", "placement", "placement_return"}),
)
