"""毕业 Graduation, 结业 completion, 肄业 leaving: what stands in a pupil's way, who decides, which step follows.

The last grade of a stage is decided by the school: its registrar proposes, its leader decides. Senior
secondary is approved by the status authority as well, and so is a school whose years of schooling are not
those of its county: a wrong setting graduates a whole grade a year too early.

Source: 《中小学生学籍管理办法》 (2025) art. 4 (graduation qualification is part of the status); who decides, the
calendar and what blocks a pupil by the practice of the national system; 《义务教育法》 art. 11 and 27.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from xueji.organisations.rules.school_kinds import Stage, System, grade
from xueji.status.rules.facts import (
    ABROAD,
    ATTENDING,
    COMPLETED,
    DROPPED_OUT,
    GRADUATED,
    LEFT,
    MISSING,
    SUSPENDED,
)
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.routes import DAYS_TO_DECIDE

# Kept as an outcome of a request, never as a state of an enrolment: the pupil stays.
STAYS: Final = "00"
DAYS_TO_UNDO: Final = 30
DAYS_FOR_AUTHORITY: Final = DAYS_TO_DECIDE
# Years of schooling that fewer than this share of the county's schools have are looked at by the authority.
UNUSUAL_SHARE: Final = 0.2
# Below this many other schools of the stage there is nothing to compare with.
FEWEST_TO_COMPARE: Final = 3
LONGEST_REASON: Final = 200


class State(StrEnum):
    """Where a request stands."""

    DRAFT = "draft"  # the registrar enters exceptions and destinations
    WITH_LEADER = "with_leader"
    WITH_AUTHORITY = "with_authority"
    DONE = "done"
    WITHDRAWN = "withdrawn"
    UNDONE = "undone"


OPEN: Final = frozenset({State.DRAFT, State.WITH_LEADER, State.WITH_AUTHORITY})
# On a desk that decides, with its clock.
WAITING: Final = frozenset({State.WITH_LEADER, State.WITH_AUTHORITY})


class Act(StrEnum):
    PROPOSE = "propose"
    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"
    UNDO = "undo"


@dataclass(frozen=True)
class Step:
    """One permitted step; `target` None: whichever desk is next, or the effect."""

    source: State
    act: Act
    target: State | None
    permission: str


STEPS: Final = (
    Step(State.DRAFT, Act.PROPOSE, State.WITH_LEADER, "status.file"),
    Step(State.DRAFT, Act.WITHDRAW, State.WITHDRAWN, "status.file"),
    Step(State.WITH_LEADER, Act.WITHDRAW, State.DRAFT, "status.file"),
    Step(State.WITH_LEADER, Act.APPROVE, None, "status.decide_at_school"),
    Step(State.WITH_LEADER, Act.RETURN, State.DRAFT, "status.decide_at_school"),
    Step(State.WITH_AUTHORITY, Act.WITHDRAW, State.DRAFT, "status.file"),
    Step(State.WITH_AUTHORITY, Act.APPROVE, None, "status.decide_at_authority"),
    Step(State.WITH_AUTHORITY, Act.RETURN, State.DRAFT, "status.decide_at_authority"),
    Step(State.DONE, Act.UNDO, State.UNDONE, "status.undo"),
)


def step_of(state: State, act: Act) -> Step | None:
    """Return the step that `act` is at `state`; None where it is none."""
    return next((step for step in STEPS if step.source is state and step.act is act), None)


def after_approval(state: State, *, needs_authority: bool) -> State:
    """Return where an approval at `state` leads: to the authority where it has a say, else to the effect."""
    return State.WITH_AUTHORITY if state is State.WITH_LEADER and needs_authority else State.DONE


# The grade ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class GradeFacts:
    """A grade of a school; `alike` of `others` open schools of the county have as many years in the stage."""

    stage: Stage
    number: int
    entry_year: int
    system: System
    others: int = 0
    alike: int = 0


def years_of(facts: GradeFacts) -> int:
    """Return how many years the grade's stage takes at its school."""
    years = 0
    while grade(facts.stage, years + 1, facts.system) is not None:
        years += 1
    return years


