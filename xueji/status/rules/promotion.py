"""升级 Promotion: every grade but the last of its stage goes up by one, the whole nation in one night.

Source: 《中小学生学籍管理办法》; yearly practice (10 August); 学制 of a school by organisations.school_kinds. A wrong number of
years would graduate a whole grade too early, so what does not fit is found before and signed by the county.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from xueji.organisations.rules.school_kinds import YEARS, Stage, System

STAGES: Final = (Stage.PRIMARY, Stage.JUNIOR, Stage.SENIOR)


class CampaignState(StrEnum):
    PLANNED = "planned"  # differences are shown, authorities sign their schools
    RUNNING = "running"
    DONE = "done"
    UNDONE = "undone"


class SchoolState(StrEnum):
    OPEN = "open"  # waits for the signature of its authority
    SIGNED = "signed"
    LEFT_OUT = "left_out"
    DONE = "done"
    UNDONE = "undone"


CAMPAIGN_STATES: Final = {
    CampaignState.PLANNED: ("核对中", "Being checked"),
    CampaignState.RUNNING: ("升级中", "Running"),
    CampaignState.DONE: ("已完成", "Done"),
    CampaignState.UNDONE: ("已撤销", "Undone"),
}
SCHOOL_STATES: Final = {
    SchoolState.OPEN: ("待确认", "To be signed"),
    SchoolState.SIGNED: ("已确认", "Signed"),
    SchoolState.LEFT_OUT: ("本次不升级", "Left out"),
    SchoolState.DONE: ("已升级", "Promoted"),
    SchoolState.UNDONE: ("已撤销", "Undone"),
}


class Weight(StrEnum):
    DOUBT = "doubt"  # the authority has to say why it is right, or leave the school out
    HINT = "hint"


@dataclass(frozen=True)
class DifferenceKind:
    """Something about a school that does not fit. The sentences take the values of the difference."""

    code: str
    weight: Weight
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


DIFFERENCES: Final = (
    DifferenceKind(
        "years-too-few",
        Weight.DOUBT,
        "学制为{system}，{stage}应到{last}年级为止，但该校{stage}有{grade}年级（{pupils}人）",
        "By its system {system} the stage ends with grade {last}, yet the school has grade {grade} ({pupils} pupils) in it",
        "请先更正学校学制，再重新核对。",
        "Correct the school's system, then check again.",
    ),
    DifferenceKind(
        "unlike-the-county",
        Weight.DOUBT,
        "学制为{system}，本县同类学校多为{usual}；{grade}年级（{pupils}人）将按毕业年级处理，不升级",
        "Its system is {system} while schools of the county mostly have {usual}; grade {grade} ({pupils} pupils) would count as the last",
        "请核对学校学制；确为{system}的，填写说明后确认。",
        "Check the school's system; if {system} is right, say so and sign.",
    ),
    DifferenceKind(
        "grade-and-entry-year",
        Weight.DOUBT,
        "{entry_year}年入学的{stage}年级现为{grade}年级，按入学年份应为{expected}年级（{pupils}人）",
        "The pupils who entered in {entry_year} are in grade {grade}; by their entry year it should be {expected} ({pupils} pupils)",
        "请核对该年级的入学年份或年级；确属正常的，填写说明后确认。",
        "Check entry year and grade; if they are right, say so and sign.",
    ),
    DifferenceKind(
        "not-graduated",
        Weight.HINT,
        "毕业年级{grade}年级还有{pupils}人未办毕业，不升级",
        "{pupils} pupils of the last grade {grade} are not graduated; they are not promoted",
        "请先办理毕业、结业或肄业。",
        "Graduate them first.",
    ),
    DifferenceKind(
        "nobody", Weight.HINT, "{grade}年级没有学生", "Grade {grade} has no pupils", "无需处理。", "Nothing is to be done.",
    ),
)  # fmt: skip
BY_CODE: Final = {kind.code: kind for kind in DIFFERENCES}
STAGE_NAMES: Final = {Stage.PRIMARY: "小学", Stage.JUNIOR: "初中", Stage.SENIOR: "高中"}


@dataclass(frozen=True)
class GradeFacts:
    """A grade of a school: its stage, entry year, present number and how many pupils it has."""

    id: int
    stage: str
    entry_year: int
    number: int
    pupils: int


@dataclass(frozen=True)
class Difference:
    code: str
    values: dict[str, str | int]

    @property
    def kind(self) -> DifferenceKind:
        return BY_CODE[self.code]

    @property
    def zh(self) -> str:
        return self.kind.zh.format(**self.values)

    @property
    def en(self) -> str:
        return self.kind.en.format(**self.values)


def first_grade(stage: str, system: str) -> int:
    """Return the number of the first grade of a stage: 7 for junior secondary of 6-3-3, 6 of 5-4-3."""
    years = YEARS[System(system)]
    before = STAGES[: STAGES.index(Stage(stage))]
    return 1 + sum(years.years_of(one) for one in before)


def last_grade(stage: str, system: str) -> int:
    """Return the number of the last grade of a stage; that of the stage before where the system has none."""
    return first_grade(stage, system) + YEARS[System(system)].years_of(Stage(stage)) - 1


def is_promoted(grade: GradeFacts, system: str) -> bool:
    """Return whether the grade goes up: all but the last of its stage, and none beyond it."""
    return grade.number < last_grade(grade.stage, system)


def differences(
    grades: tuple[GradeFacts, ...], *, system: str, usual: str, school_year: int
) -> Iterator[Difference]:
    """Yield what does not fit about a school before it is promoted into `school_year`. `usual`: the county's system."""
    for grade in sorted(grades, key=lambda one: (one.number, one.entry_year)):
        last = last_grade(grade.stage, system)
        values: dict[str, str | int] = {
            "grade": grade.number,
            "pupils": grade.pupils,
            "last": last,
            "system": system,
            "usual": usual,
            "entry_year": grade.entry_year,
            "stage": STAGE_NAMES[Stage(grade.stage)],
        }
        expected = first_grade(grade.stage, system) + (school_year - 1 - grade.entry_year)
        if not grade.pupils:
            yield Difference("nobody", values)
        elif grade.number > last:
            yield Difference("years-too-few", values)
        elif grade.number != expected:
            yield Difference("grade-and-entry-year", {**values, "expected": expected})
        elif grade.number == last and usual != system and last != last_grade(grade.stage, usual):
            yield Difference("unlike-the-county", values)
        elif grade.number == last:
            yield Difference("not-graduated", values)


def needs_word(found: tuple[Difference, ...]) -> bool:
    """Return whether the authority has to say why the school is right as it is."""
    return any(one.kind.weight is Weight.DOUBT for one in found)
