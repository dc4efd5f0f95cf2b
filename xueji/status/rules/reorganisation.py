"""学校撤并 Schools merged, split, closed: which class goes where, what stands in the way, what the plan comes to.

A class goes as it is, with its pupils; only its school changes, and its number where the new school has that number
already. An officer of the authority prepares, its leader decides.

Source: 《中小学生学籍管理办法》 (2013) art. 9, kept in practice after 2025 (the archives of a merged school go to the school it
is merged into, those of a closed one to the body the county authority names); JY/T 1001-2012 学校变动; the two-person rule.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from itertools import chain
from typing import Final

from xueji.organisations.rules.school_kinds import (
    CLASSES_PER_YEAR,
    KINDS,
    Stage,
    System,
    class_number,
    grades_of,
)
from xueji.status.rules.class_requests import LARGE_CLASS
from xueji.status.rules.facts import ATTENDING, DECEASED
from xueji.status.rules.graduation import Act, Finding, State, Step
from xueji.status.rules.placement import SPECIALISED

# Why the old period ended: the state is the standard's 转出, the reason is a row of our own.
REORGANISED: Final = "20"
MOST_SCHOOLS: Final = 20
NUMBER: Final = re.compile(r"[0-9A-Za-z]{1,16}")
NUMBERED_NAME: Final = re.compile(r"[0-9]{1,3}班")


class Kind(StrEnum):
    MERGE = "merge"
    SPLIT = "split"
    CLOSE = "close"


@dataclass(frozen=True)
class KindRow:
    """What a kind of reorganisation is. `change` is the code of JY/T 1001 学校变动, or a local one."""

    kind: Kind
    zh: str
    en: str
    says_zh: str
    says_en: str
    change: str
    closes: bool
    has_many_sources: bool = False
    has_many_targets: bool = False


KIND_ROWS: Final = (
    KindRow(
        Kind.MERGE, "合并", "Merger",
        "一所或几所学校并入另一所学校，原校撤销。", "One or more schools are merged into another one and closed.",
        "3", closes=True, has_many_sources=True,
    ),
    KindRow(
        Kind.SPLIT, "分立", "Split",
        "部分班级或年级划到其他学校，原校继续办学。", "Some classes or grades go to other schools; the school itself goes on.",
        "7", closes=False, has_many_targets=True,
    ),
    KindRow(
        Kind.CLOSE, "撤销", "Closure",
        "学校撤销，每个班级分别划到指定的学校。", "The school is closed; each class goes to a school that is named.",
        "4", closes=True, has_many_targets=True,
    ),
)  # fmt: skip
BY_KIND: Final = {row.kind: row for row in KIND_ROWS}

PREPARE, DECIDE, VIEW = "reorganisation.prepare", "reorganisation.decide", "reorganisation.view"
# The desks are two people of one authority: who prepares, and its leader.
STEPS: Final = (
    Step(State.DRAFT, Act.PROPOSE, State.WITH_LEADER, PREPARE),
    Step(State.DRAFT, Act.WITHDRAW, State.WITHDRAWN, PREPARE),
    Step(State.WITH_LEADER, Act.WITHDRAW, State.DRAFT, PREPARE),
    Step(State.WITH_LEADER, Act.RETURN, State.DRAFT, DECIDE),
    Step(State.WITH_LEADER, Act.APPROVE, State.DONE, DECIDE),
    Step(State.DONE, Act.UNDO, State.UNDONE, "status.undo"),
)
OPEN: Final = frozenset({State.DRAFT, State.WITH_LEADER})
STATE_NAMES: Final = {
    State.DRAFT: ("准备中", "Being prepared"),
    State.WITH_LEADER: ("待主管领导决定", "With the leader"),
    State.DONE: ("已生效", "In effect"),
    State.WITHDRAWN: ("已放弃", "Given up"),
    State.UNDONE: ("已撤销", "Undone"),
}


def step_of(state: State, act: Act) -> Step | None:
    """Return the step that `act` is at `state`; None where it is none."""
    return next((step for step in STEPS if step.source is state and step.act is act), None)


# What the rules look at ------------------------------------------------------------------------


@dataclass(frozen=True)
class SchoolFacts:
    """A school concerned. `points` are the open teaching points and attached classes that hang under it."""

    id: int
    place: int
    name: str
    identifier: str
    kind: str
    system: str
    is_open: bool
    opened_on: date | None = None
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClassFacts:
    """An open class of a source with its pupils by state. `latest` is the day on which the last of them came."""

    id: int
    school_id: int
    number: str
    name: str
    stage: str
    grade: int
    entry_year: int
    states: Mapping[str, int] = field(default_factory=dict)
    latest: date | None = None

    @property
    def pupils(self) -> int:
        """How many the page counts: who died is in no count (state 11) but follows until the case is settled."""
        return sum(count for state, count in self.states.items() if state != DECEASED)

    @property
    def away(self) -> int:
        """How many are enrolled but do not attend: on suspension, abroad, lost sight of. They follow their class."""
        return self.pupils - self.states.get(ATTENDING, 0)

    @property
    def is_empty(self) -> bool:
        return not any(self.states.values())


@dataclass(frozen=True)
class Line:
    """Where a class goes: the school, and number and name there. Without a school it stays."""

    class_id: int
    target_id: int | None
    number: str = ""
    name: str = ""


@dataclass(frozen=True)
class TargetClass:
    """A class that a receiving school has or had: its number is taken for ever, its name while it is open."""

    school_id: int
    number: str
    name: str
    stage: str
    entry_year: int
    grade: int
    is_open: bool = True
    pupils: int = 0


@dataclass(frozen=True)
class Business:
    """Something under way that has to be settled first: what, at which school, how often."""

    code: str
    zh: str
    en: str
    count: int
    school: str = ""


# A school, a stage and the year of entry.
Entry = tuple[int, str, int]


@dataclass(frozen=True)
class Awaited:
    """Pupils whom lists of unified admission send to a source and who have not come; `disputed` of them two schools admit."""

    school_id: int
    stage: str
    entry_year: int
    pupils: int
    disputed: int = 0

    @property
    def entry(self) -> Entry:
        return (self.school_id, self.stage, self.entry_year)


@dataclass(frozen=True)
class AwaitedLine:
    """Where awaited pupils are to come: `target_id` empty, at the old school; or nobody has said it yet."""

    awaited: Awaited
    target_id: int | None
    is_unsaid: bool = False


@dataclass(frozen=True)
class Facts:
    """Everything a plan is judged by. Shapes: sources and targets by id; classes of the sources, open ones alone."""

    kind: Kind
    effective_on: date
    today: date
    sources: Mapping[int, SchoolFacts]
    targets: Mapping[int, SchoolFacts]
    classes: Sequence[ClassFacts]
    lines: Mapping[int, Line]
    taken: Sequence[TargetClass] = ()
    business: Sequence[Business] = ()
    # Grades of receiving schools as they stand, (school, stage, entry year) → number.
    grades: Mapping[tuple[int, str, int], int] = field(default_factory=dict)
    document: str = ""
    archives_place: int | None = None
    office: int = 0
    promotions: int = 0
    awaited: Sequence[Awaited] = ()
    # What the plan says of them where their classes do not; empty: they come to the old school.
    awaited_said: Mapping[Entry, int | None] = field(default_factory=dict)

    @property
    def row(self) -> KindRow:
        return BY_KIND[self.kind]

    @property
    def going(self) -> tuple[tuple[ClassFacts, Line, SchoolFacts], ...]:
        """The classes that go, each with its line and the school it goes to, as far as there is one."""
        return tuple(
            (one, line, self.targets[line.target_id])
            for one in self.classes
            if (line := self.lines.get(one.id)) is not None
            and line.target_id is not None
            and line.target_id in self.targets
        )


# The plan --------------------------------------------------------------------------------------


def awaited_lines(facts: Facts) -> tuple[AwaitedLine, ...]:
    """Return where those come who are awaited at a source: what the plan says, else the school that takes their grade.

    Where the classes of the grade go to several schools, or to one and to none, the plan has to say it.
    """
    return tuple(_awaited_line(facts, one) for one in facts.awaited)


def _awaited_line(facts: Facts, one: Awaited) -> AwaitedLine:
    closes = facts.row.closes
    said = facts.awaited_said.get(one.entry)
    if said in facts.targets or (one.entry in facts.awaited_said and said is None and not closes):
        return AwaitedLine(one, said)
    where = {
        line.target_id if line is not None and line.target_id in facts.targets else None
        for own in facts.classes
        if (own.school_id, own.stage, own.entry_year) == one.entry
        for line in (facts.lines.get(own.id),)
    }
    if closes:
        # A class without pupils closes with its school: it leads nowhere.
        where.discard(None)
    if not where:
        where = {None} if not closes else set(facts.targets)
    if len(where) == 1:
        return AwaitedLine(one, where.pop())
    return AwaitedLine(one, None, is_unsaid=True)


def numbered(
    lines: Iterable[Line], classes: Mapping[int, ClassFacts], taken: Sequence[TargetClass]
) -> dict[int, Line]:
    """Return the lines by class, with numbers and names that are free at the school each goes to.

    What was said is kept where it is free; else the class keeps its own number and name where those are;
    else it gets the next number of its year and stage, and the next name of its grade.
    """
    numbers = {(one.school_id, one.number) for one in taken}
    names = {(one.school_id, one.stage, one.entry_year, one.name) for one in taken if one.is_open}
    found: dict[int, Line] = {}
    for line in sorted(
        lines, key=lambda one: (classes[one.class_id].school_id, classes[one.class_id].number)
    ):
        own = classes[line.class_id]
        if line.target_id is None:
            found[own.id] = Line(own.id, None)
            continue
        wanted = line.number if NUMBER.fullmatch(line.number) else ""
        number = next(
            one
            for one in chain((wanted, own.number), _numbers_of(own))
            if one and (line.target_id, one) not in numbers
        )
        cohort = (line.target_id, own.stage, own.entry_year)
        name = next(
            one for one in chain((line.name, own.name), _names_of(own)) if one and (*cohort, one) not in names
        )
        numbers.add((line.target_id, number))
        names.add((*cohort, name))
        found[own.id] = replace(line, number=number, name=name)
    return found


def _numbers_of(own: ClassFacts) -> Iterator[str]:
    """Yield numbers for a class, the next ones of its year and stage first, then its own with a letter."""
    for n in range(1, CLASSES_PER_YEAR + 1):
        yield class_number(own.entry_year, Stage(own.stage), n)
    for letter in "ABCDEFGHJKLMNPQRSTUVWXYZ":
        for other in "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ":
            yield f"{own.number[:14]}{letter}{other}"


def _names_of(own: ClassFacts) -> Iterator[str]:
    n = 1
    while True:
        yield f"{n}班" if NUMBERED_NAME.fullmatch(own.name) else f"{own.name[:34]}（{n + 1}）"
        n += 1


# What stands in the way ------------------------------------------------------------------------


def stop(code: str, zh: str, en: str) -> Finding:
    return Finding(code, True, zh, en)


def warning(code: str, zh: str, en: str) -> Finding:
    return Finding(code, False, zh, en)


def findings(facts: Facts) -> tuple[Finding, ...]:
    """Return what stands in the way of a plan, and what is only worth a look; stops first."""
    return tuple(sorted(_findings(facts), key=lambda one: not one.is_stop))


def _findings(facts: Facts) -> Iterator[Finding]:
    yield from _of_schools(facts)
    yield from _of_classes(facts)
    yield from _of_awaited(facts)
    yield from _of_business(facts)
    yield from _of_day(facts)
    if not facts.document.strip():
        yield stop("no-document", "请填写批准文号。", "Give the number of the document that approves it.")
    holders = {one.place for one in facts.targets.values()} | {facts.office}
    if facts.row.closes and facts.archives_place not in holders:
        yield stop(
            "no-archives",
            "请选择原校留存的档案由谁接收：接收学校，或本主管部门。",
            "Say who takes the archives that the school keeps: a receiving school, or this authority.",
        )


def _of_schools(facts: Facts) -> Iterator[Finding]:
    row = facts.row
    if not facts.sources:
        yield stop("no-source", "请选择要撤并的学校。", "Choose the schools that are reorganised.")
    if len(facts.sources) > 1 and not row.has_many_sources:
        yield stop("one-source", f"{row.zh}一次只办一所学校。", f"{row.en}: one school at a time.")
    if not facts.targets:
        yield stop("no-target", "请填写接收学校。", "Name the schools that receive the pupils.")
    if len(facts.targets) > 1 and not row.has_many_targets:
        yield stop("one-target", "合并只能并入一所学校；分到几所学校的请选“撤销”。", "A merger has one receiving school; where there are several, it is a closure.")  # fmt: skip
    for one in facts.sources.values():
        if not one.is_open:
            yield stop("source-closed", f"{one.name}不是正常办学的学校。", f"{one.name} is not in operation.")
        if one.kind == SPECIALISED:
            yield stop(
                "specialised",
                f"{one.name}是专门学校，在校学生的学籍都在原学校，不通过撤并办理；请由作出决定的主管部门逐人办理。",
                f"{one.name} is a specialised school: its pupils are enrolled elsewhere, so that nothing here concerns them;"
                " the authorities that placed them see to each.",
            )
        if one.points and row.closes and facts.kind is not Kind.MERGE:
            points = "、".join(one.points)
            yield stop(
                "points",
                f"{one.name}名下还有教学点或附设班（{points}），请先办理它们的撤并。",
                f"Teaching points or attached classes hang under {one.name} ({points}); reorganise those first.",
            )
        if one.points and facts.kind is Kind.MERGE:
            yield warning(
                "points-follow",
                f"{one.name}名下的教学点、附设班随之划归接收学校：{'、'.join(one.points)}。",
                f"What hangs under {one.name} will hang under the receiving school: {', '.join(one.points)}.",
            )
    for one in facts.targets.values():
        if not one.is_open or one.id in facts.sources:
            yield stop(
                "target-closed",
                f"{one.name}不能接收：须是另一所正常办学的学校。",
                f"{one.name} cannot receive anybody: it has to be another school in operation.",
            )


def _of_classes(facts: Facts) -> Iterator[Finding]:
    if facts.row.closes:
        left = [one for one in facts.classes if not one.is_empty and not _goes(facts, one)]
        if left:
            yield stop(
                "class-without-school",
                f"还有 {len(left)} 个班没有接收学校：{_named(facts, left)}。",
                f"{len(left)} class(es) have no receiving school: {_named(facts, left)}.",
            )
    elif not facts.going:
        yield stop("nothing-goes", "请至少选择一个班级。", "Choose at least one class.")
    elif all(_goes(facts, one) for one in facts.classes):
        yield stop("all-go", "全部班级都划走的，请按“撤销”办理。", "Where all classes go, it is a closure.")
    gone = [
        line for class_id, line in facts.lines.items() if class_id not in {one.id for one in facts.classes}
    ]
    if gone:
        yield stop(
            "class-gone",
            f"计划中有 {len(gone)} 个班已关闭或不在这些学校，请重新保存计划。",
            f"{len(gone)} class(es) of the plan are closed or not of these schools; save the plan again.",
        )
    for one, line, target in facts.going:
        yield from _of_class(facts, one, line, target)


def _goes(facts: Facts, one: ClassFacts) -> bool:
    line = facts.lines.get(one.id)
    return line is not None and line.target_id in facts.targets


def _named(facts: Facts, classes: Collection[ClassFacts], most: int = 5) -> str:
    shown = [f"{facts.sources[one.school_id].name}{one.number}" for one in classes][:most]
    return "、".join(shown) + ("…" if len(classes) > most else "")


def runs(target: SchoolFacts, one: ClassFacts) -> bool:
    """Return whether a school has the class's stage, and in it the grade that the class is in now."""
    row = KINDS.get(target.kind)
    return row is not None and any(
        grade.stage == one.stage and grade.number == one.grade
        for grade in grades_of(target.kind, System(target.system))
    )


