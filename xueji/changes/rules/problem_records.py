"""Problem records (问题学籍): the five kinds, what may be done, at whose desk, and how a case ends.

Source: the handling of problem records in the field: pupil present and data wrong:
correct; present and right: prove; gone: delete. Proof and correction need papers. Inside
one school the school settles it, else the lowest authority common to all concerned.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Remedy(StrEnum):
    PROVE = "prove"  # 佐证: the data are right, here is the proof
    CORRECT = "correct"  # 变更: the data were wrong, this is right
    DELETE = "delete"  # 删除: the pupil is not here


class Side(StrEnum):
    FILED = "filed"  # the row of a roster that was held
    STANDING = "standing"  # the record it collides with, or the pupil a case was opened on


class CaseState(StrEnum):
    DRAFT = "draft"  # its roster is checked and not yet submitted: on no desk, locks nothing
    WITH_SCHOOLS = "with_schools"  # the schools concerned state their remedy
    WITH_DESK = "with_desk"  # the desk decides
    CLOSED = "closed"


class Act(StrEnum):
    OPEN = "open"
    STATE = "state"  # a school says what is to be done
    SETTLE = "settle"  # the filing school corrects or drops its own row: nothing is left to decide
    DECIDE = "decide"
    RETURN = "return"  # the statements do not suffice: back to the schools, with a reason
    WITHDRAW = "withdraw"  # the roster of the row is taken back
    UNDO = "undo"  # the authority above takes a decision about an admission back


class Party(StrEnum):
    SCHOOL = "school"
    DESK = "desk"
    ABOVE = "above"  # the authority above the desk


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
    # Opened by an authority on an enrolled pupil, not by a roster.
    is_by_hand: bool = False
    # Asks where the child attends, and ends by its own rules (`rules.admission_disputes`).
    is_of_admission: bool = False


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
        is_by_hand=True,
    ),
    Problem(
        "name-mismatch",
        "身份证号与姓名不匹配",
        "Number and name do not match",
        "同音字、生僻字或已改名。",
        "A homophone, a rare character, or the name was changed.",
        (Remedy.PROVE, Remedy.CORRECT),
        is_by_hand=True,
    ),
    Problem(
        "number-changed",
        "身份证件号已发生变更",
        "Document number has been changed",
        "公安机关已换发号码。",
        "The police issued a new number.",
        (Remedy.CORRECT,),
        is_by_hand=True,
    ),
    Problem(
        "same-person",
        "姓名性别出生日期重复",
        "Name, sex and birth date equal",
        "没有身份证件号，与另一条记录相同：同一人重复，或确属巧合。",
        "No number, and equal to another record: the same child twice, or a true coincidence.",
        (Remedy.PROVE, Remedy.CORRECT, Remedy.DELETE),
    ),
    Problem(
        "admission-duplicate",
        "重复招生",
        "Admitted twice",
        "两所学校的录取名单或新生名册中都有该生：由各校说明学生实际在哪里就读。",
        "Two schools admit the child, by a list of admitted pupils or a roster: each states where it attends.",
        (Remedy.PROVE, Remedy.DELETE),
        is_of_admission=True,
    ),
)

BY_KIND = {problem.kind: problem for problem in PROBLEMS}
BY_ROSTER = frozenset(problem.kind for problem in PROBLEMS if not problem.is_by_hand)
BY_HAND = frozenset(problem.kind for problem in PROBLEMS if problem.is_by_hand)
OF_ADMISSION = "admission-duplicate"

# The number was this person's own until the police issued another: it stays as an alias.
NUMBER_WAS_OWN = frozenset({"number-changed"})


@dataclass(frozen=True)
class Step:
    """An act that a party may take in a state. `when_late`: only after the schools' time has run out."""

    source: CaseState
    party: Party
    act: Act
    target: CaseState
    permission: str
    when_late: bool = False
    is_of_admission: bool = False  # only where it was asked which school a child attends


