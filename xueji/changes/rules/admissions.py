"""Unified admission (统一招生): the list of an authority, its columns, its way, and how each row ends.

The authority that enrols gives in who was admitted where. The school confirms who has come;
each of those goes the way of a roster to its leader and its authority, and the enrolment
that follows continues the number and the history of the same pupil.

Source: practice of the national system, 升学: in 统一招生 the authority imports the results, the
receiving school admits, the authority approves, classes are given; own admission (自主招生) is a
roster of the school. Status is the result of entry, never a condition of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from xueji.spreadsheets.rules.columns import Column
from xueji.students.rules import code_lists as lists

MOST_ROWS: Final = 50_000


class ListState(StrEnum):
    """Where a list stands."""

    CHECKED = "checked"  # findings stand beside the rows; no school sees it
    ISSUED = "issued"  # its schools await the pupils
    WITHDRAWN = "withdrawn"


class RowState(StrEnum):
    """Where an admitted pupil stands. That a roster is on its way is known by its claim, not here."""

    AWAITED = "awaited"
    REGISTERED = "registered"
    NOT_COME = "not_come"
    ELSEWHERE = "elsewhere"  # it was settled that the pupil attends another school
    CANCELLED = "cancelled"  # the list was taken back


class Act(StrEnum):
    ISSUE = "issue"
    WITHDRAW = "withdraw"


LIST_STATE_NAMES: Final = {
    ListState.CHECKED: ("待下达", "To be issued"),
    ListState.ISSUED: ("已下达", "Issued"),
    ListState.WITHDRAWN: ("已撤回", "Taken back"),
}

# Of an awaited pupil the page says more: whether a roster or a dispute is on its way.
ROW_STATE_NAMES: Final = {
    "awaited": ("待报到", "Awaited"),
    "reported": ("已报到，注册中", "Has come, being registered"),
    "disputed": ("重复招生，核查中", "Admitted twice, being settled"),
    "registered": ("已注册", "Registered"),
    "not_come": ("未报到", "Has not come"),
    "elsewhere": ("在他校就读", "Attends another school"),
    "cancelled": ("名单已撤回", "The list was taken back"),
}


@dataclass(frozen=True)
class Step:
    """One permitted step of a list."""

    source: ListState
    act: Act
    target: ListState
    permission: str


STEPS: Final = (
    Step(ListState.CHECKED, Act.ISSUE, ListState.ISSUED, "admission.issue"),
    Step(ListState.CHECKED, Act.WITHDRAW, ListState.WITHDRAWN, "admission.give_in"),
    Step(ListState.ISSUED, Act.WITHDRAW, ListState.WITHDRAWN, "admission.give_in"),
)


def step_from(state: ListState, act: Act) -> Step | None:
    """Return the step that `act` takes from `state`, or None where there is none."""
    return next((step for step in STEPS if step.source is state and step.act is act), None)


# Why a pupil has not come: a closed list, so that the authority can count and follow up.
NOT_COME_REASONS: Final = {
    "other-school": ("到其他学校就读", "Goes to another school"),
    "vocational": ("到中等职业学校就读", "Goes to a vocational school"),
    "left-area": ("随家庭迁出", "The family moved away"),
    "abroad": ("出国（境）就读", "Studies abroad"),
    "illness": ("因病暂不能入学", "Cannot enter for illness"),
    "declined": ("家长放弃录取", "The family declined the place"),
    "unreachable": ("联系不上，去向不明", "Cannot be reached, whereabouts unknown"),
}

STAGE_NAMES: Final = {
    "primary": ("小学", "Primary"),
    "junior": ("初中", "Junior secondary"),
    "senior": ("普通高中", "Senior secondary"),
}
# In the order in which a pupil goes through them.
STAGES: Final = tuple(STAGE_NAMES)


def _labels(codes: tuple[str, ...], of: object) -> tuple[str, ...]:
    return tuple(of.by_code[code].zh for code in codes)  # type: ignore[attr-defined]


COLUMNS: Final = (
    Column(
        "name",
        "姓名",
        "Name",
        aliases=("学生姓名", "考生姓名"),
        required=True,
        note_zh="与户口簿一致。",
        note_en="As in the household register.",
        example="示例学生",
    ),
    Column(
        "document_type",
        "身份证件类型",
        "Document type",
        aliases=("证件类型",),
        choices=_labels(("1", "6", "7", "8", "9", "A"), lists.DOCUMENT_TYPES),
        note_zh="不填即为居民身份证。",
        note_en="Empty means a resident identity card.",
        width=16,
    ),
    Column(
        "document_number",
        "身份证件号",
        "Document number",
        aliases=("身份证号", "公民身份号码", "证件号码"),
        note_zh="身份证件号和学籍号至少填一项。",
        note_en="Give this or the student number.",
        width=22,
    ),
    Column(
        "student_number",
        "学籍号",
        "Student number",
        aliases=("全国学籍号", "国网学籍号"),
        note_zh="G、L 或 J 加 18 位。",
        note_en="G, L or J and 18 characters.",
        width=23,
    ),
    Column(
        "school_identifier",
        "录取学校标识码",
        "Identifier of the admitted school",
        aliases=("学校标识码", "录取学校代码"),
        required=True,
        note_zh="十位学校标识码。",
        note_en="The ten-digit school identifier.",
        width=16,
    ),
    Column(
        "school_name",
        "录取学校",
        "Admitted school",
        aliases=("录取学校名称",),
        note_zh="可不填；填写的，应与标识码一致。",
        note_en="May be empty; if given, it must fit the identifier.",
        width=24,
    ),
    Column(
        "entry_mode",
        "入学方式",
        "Way of entry",
        aliases=("录取类别",),
        choices=lists.ENTRY_MODES.labels(),
        width=16,
    ),
    Column(
        "exam_number",
        "考生号",
        "Examination number",
        aliases=("准考证号", "报名号"),
        width=18,
    ),
)
HEADERS: Final = {column.key: (column.header_zh, column.header_en) for column in COLUMNS}