def _of_class(facts: Facts, one: ClassFacts, line: Line, target: SchoolFacts) -> Iterator[Finding]:
    what = f"{facts.sources[one.school_id].name}{one.number}"
    if not runs(target, one):
        yield stop(
            "not-of-the-stage",
            f"{target.name}没有{what}所在的学段或年级（{one.grade}年级），请选择其他学校，或先更正学制。",
            f"{target.name} does not run the stage or grade of {what} (grade {one.grade}); choose another school, or have"
            " its years of schooling mended first.",
        )
    elif facts.grades.get((target.id, one.stage, one.entry_year), one.grade) != one.grade:
        yield stop(
            "grade-otherwise",
            f"{target.name} {one.entry_year} 级现在不是{one.grade}年级，与{what}不一致；请先办完升级或更正。",
            f"At {target.name} those who entered in {one.entry_year} are not in grade {one.grade} as {what} is; finish the"
            " promotion or mend it first.",
        )
    if (
        KINDS[facts.sources[one.school_id].kind].is_special_education
        and not KINDS[target.kind].is_special_education
    ):
        yield warning(
            "special-education",
            f"{what}是特殊教育学校的班级，{target.name}不是；请确认学生的安置方式。",
            f"{what} is a class of a special school and {target.name} is none; make sure how the pupils are placed.",
        )
    if not line.number or any(
        (other.school_id, other.number) == (target.id, line.number) for other in facts.taken
    ):
        yield stop(
            "number-taken",
            f"{what}在{target.name}的班号 {line.number or '（空）'} 不能用，请重新保存计划。",
            f"{what} cannot have the number {line.number or '(none)'} at {target.name}; save the plan again.",
        )
    if one.pupils > LARGE_CLASS:
        yield warning(
            "large-class",
            f"{what}有 {one.pupils} 人，超过大班额 {LARGE_CLASS} 人，照原班划转。",
            f"{what} has {one.pupils} pupils, more than {LARGE_CLASS}; it goes as it is.",
        )


