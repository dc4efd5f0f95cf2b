"""关键数据变更 Change of key data: name, document, sex, birth date, and what the province added.

The nation is looked at before anybody decides: a number that another record has stops the change, and whose it
is is never said. Identity fields go up to the level that the province names. An old number stays as an alias; a
first resident number gives the formal student number (J or L to G), and no correction ever changes a student number.

Source: 《中小学生学籍管理办法》 (2025) art. 7-10 (one number for life; documents of those without a resident number),
art. 12-13 (data kept current on proof); practice of the national system: check first, then leader and authority.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from xueji.changes.rules.roster_checks import NO_DOCUMENT, OTHER, RESIDENT, RESIDENT_TYPES, SCHEME_OF_TYPE
from xueji.lib import id_numbers, names
from xueji.lib.codes import CodeList
from xueji.organisations.rules.pack_codes import KEY_FIELDS, NATIONAL_KEY_FIELDS
from xueji.status.rules import typed_values
from xueji.status.rules.common import authority_at, must_be_enrolled
from xueji.status.rules.facts import Facts, IdentifierFacts, ReadyNumber
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.needs import Needs, Number, Particular, Person
from xueji.status.rules.plans import Plan, Table, Write, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Desk, Party, route
from xueji.students.rules import code_lists as lists
from xueji.students.rules.nationalities import NATIONALITIES
from xueji.students.rules.schemes import NUMBER_SCHEME, SCHEMES_BY_COUNTRY

FORMAL: Final = "G"
_PUPIL_DOCUMENTS: Final = CodeList(
    lists.DOCUMENT_TYPES.name,
    lists.DOCUMENT_TYPES.source,
    tuple(row for row in lists.DOCUMENT_TYPES.rows if row.code in lists.PUPIL_DOCUMENT_TYPES),
)
_PUPIL_SEXES: Final = CodeList(
    lists.SEXES.name,
    lists.SEXES.source,
    tuple(row for row in lists.SEXES.rows if row.code in lists.PUPIL_SEXES),
)

FIELDS: Final = (
    Field("name", "姓名", "Name", is_required=False),
    Field("document_type", "身份证件类型", "Document type", Input.CODE, _PUPIL_DOCUMENTS, is_required=False),
    Field("document_number", "身份证件号", "Document number", is_required=False, is_private=True),
    Field("sex", "性别", "Sex", Input.CODE, _PUPIL_SEXES, is_required=False),
    Field("birth_on", "出生日期", "Date of birth", Input.DAY, is_required=False),
    Field("ethnicity", "民族", "Ethnicity", Input.CODE, lists.ETHNICITIES, is_required=False),
    Field("nationality", "国籍/地区", "Nationality or region", Input.CODE, NATIONALITIES, is_required=False),
    Field(
        "overseas",
        "港澳台侨外",
        "Hong Kong, Macao, Taiwan, overseas",
        Input.CODE,
        lists.OVERSEAS,
        is_required=False,
    ),
    Field(
        "household_division", "户口所在地行政区划", "Division of household registration", is_required=False
    ),
    Field(
        "household_nature",
        "户口性质",
        "Kind of household registration",
        Input.CODE,
        lists.HOUSEHOLD_NATURES,
        is_required=False,
    ),
    Field("note", "补充说明", "Note", is_required=False),
)
# What tells who a person is: it goes up to the level that the province names.
IDENTITY: Final = frozenset({"name", "document_type", "document_number", "sex", "birth_on"})
# Fields of the form → code of the rule pack's key fields.
KEY_FIELD_OF: Final = {
    "name": "name",
    "document_type": "document",
    "document_number": "document",
    "sex": "sex",
    "birth_on": "birth_on",
    "ethnicity": "ethnicity",
    "nationality": "nationality",
    "overseas": "overseas",
    "household_division": "household_division",
    "household_nature": "household_kind",
}
# What a new document says as well, so that it changes with it everywhere.
WITH_A_DOCUMENT: Final = frozenset({"nationality", "overseas"})
COLUMNS: Final = ("name", "document_type", "sex", "birth_on", "ethnicity", "nationality", "overseas")
DETAILS: Final = ("household_division", "household_nature")


def stated(facts: Facts, payload: Payload) -> dict[str, Any]:
    """Return what would become otherwise, by field: values that stand already are left out."""
    changed: dict[str, Any] = {}
    for key in COLUMNS:
        value = payload.get(key)
        if not value:
            continue
        if key == "birth_on":
            value = date.fromisoformat(value) if isinstance(value, str) else value
        if key == "name":
            value = names.written(str(value))
        if value != getattr(facts, key):
            changed[key] = value
    for key in DETAILS:
        if payload.get(key) and payload[key] != facts.details.get(key):
            changed[key] = payload[key]
    number = id_numbers.normalised(str(payload.get("document_number") or ""))
    if number:
        changed["document_number"] = number
    return changed


def after(facts: Facts, changed: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of the pupil as they would be."""
    return {key: changed.get(key, getattr(facts, key)) for key in COLUMNS}


