"""Problem records in plain words: what is the matter, what a school can do, how fields are called."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from xueji.changes.queries.findings import HEADERS
from xueji.changes.queries.problems import CODE_LISTS, Record, SchoolCase
from xueji.changes.rules.problem_records import (
    BY_KIND,
    OUTCOME_NAMES,
    PAPER_NAMES,
    REMEDY_NAMES,
    STATE_NAMES,
    Act,
    CaseState,
    Remedy,
    Side,
)
from xueji.lib import masks
from xueji.web.pages import part
from xueji.web.templatetags.xueji import spoken

# What is the matter, as the school on each side has to hear it; never where the other record is.
MATTERS = {
    ("number-duplicate", Side.FILED): gettext_lazy(
        "名册中这名学生的身份证件号，已登记在另一名学生的记录里，所以这一行暂时不能注册。"
        "常见原因：号码录错一位；同一个孩子姓名写法不同；孩子转来但没有办转学。"
    ),
    ("number-duplicate", Side.STANDING): gettext_lazy(
        "本校这名学生的身份证件号，又被以另一个姓名上报。请对照户口簿核对本校的记录：号码和姓名是否正确，学生是否在校。"
    ),
    ("same-person", Side.FILED): gettext_lazy(
        "名册中这名学生的姓名、性别和出生日期与另一条记录完全相同，其中至少一条没有身份证件号，可能是同一个孩子。"
    ),
    ("same-person", Side.STANDING): gettext_lazy(
        "有人以与本校这名学生相同的姓名、性别和出生日期上报新生，可能是同一个孩子。请核对学生是否仍在本校。"
    ),
}
BOTH = gettext_lazy(
    "两条记录都在本校：名册中上报的这一行，和本校已有的一条。请说明哪一条有误，或两条都无误。"
)

# What each remedy means, per side; how it goes on.
REMEDIES = {
    (Remedy.PROVE, Side.FILED): (
        gettext_lazy("学生在校，信息无误"),
        gettext_lazy("上传证明，由核查单位作出结论。"),
    ),
    (Remedy.CORRECT, Side.FILED): (
        gettext_lazy("学生在校，上报的信息有误"),
        gettext_lazy("填写正确的信息，系统重新检查；通过后直接进入注册审批。"),
    ),
    (Remedy.DELETE, Side.FILED): (
        gettext_lazy("这一行不该上报"),
        gettext_lazy("作废名册中的这一行，不影响其他学生。需要转学的，请另行发起转学。"),
    ),
    (Remedy.PROVE, Side.STANDING): (
        gettext_lazy("学生在校，信息无误"),
        gettext_lazy("上传证明，由核查单位作出结论。"),
    ),
    (Remedy.CORRECT, Side.STANDING): (
        gettext_lazy("学生在校，登记的信息有误"),
        gettext_lazy("填写正确的信息，核查单位同意后生效。"),
    ),
    (Remedy.DELETE, Side.STANDING): (
        gettext_lazy("学生不在本校"),
        gettext_lazy("核查单位同意后，取消该生在本校的学籍。"),
    ),
}

TABS = {
    "state": gettext_lazy("待说明"),
    "decide": gettext_lazy("待核查"),
    "open": gettext_lazy("办理中"),
    "closed": pgettext_lazy("问题学籍", "已办结"),
}

STANDINGS = {
    "filed": gettext_lazy("名册中上报"),
    "enrolled": gettext_lazy("在籍"),
    "left": gettext_lazy("已无在读学籍"),
    "on-its-way": gettext_lazy("另一份名册，审核中"),
}

MORE_FIELDS = {"member1_name": gettext_lazy("家庭成员一"), "member2_name": gettext_lazy("家庭成员二")}


def problem_word(kind: str) -> str:
    """Return what a kind of problem is called."""
    problem = BY_KIND[kind]
    return spoken((problem.zh, problem.en))


def remedy_word(remedy: Remedy) -> str:
    return spoken(REMEDY_NAMES[remedy])


def paper_word(kind: str) -> str:
    return spoken(PAPER_NAMES[kind])


def outcome_word(outcome: str) -> str:
    return spoken(OUTCOME_NAMES[outcome]) if outcome in OUTCOME_NAMES else outcome


def act_word(act: str) -> str:
    """Return what a desk did."""
    return _("退回学校补充") if act == Act.RETURN else outcome_word(act)


def state_mark(state: str, outcome: str = "") -> SafeString:
    """Return the state of a case as a mark; of a closed one, how it ended."""
    if state == CaseState.CLOSED:
        return part("state", tone="past", word=outcome_word(outcome))
    return part("state", tone="waiting", word=spoken(STATE_NAMES[CaseState(state)]))


def matter_of(case: SchoolCase) -> str:
    """Return in plain words what is the matter, for the school that reads it."""
    if case.is_both:
        return str(BOTH)
    side = Side(case.party.about or Side.STANDING)
    if (case.party.problem, side) in MATTERS:
        return str(MATTERS[case.party.problem, side])
    problem = BY_KIND[case.party.problem]
    return spoken((problem.cause_zh, problem.cause_en))


@dataclass(frozen=True)
class Choice:
    """One way to answer: the remedy and the record it is about."""

    remedy: Remedy
    side: Side | None
    label: str
    means: str
    how: str

    @property
    def key(self) -> str:
        return f"{self.remedy}-{self.side}" if self.side else str(self.remedy)


def choices_of(case: SchoolCase) -> list[Choice]:
    """Return the ways in which a school can answer, in the order of the kind's remedies."""
    fixed = None if case.is_both else Side(case.party.about or Side.STANDING)
    found = []
    for remedy in BY_KIND[case.party.problem].remedies:
        if fixed is not None or remedy is Remedy.PROVE:
            means, how = REMEDIES[remedy, fixed or Side.STANDING]
            told = _("两名学生都在校，两条都无误") if fixed is None else str(means)
            found.append(Choice(remedy, fixed, remedy_word(remedy), told, str(how)))
            continue
        for side, which in ((Side.FILED, _("上报的这一行")), (Side.STANDING, _("已有的记录"))):
            means, how = REMEDIES[remedy, side]
            found.append(Choice(remedy, side, f"{remedy_word(remedy)} · {which}", str(means), str(how)))
    return found