def _of_awaited(facts: Facts) -> Iterator[Finding]:
    for line in awaited_lines(facts):
        one, name = line.awaited, facts.sources[line.awaited.school_id].name
        who_zh = f"{name} {one.entry_year} 级待报到的 {one.pupils} 名新生"
        who_en = f"{one.pupils} pupil(s) admitted to {name} for {one.entry_year} who have not come"
        target = facts.targets.get(line.target_id or 0)
        if line.is_unsaid and facts.targets:
            yield stop(
                "awaited-without-school",
                f"{who_zh}还没有说明到哪里报到，请在“安排班级”中选择。",
                f"{who_en}: say in the plan where they are to come.",
            )
        if target is not None and not any(
            grade.stage == one.stage for grade in grades_of(target.kind, System(target.system))
        ):
            yield stop(
                "awaited-not-of-the-stage",
                f"{target.name}没有{who_zh}要读的学段，请选择其他学校。",
                f"{target.name} does not run the stage of {who_en}; choose another school.",
            )
        # At a school that closes every dispute stops the decision as a problem record.
        if target is not None and one.disputed and not facts.row.closes:
            yield stop(
                "awaited-disputed",
                f"{who_zh}中有 {one.disputed} 名正在核查重复招生，须先办结。",
                f"{who_en}: {one.disputed} in a dispute over their admission, to be settled first.",
            )