def number_of(facts: Facts, changed: Mapping[str, Any]) -> Number | None:
    """Return the document number that is given, with the scheme it is known under; None where none is."""
    value = changed.get("document_number")
    if not value:
        return None
    kind = str(changed.get("document_type", facts.document_type))
    permit = id_numbers.kind(value) in (
        id_numbers.Kind.HONG_KONG,
        id_numbers.Kind.MACAO,
        id_numbers.Kind.TAIWAN,
    )
    scheme = RESIDENT if kind in RESIDENT_TYPES or permit else SCHEME_OF_TYPE.get(kind, OTHER)
    country = str(changed.get("nationality", facts.nationality))
    text = f"{country}|{value}" if scheme in SCHEMES_BY_COUNTRY else value
    return Number(scheme, value, text)


def is_resident(number: Number | None) -> bool:
    """Return whether a number is a citizen's own, which alone leads to the formal student number."""
    return (
        number is not None
        and number.scheme == RESIDENT
        and id_numbers.kind(number.value) is id_numbers.Kind.RESIDENT
    )


def needs(facts: Facts, payload: Payload) -> Needs:
    changed = stated(facts, payload)
    if not changed:
        return Needs()
    number = number_of(facts, changed)
    columns = after(facts, changed)
    is_other = bool(changed.keys() & {"name", "sex", "birth_on"})
    return Needs(
        identifiers=True,
        numbers=(number,) if number else (),
        formal_for=number.value if number is not None and is_resident(number) else "",
        person=Person(
            columns["name"],
            columns["sex"],
            columns["birth_on"],
            has_number=columns["document_type"] != NO_DOCUMENT,
        )
        if is_other
        else None,
        # 曾用名: the name of before stays with the pupil.
        particulars=(Particular("student", "former_name", facts.name),) if "name" in changed else (),
    )


def current_document(facts: Facts) -> IdentifierFacts | None:
    """Return the document number the pupil is known by now."""
    return next(
        (one for one in facts.ready.identifiers if one.until is None and one.scheme != NUMBER_SCHEME), None
    )


def student_number(facts: Facts) -> IdentifierFacts | None:
    """Return the student number the pupil has now."""
    return next(
        (one for one in facts.ready.identifiers if one.until is None and one.scheme == NUMBER_SCHEME), None
    )


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*must_be_enrolled(facts), *_of_data(facts, stated(facts, payload)))


def _of_data(facts: Facts, changed: Mapping[str, Any]) -> Iterator[Obstacle]:
    here = Party.SCHOOL
    if not changed:
        yield Obstacle(
            "nothing-changes",
            Weight.STOPS,
            here,
            "没有填写与现有记录不同的内容，请填写要变更的项目。",
            "Nothing is stated that differs from the record; fill in what is to change.",
            "《办法》第十二条",
            FIELDS[0].key,
        )
        return
    for key in changed:
        code = KEY_FIELD_OF[key]
        if key in WITH_A_DOCUMENT and "document_number" in changed:
            continue
        if code not in NATIONAL_KEY_FIELDS | facts.pack.key_fields:
            label = KEY_FIELDS.by_code[code]
            yield Obstacle(
                "no-key-field",
                Weight.STOPS,
                here,
                f"在本省，{label.zh}不是关键数据，请办理信息更正。",
                f"{label.en} is no key data in your province; file a correction.",
                facts.pack.source,
                key,
            )
    yield from _of_document(facts, changed)
    yield from _of_person(facts, changed)


