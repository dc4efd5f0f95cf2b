"""休学延期 Extension of a suspension, as often and as long as the province's pack allows.

Source: provincial rules (renewable by province); the school asks for the papers of a suspension again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from xueji.lib.school_years import add_months
from xueji.status.rules import marks
from xueji.status.rules.common import day_in, must_be_enrolled
from xueji.status.rules.facts import SUSPENDED, Facts
from xueji.status.rules.kind import Field, Input, Kind, Obstacle, PaperNeed, Payload, Weight, own_route
from xueji.status.rules.plans import Plan, plan
from xueji.status.rules.refusals import ORDINARY_REFUSALS
from xueji.status.rules.routes import Party
from xueji.status.rules.suspension import MARK


def obstacles(facts: Facts, payload: Payload) -> tuple[Obstacle, ...]:
    return (*must_be_enrolled(facts), *_terms(facts, payload))


def _terms(facts: Facts, payload: Payload) -> Iterator[Obstacle]:
    if not facts.is_enrolled:
        return
    rules, mark = facts.pack.suspension, facts.running(MARK)
    if mark is None or facts.enrolment.state != SUSPENDED:
        yield Obstacle("not-suspended", Weight.STOPS, Party.SCHOOL, "该生不在休学中，无法延期。", "The pupil is not suspended; there is nothing to extend.")  # fmt: skip
        return
    if int(mark.details["extensions"]) >= rules.most_extensions:
        yield Obstacle(
            "extended-enough", Weight.STOPS, Party.SCHOOL,
            f"本省规定休学最多延期 {rules.most_extensions} 次，该生已延期 {mark.details['extensions']} 次；请办理复学。",
            f"In your province a suspension is extended {rules.most_extensions} times at most; have the schooling resumed.",
            facts.pack.source_of("suspension.most_extensions"),
        )  # fmt: skip
    last, until = date.fromisoformat(mark.details["until"]), day_in(payload, "until")
    if until is None:
        return
    if until <= last:
        yield Obstacle(
            "dates", Weight.STOPS, Party.SCHOOL,
            f"新的结束日期须在原结束日期（{last.isoformat()}）之后。", f"The new end has to be after the old one, {last.isoformat()}.",
            "", "until",
        )  # fmt: skip
    elif until > add_months(last, rules.most_months):
        yield Obstacle(
            "too-long", Weight.STOPS, Party.SCHOOL,
            f"一次延期最长 {rules.most_months} 个月。", f"An extension lasts {rules.most_months} months at most.",
            facts.pack.source_of("suspension.most_months"), "until",
        )  # fmt: skip


def papers(facts: Facts, payload: Payload) -> tuple[PaperNeed, ...]:
    return tuple(PaperNeed(kind) for kind in facts.pack.suspension.documents)


def effect(facts: Facts, payload: Payload) -> Plan:
    """The terms of the suspension change; the enrolment stays as it is. Raises LookupError where none runs."""
    mark = facts.running(MARK)
    if mark is None:
        raise LookupError("no suspension runs")
    extensions = int(mark.details["extensions"]) + 1
    return plan(marks.changed(facts, mark, until=str(payload["until"]), extensions=extensions))


KIND: Final = Kind(
    code="extension",
    zh="休学延期",
    en="Extension of a suspension",
    source="本省实施细则",
    change_code="11",
    fields=(
        Field("until", "新的结束日期", "New end", Input.DAY),
        Field("note", "补充说明", "Note", is_required=False),
    ),
    desks=lambda facts, payload: own_route(facts),
    obstacles=obstacles,
    papers=papers,
    effect=effect,
    refusals=ORDINARY_REFUSALS,
    beside=frozenset({"correction"}),
)
