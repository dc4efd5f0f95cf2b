"""更正 Correction of a mistake, or of what became otherwise, in what is no key data: inside the school, by two persons.

Source: 《中小学生学籍管理办法》 (2025) art. 12-13 (data kept current, corrections on proof); the practice that
everything but key data is kept up by the school itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
    "member1_name", "member1_relation", "member1_is_guardian",
    "member1_phone", "member1_address", "member1_employer", "member1_position",
    "member2_name", "member2_relation", "member2_is_guardian",
    "member2_phone", "member2_address", "member2_employer", "member2_position",
    "health", "political", "birth_division", "native_place", "only_child", "preschool", "left_behind",
    "needs_aid", "boarder_aid", "orphan", "martyr_family", "migrant_worker_child", "distance_km", "transport",
    "needs_bus", "blood", "talent", "purchased_place",
)  # fmt: skip
# What a member of the family is known by, and what makes a new one: kept in the clear.
OF_MEMBER: Final = ("name", "relation", "is_guardian")
EMPTIES: Final = "empties"
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


def may_be_empty(key: str) -> bool:
    """Return whether a pupil may be without a value: what a roster demands cannot be taken out."""
    column = BY_KEY[key]
    if column.where == "enrolment":
        return key in ("source", "seat_number")
    return column.where != "student" and not column.column.required and not _is_of_member(key)


def _is_of_member(key: str) -> bool:
    return where(key) in MEMBERS and _key_inside(key) in OF_MEMBER


MEMBERS: Final = {"member1": 1, "member2": 2}
# Items as people call them: by the head of their column, in both languages, or by the key.
NAMED: Final = {
    name.lower(): key
    for key in KEYS
    for name in (key, BY_KEY[key].column.header_zh, BY_KEY[key].column.header_en)
}


def emptied(payload: Payload) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields that are to be emptied, and the words that name none or one that cannot be."""
    words = [one.strip() for one in re.split(r"[、，,；;]", str(payload.get(EMPTIES) or "")) if one.strip()]
    keys = [NAMED.get(one.lower(), "") for one in words]
    good = tuple(key for key in keys if key and may_be_empty(key))
    return good, tuple(one for one, key in zip(words, keys, strict=True) if not key or not may_be_empty(key))


def stated(facts: Facts, payload: Payload) -> dict[str, Any]:
    """Return what would become otherwise, by field; empty for what is taken out.

    What is kept encrypted counts as stated; it is compared when made ready.
    """
    changed: dict[str, Any] = {}
    said = {key: value for key in KEYS if (value := payload.get(key)) not in (None, "")}
    for key, value in {**said, **dict.fromkeys(emptied(payload)[0], "")}.items():
        if value != _kept(facts, key, value):
            changed[key] = _typed(key, value)
    return changed


def _typed(key: str, value: Any) -> Any:
    return date.fromisoformat(value) if key == "entered_on" and isinstance(value, str) else value


def _kept(facts: Facts, key: str, value: Any) -> Any:
    """Return the value on record in the form of a stated one; for what is encrypted, something that is never stated."""
    match where(key):
        case "student":
            return getattr(facts, key)
        case "details":
            return facts.details.get(key, "")
        case "enrolment":
            kept = getattr(facts.enrolment, key)
            return kept.isoformat() if isinstance(kept, date) else kept
        case member if _is_of_member(key):
            known = facts.ready.members.get(MEMBERS[member])
            found = getattr(known, _key_inside(key)) if known else None
            return ("1" if found else "0") if isinstance(found, bool) else found
        case _:
            return None


def needs(facts: Facts, payload: Payload) -> Needs:
    changed = stated(facts, payload)
    return Needs(
        particulars=tuple(
            Particular(ENCRYPTED[where(key)], _key_inside(key), str(value))
            for key, value in changed.items()
            if where(key) in ENCRYPTED and not _is_of_member(key)
        ),
        family=any(where(key) in MEMBERS for key in changed),
    )


def _key_inside(key: str) -> str:
    """Return how a record names a field: without the member it is about."""
    return key.removeprefix("member1_").removeprefix("member2_")


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*must_be_enrolled(facts), *_of_data(facts, payload))