def _of_document(facts: Facts, changed: Mapping[str, Any]) -> Iterator[Obstacle]:
    here, kind = Party.SCHOOL, changed.get("document_type", facts.document_type)
    number = facts.ready.numbers[0] if facts.ready.numbers else None
    if "document_type" in changed and kind != NO_DOCUMENT and "document_number" not in changed:
        yield Obstacle(
            "document-number",
            Weight.STOPS,
            here,
            "变更证件类型时，请一并填写新证件的号码。",
            "Give the number of the new document together with its type.",
            "《办法》第十条",
            "document_number",
        )
    if facts.has_problem and changed.keys() & {"document_number", "document_type"}:
        yield Obstacle(
            "problem-record", Weight.STOPS, here,
            "该生有未办结的问题学籍，证件在问题学籍中更正；请先办结。",
            "A problem record of the pupil is open; the document is corrected there, so settle that first.",
            "《办法》第九条", "document_number",
        )  # fmt: skip
    if kind == NO_DOCUMENT and "document_number" in changed:
        yield Obstacle(
            "document-type",
            Weight.STOPS,
            here,
            "填写了证件号，请同时选择证件类型。",
            "A number is given; choose the type of its document as well.",
            "",
            "document_type",
        )
    if number is None:
        return
    if number.is_taken:
        yield Obstacle(
            "number-held",
            Weight.STOPS,
            here,
            "该证件号需由主管部门核查，暂不能使用。请核对证件；无误的，请主管部门按问题学籍处理。",
            "This number has to be checked by your authority and cannot be used now. Check the document; if it is"
            " right, ask your authority to settle it as a problem record.",
            "《办法》第九条",
            "document_number",
        )
    elif number.own is not None and number.own.until is None:
        yield Obstacle(
            "number-same",
            Weight.STOPS,
            here,
            "该证件号就是现在登记的号码，无需变更。",
            "This is the number on record; nothing is to change.",
            "",
            "document_number",
        )
    known = student_number(facts)
    if facts.ready.formal is not None and facts.ready.formal.is_taken and known and known.letter != FORMAL:
        yield Obstacle(
            "formal-held",
            Weight.STOPS,
            here,
            "该号码对应的正式学籍号已有记录，需由主管部门核查。",
            "The formal number that belongs to it is on record already; your authority has to check.",
            "《办法》第九条",
            "document_number",
        )


def _of_person(facts: Facts, changed: Mapping[str, Any]) -> Iterator[Obstacle]:
    columns = after(facts, changed)
    values = {
        "name": columns["name"],
        "sex": columns["sex"],
        "birth_on": columns["birth_on"].isoformat(),
        "document_type": columns["document_type"],
        "nationality": columns["nationality"],
        "document_number": str(changed.get("document_number", "")),
    }
    if changed.get("household_division"):
        values["household_division"] = str(changed["household_division"])
    judged = {*changed, *({"sex", "birth_on"} if "document_number" in changed else ())}
    yield from typed_values.faults(values, of=judged, today=facts.today)
    # Without a new number, what the number on record says holds.
    kept = current_document(facts)
    speaks = kept is not None and kept.scheme == RESIDENT and "document_number" not in changed
    if speaks and kept is not None:
        for key, said in (("birth_on", kept.birth_on), ("sex", kept.sex)):
            if key in changed and said and changed[key] != said:
                yield Obstacle(
                    "against-number",
                    Weight.STOPS,
                    Party.SCHOOL,
                    "与登记的身份证件号不一致：证件号也变更的，请一并填写新号码；号码无误的，请核对所填内容。",
                    "It does not agree with the document number on record: give the new number as well if that changed,"
                    " or check what you stated.",
                    "《办法》第九条",
                    key,
                )
    if facts.ready.has_double:
        yield Obstacle(
            "same-person",
            Weight.WARNS,
            Party.AUTHORITY,
            "另有姓名、性别、出生日期相同而缺少证件号可区分的记录，请主管部门核对是否同一人。",
            "Another record is equal in name, sex and birth date and no number tells them apart; the authority should"
            " check that they are two persons.",
            "《办法》第九条",
        )