def is_last(facts: GradeFacts) -> bool:
    """Return whether the grade is the last of its stage in the school's system."""
    last = grade(facts.stage, years_of(facts), facts.system) if years_of(facts) else None
    return last is not None and facts.number == last.number


def ends_in(facts: GradeFacts) -> int:
    """Return the calendar year in whose summer those who entered together have been at school long enough."""
    return facts.entry_year + years_of(facts)


def shown_from(facts: GradeFacts) -> date:
    """Return the day from which the school sees what is in the way: 1 May of the last year."""
    return date(ends_in(facts), 5, 1)


def proposed_from(facts: GradeFacts) -> date:
    """Return the first day on which the grade can be proposed, and on which it can graduate: 1 June."""
    return date(ends_in(facts), 6, 1)


def is_unusual(facts: GradeFacts) -> bool:
    """Return whether hardly any other school of the county has as many years in this stage."""
    return facts.others >= FEWEST_TO_COMPARE and facts.alike < UNUSUAL_SHARE * facts.others


def needs_authority(facts: GradeFacts) -> bool:
    """Return whether the status authority approves after the school's leader."""
    return facts.stage is Stage.SENIOR or is_unusual(facts)


@dataclass(frozen=True)
class Finding:
    """Something about a grade or a pupil that stands in the way (or only warns), and how it is cleared."""

    code: str
    is_stop: bool
    zh: str
    en: str


def grade_findings(facts: GradeFacts, today: date) -> tuple[Finding, ...]:
    """Return what is wrong with graduating a whole grade on a day."""
    return tuple(_grade_findings(facts, today))


def _grade_findings(facts: GradeFacts, today: date) -> Iterator[Finding]:
    if not is_last(facts):
        yield Finding(
            "not-last", True,
            "按本校学制，这个年级不是毕业年级。学制有误的，请主管部门更正学校信息。",
            "By the school's years of schooling this is not a last grade. If they are wrong, ask the authority to mend them.",
        )  # fmt: skip
        return
    if today < proposed_from(facts):
        yield Finding(
            "too-early", True,
            f"这个年级到 {ends_in(facts)} 年夏季才满 {years_of(facts)} 年，{proposed_from(facts)} 起可以办理。",
            f"The grade has been at school for {years_of(facts)} years in the summer of {ends_in(facts)};"
            f" it can be proposed from {proposed_from(facts)} on.",
        )  # fmt: skip
    if is_unusual(facts):
        yield Finding(
            "unusual-years", False,
            f"本校这一学段 {years_of(facts)} 年，本区县 {facts.others} 所同学段学校中只有 {facts.alike} 所如此。"
            "请核对学制；学校决定后还须主管部门核准。",
            f"This stage takes {years_of(facts)} years here, as at only {facts.alike} of {facts.others} other schools"
            " of the county. Check the setting; after the school the authority approves as well.",
        )  # fmt: skip


# The pupils --------------------------------------------------------------------------------


@dataclass(frozen=True)
class PupilFacts:
    """A pupil of a last grade, as far as graduation asks. `open_kinds` are cases under way; those that wait are not."""

    student_id: UUID
    state: str
    started_on: date
    open_kinds: tuple[str, ...] = ()
    has_problem: bool = False
    has_number: bool = True
    has_document: bool = True


AWAY: Final = {
    SUSPENDED: (
        "休学中，须先复学（或办理延期，不随本年级毕业）。",
        "On suspension: resume first, or extend it and do not leave with this grade.",
    ),
    DROPPED_OUT: (
        "已登记辍学，须先返校并撤销登记。",
        "Noted as dropped out: has to come back and the note be lifted first.",
    ),
    ABROAD: (
        "出国（境）中，须先办理返回。",
        "Abroad: the return has to be handled first.",
    ),
    MISSING: (
        "下落不明，须先办理返回。",
        "Missing: the return has to be handled first.",
    ),
}