def _of_data(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    changed, here = stated(facts, payload), Party.SCHOOL
    for word in emptied(payload)[1]:
        yield Obstacle("cannot-be-emptied", Weight.STOPS, here, f"“{word}”不能清空，或没有这个项目；请填写名册列名，用顿号分开。", f"“{word}” cannot be emptied, or is no item; name columns of the roster, with commas between.", "", EMPTIES)  # fmt: skip
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
    for member, ordinal in MEMBERS.items():
        of_it = [key for key in changed if where(key) == member]
        is_named = all(changed.get(f"{member}_{part}") for part in ("name", "relation"))
        if of_it and ordinal not in facts.ready.members and not is_named:
            yield Obstacle(
                "no-member", Weight.STOPS, here,
                "记录中没有这名家庭成员；要增加的，请同时填写姓名和关系。",
                "There is no such member of the family on record; to add one, give name and relation as well.", "", of_it[0],
            )  # fmt: skip
    entered = changed.get("entered_on")
    if entered is not None and entered > facts.today:
        yield Obstacle("future", Weight.STOPS, here, "入学日期不能晚于今天。", "The day of entry cannot lie in the future.", "", "entered_on")  # fmt: skip
    mode = changed.get("entry_mode")
    if mode is not None and mode not in ENTRY_MODES_OF_STAGE.get(facts.enrolment.stage, ()):
        yield Obstacle("entry-mode", Weight.STOPS, here, "该入学方式不适用于本学段，请重新选择。", "This way of entry does not belong to the stage; choose another one.", "", "entry_mode")  # fmt: skip
    values = {key: str(value) for key, value in changed.items() if key != "entered_on" and value != ""}
    yield from typed_values.faults(values, of=values.keys(), today=facts.today)


def effect(facts: Facts, payload: Payload) -> Plan:
    changed = stated(facts, payload)
    of_student = {key: value for key, value in changed.items() if where(key) == "student"}
    details = {key: value for key, value in changed.items() if where(key) == "details"}
    period = {key: value for key, value in changed.items() if where(key) == "enrolment"}
    before: dict[str, Any] = {key: getattr(facts, key) for key in of_student}
    after: dict[str, Any] = dict(of_student)
    if details:
        laid = {**facts.details, **details}
        before["details"] = dict(facts.details)
        after["details"] = {key: value for key, value in laid.items() if value != "" or key not in details}
    sealed = facts.ready.sealed.get("student")
    if sealed is not None:
        before["private"], after["private"] = sealed.before, sealed.after
    writes = [
        write for member, ordinal in MEMBERS.items() for write in _of_member(facts, changed, member, ordinal)
    ]
    if after:
        writes.insert(0, Write(Table.STUDENT, {"id": facts.student_id}, before, after))
    if period:
        writes.append(altered(facts, **period))
    return plan(writes)


def _of_member(facts: Facts, changed: Mapping[str, Any], member: str, ordinal: int) -> Iterator[Write]:
    """Yield the write of a member of the family: changed, or new."""
    sealed, known = facts.ready.sealed.get(f"family{ordinal}"), facts.ready.members.get(ordinal)
    said = {part: changed[f"{member}_{part}"] for part in OF_MEMBER if f"{member}_{part}" in changed}
    if "is_guardian" in said:
        said["is_guardian"] = said["is_guardian"] == "1"
    key = {"student_id": facts.student_id, "ordinal": ordinal}
    if known is not None:
        before: dict[str, Any] = {part: getattr(known, part) for part in said}
        after: dict[str, Any] = dict(said)
        if sealed is not None:
            before["private"], after["private"] = sealed.before, sealed.after
        yield Write(Table.FAMILY, key, before, after)
    elif "name" in said:
        new = {"is_guardian": False, **said, "private": sealed.after if sealed else None}
        yield Write(Table.FAMILY, key, None, {**key, "place": facts.place, **new})


def desks(facts: Facts, payload: Payload) -> tuple[Desk, ...]:
    """Return the leader of the school: the registrar files, a second person decides, no authority is asked."""
    return route([Desk(Party.SCHOOL, facts.school.place)])


def _named(key: str) -> tuple[str, str]:
    return BY_KEY[key].column.header_zh, BY_KEY[key].column.header_en


KIND: Final = Kind(
    code="correction",
    zh="信息更正",
    en="Correction",
    source="《中小学生学籍管理办法》（2025）第十二、十三条；非关键数据由学校维护",
    change_code="",
    fields=(
        *(_field(BY_KEY[key]) for key in KEYS),
        Field(
            EMPTIES,
            "要清空的项目",
            "Items to be emptied",
            is_required=False,
            help_zh=f"填写名册列名，用顿号分开，例如：{_named('postcode')[0]}、{_named('email')[0]}。必填的项目不能清空。",
            help_en=f"Columns of the roster with commas between, such as: {_named('postcode')[1]}, {_named('email')[1]}."
            " What has to be given stays.",
        ),
        Field("note", "更正说明", "Note", is_required=False),
    ),
    desks=desks,
    needs=needs,
    obstacles=obstacles,
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"key_data", "class_change", "placement", "placement_return"}),
)