def _of_business(facts: Facts) -> Iterator[Finding]:
    for one in facts.business:
        at_zh, at_en = (f"{one.school}：", f"{one.school}: ") if one.school else ("", "")
        yield stop(
            one.code,
            f"{at_zh}有 {one.count} 项{one.zh}，须先办结或撤回。",
            f"{at_en}To be finished or withdrawn first: {one.en} ({one.count}).",
        )
    if facts.promotions:
        yield warning(
            "promotion",
            f"升级计划中有 {facts.promotions} 所相关学校尚未升级；生效后系统重新核对，须再次确认。",
            f"{facts.promotions} school(s) concerned wait in a promotion; it looks at them again, and they have to be signed"
            " anew.",
        )


def _of_day(facts: Facts) -> Iterator[Finding]:
    if facts.effective_on > facts.today:
        yield warning(
            "day-to-come",
            f"生效日期是 {facts.effective_on}，主管领导到那天才能决定。",
            f"The day of effect is {facts.effective_on}; the leader can decide from then on.",
        )
    latest = max((one.latest for one, _line, _target in facts.going if one.latest), default=None)
    if latest is not None and latest > facts.effective_on:
        yield stop(
            "came-later",
            f"有学生 {latest} 才到校，晚于生效日期；生效日期不能早于这一天。",
            f"A pupil came on {latest}, after the day of effect, which cannot be earlier than that.",
        )
    opened = max((one.opened_on for one in facts.sources.values() if one.opened_on), default=None)
    if opened is not None and opened > facts.effective_on:
        yield stop(
            "opened-later",
            f"学校 {opened} 才设立，生效日期不能早于这一天。",
            f"A school was opened on {opened}; the day of effect cannot be earlier.",
        )