def desks(facts: Facts, payload: Payload) -> tuple[Desk, ...]:
    """Return leader and authority; for identity fields the authority at the province's level after them."""
    desks = list(own_route(facts))
    if stated(facts, payload).keys() & IDENTITY:
        above = authority_at(facts, facts.pack.identity_level)
        if above is not None:
            desks.append(Desk(Party.HIGHER_AUTHORITY, above))
    return route([Desk(desk.party, desk.place, desk.days, desk.purpose) for desk in desks])


def papers(facts: Facts, payload: Payload) -> tuple[PaperNeed, ...]:
    """Return the household register, or the document itself of who has no resident number; the police's word where an identity changes.

    A first number, and a foreign document that was renewed, need no word of the police.
    """
    changed = stated(facts, payload)
    kind = str(changed.get("document_type", facts.document_type))
    shown = "household_register" if kind in RESIDENT_TYPES else "identity"
    needed = [PaperNeed(shown)]
    replaces_resident = "document_number" in changed and facts.document_type in RESIDENT_TYPES
    if replaces_resident or (changed.keys() & {"name", "sex", "birth_on"} and kind in RESIDENT_TYPES):
        needed.append(PaperNeed("police_proof"))
    return tuple(needed)


def effect(facts: Facts, payload: Payload) -> Plan:
    changed = stated(facts, payload)
    before: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for key in COLUMNS:
        if key in changed:
            before[key], new[key] = getattr(facts, key), changed[key]
    if "name" in changed:
        before |= {"pinyin": facts.pinyin, "initials": facts.initials}
        new |= {"pinyin": names.pinyin(changed["name"]), "initials": names.initials(changed["name"])}
        former = facts.ready.sealed["student"]
        before["private"], new["private"] = former.before, former.after
    if changed.keys() & set(DETAILS):
        before["details"] = dict(facts.details)
        new["details"] = {**facts.details, **{key: changed[key] for key in DETAILS if key in changed}}
    return plan(
        [Write(Table.STUDENT, {"id": facts.student_id}, before, new)] if new else [], _numbers(facts, changed)
    )


def _numbers(facts: Facts, changed: Mapping[str, Any]) -> Iterator[Write]:
    """Yield the writes on numbers: what ends stays as an alias, what begins is the pupil's for life."""
    given = facts.ready.numbers[0] if facts.ready.numbers else None
    ends_document = given is not None or changed.get("document_type") == NO_DOCUMENT
    known, formal = student_number(facts), facts.ready.formal
    # A formal number stays whatever is corrected (R02); a provisional one gives way to it.
    becomes_formal = formal is not None and (known is None or known.letter != FORMAL)
    for one in facts.ready.identifiers:
        ends = becomes_formal if one.scheme == NUMBER_SCHEME else ends_document
        if one.until is None and ends:
            key = {"scheme": one.scheme, "index": one.index}
            yield Write(
                Table.IDENTIFIER,
                key,
                {"student_id": facts.student_id, "until": None},
                {"student_id": facts.student_id, "until": facts.today},
            )
    if given is not None:
        yield _begun(facts, given)
    if becomes_formal and formal is not None:
        yield _begun(facts, formal)


def _begun(facts: Facts, number: ReadyNumber) -> Write:
    key = {"scheme": number.scheme, "index": number.index}
    if number.own is not None:
        owner = {"student_id": facts.student_id}
        return Write(Table.IDENTIFIER, key, {**owner, "until": number.own.until}, {**owner, "until": None})
    row = {
        **key,
        "student_id": facts.student_id,
        "place": facts.place,
        "value": number.value,
        "since": facts.today,
        "until": None,
    }
    return Write(Table.IDENTIFIER, key, None, row)


KIND: Final = Kind(
    code="key_data",
    zh="关键数据变更",
    en="Change of key data",
    source="《中小学生学籍管理办法》（2025）第七至十条、第十二条；关键数据变更的通行做法",
    change_code="",
    fields=FIELDS,
    desks=desks,
    needs=needs,
    obstacles=obstacles,
    papers=papers,
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction", "class_change", "special_education", "programme", "programme_end"}),
)