def findings_of(pupil: PupilFacts, on: date) -> tuple[Finding, ...]:
    """Return what stands in the way of a pupil who would leave school on a day; warnings last.

    A pupil with any unfinished business cannot graduate; what is discreet stands in nobody's way.
    Source: practice of the national system (在办业务; those who are away have to be restored first).
    """
    return tuple(sorted(_findings_of(pupil, on), key=lambda one: not one.is_stop))


def _findings_of(pupil: PupilFacts, on: date) -> Iterator[Finding]:
    if pupil.state != ATTENDING:
        zh, en = AWAY.get(
            pupil.state, ("不在读，须先恢复在读。", "Does not attend: has to be restored first.")
        )
        yield Finding("away", True, zh, en)
    for code in pupil.open_kinds:
        kind = BY_CODE.get(code)
        if kind is None or kind.is_discreet or kind.is_beside_all:
            continue
        yield Finding(
            "open-case", True,
            f"有在办的{kind.zh}，须先办结或撤回。",
            f"A case of {kind.en.lower()} is under way: finish or withdraw it first.",
        )  # fmt: skip
    if pupil.has_problem:
        yield Finding(
            "problem", True,
            "是问题学籍，须先处理。", "There is an open problem record: it has to be settled first.",
        )  # fmt: skip
    if not pupil.has_number:
        yield Finding("no-number", True, "没有学籍号，须先完成注册。", "No student number: registration has to be completed first.")  # fmt: skip
    if pupil.started_on > on:
        yield Finding(
            "started-later", True,
            f"{pupil.started_on} 才转入，晚于毕业日期；请改毕业日期。",
            f"Came to the school on {pupil.started_on}, after the day of graduation; choose a later day.",
        )  # fmt: skip
    if not pupil.has_document:
        yield Finding(
            "no-document", False,
            "没有身份证件号码，毕业后不便升学接续，请补齐。",
            "No document number: the next school will not find the record easily; complete it.",
        )  # fmt: skip


def is_blocked(found: tuple[Finding, ...]) -> bool:
    return any(one.is_stop for one in found)


# Outcomes and destinations -----------------------------------------------------------------

OUTCOMES: Final = {
    GRADUATED: ("毕业", "Graduates"),
    COMPLETED: ("结业", "Completes without graduating"),
    LEFT: ("肄业", "Leaves without completing"),
    STAYS: ("暂不办理", "Stays for now"),
}
# What the next step after each stage can be. Source: JY/T 1001-2012 毕业生去向.
DESTINATIONS_AFTER: Final = {
    Stage.PRIMARY: ("16", "14", "40", "50", "99"),
    Stage.JUNIOR: ("15", "13", "20", "30", "40", "50", "60", "99"),
    Stage.SENIOR: ("11", "12", "20", "30", "40", "50", "60", "99"),
}


def outcomes_at(stage: Stage) -> tuple[str, ...]:
    """Return the outcomes a stage has. Compulsory schooling is not left unfinished (《义务教育法》 art. 11)."""
    return (GRADUATED, COMPLETED, LEFT, STAYS) if stage is Stage.SENIOR else (GRADUATED, COMPLETED, STAYS)


@dataclass(frozen=True)
class Choice:
    """What a school says of one pupil. A destination can be told later."""

    outcome: str
    destination: str
    reason: str


def choice_fault(choice: Choice, stage: Stage) -> tuple[str, str] | None:
    """Return what is wrong with a choice in both languages; None if nothing is."""
    if choice.outcome not in outcomes_at(stage):
        return (
            "请从列表中选择办理结果；义务教育阶段没有肄业。",
            "Choose an outcome of the list; compulsory schooling is not left unfinished.",
        )
    if choice.destination and choice.destination not in DESTINATIONS_AFTER[stage]:
        return "请从列表中选择毕业去向。", "Choose a destination of the list."
    if choice.outcome != GRADUATED and not choice.reason:
        return "不予毕业或暂不办理的，请写明原因。", "Say why a pupil does not graduate or stays."
    if len(choice.reason) > LONGEST_REASON:
        return (
            f"原因超过 {LONGEST_REASON} 字，请缩短。",
            f"The reason is longer than {LONGEST_REASON} characters; shorten it.",
        )
    return None
