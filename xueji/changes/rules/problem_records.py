"""Problem records (问题学籍): the five kinds, what may be done, and at whose desk.

Source: the handling of problem records in the field: pupil present and data wrong:
correct; present and right: prove; gone: delete. Proof and correction need papers. Inside
one school the school settles it, else the lowest authority common to all concerned.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Remedy(StrEnum):
    PROVE = "prove"  # 佐证: the data are right, here is the proof
    CORRECT = "correct"  # 变更: the data were wrong, this is right
    DELETE = "delete"  # 删除: the pupil is not here


class CaseState(StrEnum):
    DRAFT = "draft"  # its roster is checked and not yet submitted: on no desk, locks nothing
    WITH_SCHOOLS = "with_schools"  # the schools concerned state their remedy
    WITH_DESK = "with_desk"  # the desk decides
    CLOSED = "closed"


REMEDY_NAMES = {
    Remedy.PROVE: ("佐证", "Prove"),
    Remedy.CORRECT: ("变更", "Correct"),
    Remedy.DELETE: ("删除", "Delete"),
}

STATE_NAMES = {
    CaseState.DRAFT: ("待提交", "Not yet submitted"),
    CaseState.WITH_SCHOOLS: ("待学校说明", "Waiting for the school"),
    CaseState.WITH_DESK: ("待核查", "To be decided"),
    CaseState.CLOSED: ("已办结", "Closed"),
}


@dataclass(frozen=True)
class Problem:
    """A kind of problem record and the remedies it allows."""

    kind: str
    zh: str
    en: str
    cause_zh: str
    cause_en: str
    remedies: tuple[Remedy, ...]


PROBLEMS: tuple[Problem, ...] = (
    Problem(
        "number-duplicate",
        "身份证件号重复",
        "Document number used twice",
        "该号码已用于另一名学生的记录：可能录错、重复建籍，或未办转学。",
        "The number stands in another pupil's record: mistyped, entered twice, or a transfer was skipped.",
        (Remedy.PROVE, Remedy.CORRECT, Remedy.DELETE),
    ),
    Problem(
        "number-unknown",
        "身份证号不存在",
        "Number does not exist",
        "人口库中没有该号码：多为录入错误。",
        "The population register has no such number: mostly a typing error.",
        (Remedy.PROVE, Remedy.CORRECT, Remedy.DELETE),
    ),
    Problem(
        "name-mismatch",
        "身份证号与姓名不匹配",
        "Number and name do not match",
        "同音字、生僻字或已改名。",
        "A homophone, a rare character, or the name was changed.",
        (Remedy.PROVE, Remedy.CORRECT),
    ),
    Problem(
        "number-changed",
        "身份证件号已发生变更",
        "Document number has been changed",
        "公安机关已换发号码。",
        "The police issued a new number.",
        (Remedy.CORRECT,),
    ),
    Problem(
        "same-person",
        "姓名性别出生日期重复",
        "Name, sex and birth date equal",
        "没有身份证件号，与另一条记录相同：同一人重复，或确属巧合。",
        "No number, and equal to another record: the same child twice, or a true coincidence.",
        (Remedy.PROVE, Remedy.CORRECT, Remedy.DELETE),
    ),
)

BY_KIND = {problem.kind: problem for problem in PROBLEMS}

# Papers that a remedy needs, at least one each.
PAPERS = {
    Remedy.PROVE: ("attendance", "identity"),
    Remedy.CORRECT: ("identity",),
    Remedy.DELETE: (),
}

PAPER_NAMES = {
    "attendance": ("在校就读证明（盖章）", "Stamped proof of attendance"),
    "identity": ("户口簿或身份证页", "Household register or identity card page"),
    "other": ("其他材料", "Other papers"),
}

# Working days are the business of a later clock; a problem record is looked at within these.
DAYS_TO_STATE = 15