# What it comes to ------------------------------------------------------------------------------


@dataclass(frozen=True)
class SchoolCount:
    """A school before and after: classes and pupils that are counted."""

    school: SchoolFacts
    classes_before: int
    classes_after: int
    pupils_before: int
    pupils_after: int
    is_closed: bool


def school_counts(facts: Facts) -> tuple[SchoolCount, ...]:
    """Return every school concerned before and after the plan, sources first. Empty classes of a closed one close with it."""
    found = []
    for one in facts.sources.values():
        own = [other for other in facts.classes if other.school_id == one.id]
        gone = [other for other in own if _goes(facts, other)]
        closes = facts.row.closes
        found.append(
            SchoolCount(
                one,
                len(own),
                0 if closes else len(own) - len(gone),
                sum(other.pupils for other in own),
                sum(other.pupils for other in own) - sum(other.pupils for other in gone),
                closes,
            )
        )
    for one in facts.targets.values():
        there = [other for other in facts.taken if other.school_id == one.id and other.is_open]
        come = [own for own, _line, target in facts.going if target.id == one.id]
        before = sum(other.pupils for other in there)
        found.append(
            SchoolCount(
                one,
                len(there),
                len(there) + len(come),
                before,
                before + sum(own.pupils for own in come),
                is_closed=False,
            )
        )
    return tuple(found)
