"""How reorganisations are spoken of on the screens."""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from xueji.status.rules.graduation import Finding, State
from xueji.status.rules.reorganisation import BY_KIND, STATE_NAMES, Kind
from xueji.web.pages import part
from xueji.web.templatetags.xueji import spoken

TONES = {
    State.DRAFT: "now",
    State.WITH_LEADER: "waiting",
    State.DONE: "good",
    State.WITHDRAWN: "past",
    State.UNDONE: "past",
}
ACTS = {
    "begin": _("开始准备"),
    "describe": _("修改申请"),
    "assign": _("安排班级"),
    "propose": _("提交主管领导"),
    "approve": _("同意，生效"),
    "return": _("退回修改"),
    "withdraw": _("撤回"),
    "undo": _("撤销"),
}


def kind_word(kind: Kind) -> str:
    return spoken((BY_KIND[kind].zh, BY_KIND[kind].en))


def state_mark(state: State) -> SafeString:
    return part("state", tone=TONES[state], word=spoken(STATE_NAMES[state]))


def sentence(found: Finding) -> str:
    return spoken((found.zh, found.en))