def field_word(key: str) -> str:
    """Return what a field is called."""
    return str(MORE_FIELDS[key]) if key in MORE_FIELDS else spoken(HEADERS.get(key, (key, key)))


def value_word(key: str, value: str, *, in_full: bool) -> str:
    """Return a value as it is read: labels for codes, numbers masked unless they are asked for in full."""
    if key == "document_number" and not in_full:
        return masks.document(value)
    codes = CODE_LISTS.get(key)
    row = codes.get(value) if codes is not None else None
    return spoken((row.zh, row.en)) if row is not None else value


@dataclass(frozen=True)
class Piece:
    """A part of a value, and whether it differs from the other side's."""

    text: str
    differs: bool


def compared(key: str, value: str, first: str, *, in_full: bool) -> list[Piece]:
    """Return a value in pieces, those that differ from the first record's marked, digit by digit for numbers."""
    shown = value_word(key, value, in_full=in_full)
    if not value or value == first:
        return [Piece(shown, differs=False)] if shown else []
    other = value_word(key, first, in_full=in_full)
    if key not in ("document_number", "name") or not first or shown == other:
        return [Piece(shown, differs=True)]
    same = SequenceMatcher(None, other, shown, autojunk=False)
    return [
        Piece(shown[start:end], differs=tag != "equal")
        for tag, _from, _to, start, end in same.get_opcodes()
        if start != end
    ]


def lines_of(record: Record, keys: tuple[str, ...], *, in_full: bool) -> list[tuple[str, str]]:
    """Return (field, value) of what a record holds."""
    return [
        (field_word(key), value_word(key, record.values[key], in_full=in_full))
        for key in keys
        if record.values.get(key)
    ]
