"""What may be said of a change before it is filed or takes effect: fields, papers, clashes, the kind's own obstacles."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from xueji.status.rules.facts import Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Starter, Weight
from xueji.status.rules.kinds import BY_CODE, clashes
from xueji.status.rules.papers import BY_KIND
from xueji.status.rules.routes import Party
from xueji.status.rules.steps import State

MOST_TEXT = 500
MOST_DIGITS = 6


@dataclass(frozen=True)
class FieldFault:
    """A field that was not filled in rightly."""

    key: str
    zh: str
    en: str


def read(kind: Kind, typed: Payload) -> tuple[dict[str, Any], tuple[FieldFault, ...]]:
    """Return what was stated, field by field as kept (days as YYYY-MM-DD, codes, text), and what is wrong with it.

    Keys the kind does not know are left out; a field that is empty and not required is too.
    """
    stated: dict[str, Any] = {}
    faults = []
    for field in kind.fields:
        raw = typed.get(field.key)
        text = raw.isoformat() if isinstance(raw, date) else "" if raw is None else " ".join(str(raw).split())
        if not text:
            if field.is_required:
                faults.append(FieldFault(field.key, f"请填写{field.zh}。", f"Fill in: {field.en}."))
            continue
        value, fault = _value(field, text)
        if fault is not None:
            faults.append(fault)
        else:
            stated[field.key] = value
    return stated, tuple(faults)


def _value(field: Field, text: str) -> tuple[Any, FieldFault | None]:
    key = field.key
    match field.input:
        case Input.DAY:
            try:
                return date.fromisoformat(text).isoformat(), None
            except ValueError:
                return None, FieldFault(key, f"{field.zh}不是日期，请按 2026-09-01 的样子填写。", f"{field.en} is no date; write it like 2026-09-01.")  # fmt: skip
        case Input.CLASS:
            if text.isdecimal() and int(text) < 2**63:
                return int(text), None
            return None, FieldFault(key, "请从列表中选择班级。", "Choose a class of the list.")
        case Input.SCHOOL:
            if text.isdecimal() and len(text) == 10:
                return text, None
            return None, FieldFault(key, f"{field.zh}请填写 10 位学校标识码。", f"{field.en}: give the school's identifier of ten digits.")  # fmt: skip
        case Input.CODE:
            code = field.codes.code_by_value.get(text) if field.codes else None
            if code is not None:
                return code, None
            return None, FieldFault(key, f"{field.zh}请从列表中选择。", f"Choose {field.en.lower()} from the list.")  # fmt: skip
        case Input.NUMBER:
            if text.isdecimal() and len(text) <= MOST_DIGITS:
                return int(text), None
            return None, FieldFault(key, f"{field.zh}请填写整数。", f"{field.en} is a whole number.")
        case Input.YES:
            return text in ("1", "true", "yes", "on", "是", "True"), None
        case _:
            if len(text) > MOST_TEXT:
                return None, FieldFault(key, f"{field.zh}超过 {MOST_TEXT} 字，请缩短。", f"{field.en} is longer than {MOST_TEXT} characters; shorten it.")  # fmt: skip
            return text, None


def obstacles(kind: Kind, facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    """Return everything that stands in the way of a change: clashes with open cases first, then the kind's own.

    A clash at the school that holds the pupil makes a transfer wait; elsewhere it stops.
    A case that itself waits blocks none but its own kind, of which a pupil has one at a time.
    """
    found = []
    for other in facts.open_cases:
        is_same = other.kind == kind.code
        if not clashes(kind.code, other.kind) or (other.state == State.WAITING and not is_same):
            continue
        waits = not is_same and kind.starter is Starter.RECEIVING_SCHOOL and other.place == facts.school.place
        owner = Party.SENDING_SCHOOL if waits else Party.SCHOOL
        named = BY_CODE[other.kind]
        if named.is_discreet:
            zh, en = "该生有其他在办业务", "Another business of the pupil is under way"
        else:
            zh, en = f"该生有在办的{named.zh}", f"A case of {named.en.lower()} is under way for the pupil"
        found.append(
            Obstacle(
                "open-case",
                Weight.WAITS if waits else Weight.STOPS,
                owner,
                f"{zh}，须先办结或撤回。",
                f"{en}; it has to be finished or withdrawn first.",
            )
        )
    return (*found, *kind.obstacles(facts, payload))


def missing_papers(
    kind: Kind, facts: Facts, payload: Payload, given: Collection[str]
) -> tuple[PaperNeed, ...]:
    """Return the papers that are required and not among the kinds given."""
    return tuple(need for need in kind.papers(facts, payload) if need.is_required and need.kind not in given)


def paper_obstacles(needs: Collection[PaperNeed]) -> tuple[Obstacle, ...]:
    """Return one obstacle for each paper that is missing."""
    return tuple(
        Obstacle(
            "paper-missing",
            Weight.STOPS,
            Party.SCHOOL,
            f"缺少材料：{BY_KIND[need.kind].zh}，请上传后再提交。",
            f"A paper is missing: {BY_KIND[need.kind].en.lower()}; upload it and file again.",
            "",
            f"paper-{need.kind}",
        )
        for need in needs
    )