STEPS: tuple[Step, ...] = (
    Step(CaseState.DRAFT, Party.SCHOOL, Act.OPEN, CaseState.WITH_SCHOOLS, "roster.submit"),
    # With the last school's statement the case goes to the desk.
    Step(CaseState.WITH_SCHOOLS, Party.SCHOOL, Act.STATE, CaseState.WITH_DESK, "problems.state"),
    Step(CaseState.WITH_SCHOOLS, Party.SCHOOL, Act.SETTLE, CaseState.CLOSED, "problems.state"),
    Step(CaseState.WITH_SCHOOLS, Party.SCHOOL, Act.WITHDRAW, CaseState.CLOSED, "roster.undo"),
    Step(CaseState.WITH_SCHOOLS, Party.DESK, Act.DECIDE, CaseState.CLOSED, "problems.decide", when_late=True),
    Step(CaseState.WITH_DESK, Party.SCHOOL, Act.STATE, CaseState.WITH_DESK, "problems.state"),
    Step(CaseState.WITH_DESK, Party.SCHOOL, Act.SETTLE, CaseState.CLOSED, "problems.state"),
    Step(CaseState.WITH_DESK, Party.SCHOOL, Act.WITHDRAW, CaseState.CLOSED, "roster.undo"),
    Step(CaseState.WITH_DESK, Party.DESK, Act.DECIDE, CaseState.CLOSED, "problems.decide"),
    Step(CaseState.WITH_DESK, Party.DESK, Act.RETURN, CaseState.WITH_SCHOOLS, "problems.decide"),
    # To where it was decided: at the desk, or past the schools' time.
    Step(CaseState.CLOSED, Party.ABOVE, Act.UNDO, CaseState.WITH_DESK, "problems.undo", is_of_admission=True),
    Step(
        CaseState.CLOSED, Party.ABOVE, Act.UNDO, CaseState.WITH_SCHOOLS, "problems.undo", is_of_admission=True
    ),
)


def step_from(state: CaseState, act: Act, *, is_late: bool = False) -> Step | None:
    """Return the step that `act` takes from `state`, or None where there is none now."""
    found = (step for step in STEPS if step.source == state and step.act == act)
    return next((step for step in found if is_late or not step.when_late), None)


# Papers that a remedy needs, at least one each.
PAPERS: Mapping[Remedy, tuple[str, ...]] = {
    Remedy.PROVE: ("attendance", "identity"),
    Remedy.CORRECT: ("identity",),
    Remedy.DELETE: (),
}

PAPER_NAMES = {
    "attendance": ("在校就读证明（盖章）", "Stamped proof of attendance"),
    "identity": ("户口簿或身份证页", "Household register or identity card page"),
    "other": ("其他材料", "Other papers"),
}

# A case is stated within these calendar days; afterwards the desk may decide without the silent school.
DAYS_TO_STATE = 15

# What a correction may change; everything else is ordinary upkeep of data.
CORRECTABLE = ("name", "document_type", "document_number", "sex", "birth_on", "nationality")

# How an enrolment that should not be there ends.
# Source: JY/T 1001-2012, change of student status (XJYDLB) 18 取消学籍; its list of present
# states has no word for it, hence 99 其他.
CANCELLED_STATE, CANCELLED_REASON = "99", "18"


@dataclass(frozen=True)
class Outcome:
    """How a desk may end a case, and which statements that needs.

    `of_row`: of a case about a row of a roster; else about pupils that are enrolled already.
    `filed` and `standing` are the remedies of which one must have been stated by that
    side; empty: whatever was stated. `by_all`: by every school of the standing side, where
    silence beyond the due day counts as standing by one's record.
    """

    code: str
    zh: str
    en: str
    effect_zh: str
    effect_en: str
    of_row: bool
    filed: frozenset[Remedy] = frozenset()
    standing: frozenset[Remedy] = frozenset()
    by_all: bool = False


