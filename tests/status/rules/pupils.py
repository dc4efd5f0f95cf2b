"""Pupils as the rules see them: plain values, made up, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from xueji.organisations.rules import rule_packs
from xueji.organisations.rules.rule_packs import RulePack
from xueji.status.rules.facts import ClassFacts, EnrolmentFacts, Facts, MarkFacts, SchoolFacts
from xueji.status.rules.kind import Kind, Obstacle, Payload

TODAY = date(2026, 9, 10)
STUDENT, MARK = UUID(int=2), UUID(int=9)


def stage_of(grade: int) -> str:
    return "primary" if grade < 7 else "junior" if grade < 10 else "senior"


def school(place: int = 330902_000001, *, id: int = 1, kind: str = "345") -> SchoolFacts:
    authority = place // 10**6 * 10**6
    return SchoolFacts(id, place, f"3433{id:06d}", "示例学校", kind, "12", "831", True, authority)


def class_of(grade: int, *, at: SchoolFacts | None = None, id: int = 0, **changed: Any) -> ClassFacts:
    """Return a class; every grade is one cohort of its own."""
    at = at or school()
    first = {"primary": 1, "junior": 7, "senior": 10}[stage_of(grade)]
    made = ClassFacts(
        id=id or at.id * 100 + grade,
        place=at.place,
        school_id=at.id,
        number=f"{grade}01",
        name="1班",
        grade_id=at.id * 100 + grade,
        grade=grade,
        stage=stage_of(grade),
        entry_year=2026 - (grade - first),
        is_open=True,
        count=30,
    )
    return replace(made, **changed)


def pupil(
    grade: int = 11, *, state: str = "01", to: int | ClassFacts | None = None, at: SchoolFacts | None = None,
    ended_on: date | None = None, birth_on: date | None = None, enrolment: dict[str, Any] | None = None, **changed: Any
) -> Facts:  # fmt: skip
    """Return the facts of a pupil in a grade; `to` is the grade or the class that the change leads to."""
    at = at or school()
    own = class_of(grade, at=at)
    period = EnrolmentFacts(
        id=UUID(int=1), place=at.place, school_id=at.id, class_of_id=own.id, stage=own.stage,
        entry_year=own.entry_year, state=state, entered_on=date(own.entry_year, 9, 1),
        started_on=date(own.entry_year, 9, 1), ended_on=ended_on, end_reason=state if ended_on else "",
        entry_mode="11", study_mode="1", source="1", seat_number="7",
    )  # fmt: skip
    into = class_of(to, at=at, id=at.id * 100 + to + 50) if isinstance(to, int) else to
    target = changed.pop("target_school", at if into else None)
    made = Facts(
        student_id=STUDENT,
        place=at.place,
        name="测试生",
        sex="1",
        birth_on=birth_on or date(TODAY.year - 6 - grade + 1, 3, 1),
        document_type="1",
        nationality="CHN",
        details={},
        enrolment=replace(period, **(enrolment or {})),
        school=at,
        own_class=own,
        pack=rule_packs.default(),
        today=TODAY,
        target_school=target,
        target_class=into,
        new_ids=tuple(UUID(int=n) for n in (3, 4, 5)),
    )
    return replace(made, **changed)


def province(code: str) -> RulePack:
    """Return the pack that ships for a province."""
    return rule_packs.parse(rule_packs.shipped()[code], file=f"{code}.toml", base=rule_packs.default())


def mark(kind: str, since: date = date(2026, 3, 1), **details: Any) -> MarkFacts:
    return MarkFacts(MARK, kind, since, None, details)


def suspended(until: date, *, extensions: int = 0, grade: int = 11) -> MarkFacts:
    return mark("suspension", until=until.isoformat(), reason="10", grade=grade, extensions=extensions)


def codes(kind: Kind, facts: Facts, payload: Payload | None = None) -> list[str]:
    """Return the codes of what stands in the way."""
    return [one.code for one in kind.obstacles(facts, payload or {})]


def the(code: str, kind: Kind, facts: Facts, payload: Payload | None = None) -> Obstacle:
    """Return the one obstacle with this code."""
    (found,) = [one for one in kind.obstacles(facts, payload or {}) if one.code == code]
    return found
