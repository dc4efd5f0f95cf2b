"""How graduation is spoken of on the screens."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from xueji.lib import masks
from xueji.organisations.rules.school_kinds import Stage
from xueji.status.rules.graduation import DESTINATIONS_AFTER, OUTCOMES, Finding, State, outcomes_at
from xueji.students.rules.code_lists import DESTINATIONS
from xueji.web.pages import part
from xueji.web.pupils import words as pupil_words
from xueji.web.templatetags.xueji import spoken

STATES = {
    State.DRAFT: (_("学校准备中"), "now"),
    State.WITH_LEADER: (_("待学校负责人决定"), "waiting"),
    State.WITH_AUTHORITY: (_("待主管部门核准"), "waiting"),
    State.DONE: (_("已办结"), "good"),
    State.WITHDRAWN: (_("已撤回"), "past"),
    State.UNDONE: (_("已撤销"), "past"),
}
ACTS = {
    "begin": _("开始办理"),
    "propose": _("提交"),
    "approve": _("同意"),
    "return": _("退回补正"),
    "withdraw": _("撤回"),
    "undo": _("撤销"),
    "choose": _("修改办理结果或去向"),
}


def state_mark(state: State | None) -> SafeString:
    """Return the state of a request as a mark; a grade without one has not begun."""
    word, tone = STATES[state] if state else (_("未开始"), "past")
    return part("state", tone=tone, word=word)


def grade_word(number: int) -> str:
    return pupil_words.grade_name(number)


def outcome_word(outcome: str) -> str:
    return spoken(OUTCOMES[outcome])


def destination_word(code: str) -> str:
    return pupil_words.label(DESTINATIONS, code) if code else ""


def outcome_choices(stage: Stage) -> list[tuple[str, str]]:
    return [(code, outcome_word(code)) for code in outcomes_at(stage)]


def destination_choices(stage: Stage) -> list[tuple[str, str]]:
    return [("", str(_("尚未确定"))), *((code, destination_word(code)) for code in DESTINATIONS_AFTER[stage])]


def sentence(found: Finding) -> str:
    return spoken((found.zh, found.en))


def name_of(name: str, *, in_full: bool) -> str:
    """Return a pupil's name: in full at the own school, masked elsewhere."""
    return name if in_full else masks.name(name)