_PROVE, _CORRECT, _DELETE = (frozenset({remedy}) for remedy in Remedy)

OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        "filed-right",
        "上报的学生无误",
        "The pupil of the roster is right",
        "按另一方的说明变更或删除其记录，上报的学生进入注册审批。",
        "The other record is corrected or deleted as its school stated; the pupil goes on to registration.",
        True,
        standing=_CORRECT | _DELETE,
    ),
    Outcome(
        "standing-right",
        "已有的记录无误",
        "The other record is right",
        "上报的这一行作废；另一方如已说明变更，其变更一并生效。",
        "The row of the roster is dropped; a correction that the other school stated takes effect.",
        True,
        standing=_PROVE | _CORRECT,
        by_all=True,
    ),
    Outcome(
        "two-persons",
        "确为两名学生",
        "Two different persons",
        "两条记录都保留，上报的学生进入注册审批；号码仍有争议的先给临时学籍号。",
        "Both records stay and the pupil goes on to registration, under a provisional number while the "
        "document number is disputed.",
        True,
        filed=_PROVE,
        standing=_PROVE,
        by_all=True,
    ),
    Outcome(
        "corrected",
        "同意变更",
        "The correction is right",
        "学校提出的变更再次核验后生效。",
        "What the school corrected is checked again and takes effect.",
        False,
        standing=_CORRECT,
    ),
    Outcome(
        "confirmed",
        "佐证属实，记录不变",
        "The proof holds, nothing changes",
        "记录保持不变，结案。",
        "The record stays as it is.",
        False,
        standing=_PROVE,
    ),
    Outcome(
        "deleted",
        "同意删除",
        "The pupil is not there",
        "该学籍今日取消。",
        "The enrolment ends today.",
        False,
        standing=_DELETE,
    ),
)

BY_OUTCOME = {outcome.code: outcome for outcome in OUTCOMES}

# How a case ends without a desk.
OUTCOME_NAMES: Mapping[str, tuple[str, str]] = {
    "withdrawn": ("名册已撤回", "The roster was taken back"),
    "corrected": ("已变更", "Corrected"),
    "deleted": ("已删除", "Deleted"),
    "continued": ("已变更，又与另一条记录相同", "Corrected, and equal to another record again"),
    "attends-here": ("学生在本校就读", "The pupil attends this school"),
    "attends-other": ("学生不在本校就读", "The pupil attends another school"),
    **{o.code: (o.zh, o.en) for o in OUTCOMES if o.code not in {"corrected", "deleted"}},
}


def outcomes_for(
    *, of_row: bool, filed: Remedy | None, standing: Collection[Remedy | None]
) -> tuple[Outcome, ...]:
    """Return the outcomes that these statements allow, in the order of the table.

    `of_row`: the case is about a row of a roster. `filed` is what the school of the roster stated, `standing` what each other school did;
    None is silence.
    """

    def fits(outcome: Outcome) -> bool:
        if outcome.of_row != of_row or (outcome.filed and filed not in outcome.filed):
            return False
        if outcome.by_all:
            return all(remedy is None or remedy in outcome.standing for remedy in standing)
        return not outcome.standing or any(remedy in outcome.standing for remedy in standing)

    return tuple(outcome for outcome in OUTCOMES if fits(outcome))


# What a paper may be, by how its content begins.
MEDIA_TYPES: tuple[tuple[bytes, str, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"%PDF-", "application/pdf", "pdf"),
)
MOST_PAPER_BYTES = 2 * 1024 * 1024
MOST_PAPERS = 12  # of one school in one case


def media_type_of(content: bytes) -> str | None:
    """Return the media type of a paper by its first bytes, None when it is none that is taken."""
    return next((media for magic, media, _ in MEDIA_TYPES if content.startswith(magic)), None)


def extension_of(media_type: str) -> str:
    """Return the ending of file names of a media type."""
    return next(ending for _, media, ending in MEDIA_TYPES if media == media_type)
