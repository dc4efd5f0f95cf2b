"""The family's page: where a case lies, by its code, without an account. It says nothing about the child."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from xueji.lib.errors import Refused
from xueji.status.actions.tracking import look_up
from xueji.status.queries.tracking import Tracked
from xueji.status.rules.steps import State
from xueji.web.pages import render
from xueji.web.status import words

TOO_MANY_REQUESTS = 429
LONGEST = 60


@require_safe
def track(request: HttpRequest) -> HttpResponse:
    """The form, and the answer to a code; the same sentence for every code that nothing answers to."""
    code = request.GET.get("code", "")[:LONGEST].strip()
    context: dict[str, Any] = {"code": code, "found": None, "is_asked": bool(code)}
    refused: Refused | None = None
    if code:
        try:
            found = look_up(code, address=request.META.get("REMOTE_ADDR", ""), now=timezone.now())
        except Refused as too_many:
            refused, found = too_many, None
            context["is_asked"] = False
        if found is not None:
            context |= answer_of(found)
    status = TOO_MANY_REQUESTS if refused else None
    response = render(request, "status/track.html", context, refused=refused, status=status)
    # A code is nobody else's business: neither the next site's nor a search engine's nor a shared computer's.
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "no-store, private"
    return response


def answer_of(found: Tracked) -> dict[str, Any]:
    today = timezone.localdate()
    desk = found.desk
    runs = found.state is State.WITH_DESK
    entries: list[dict[str, Any]] = [
        {"what": _("已提交"), "who": found.starter, "on": found.filed_on, "state": "done"}
    ]
    for at, one in enumerate(found.desks):
        is_now = found.is_open and at == found.at and one.since is not None and one.ended_on is None
        if one.since is None and not found.is_open:
            continue
        entries.append(
            {
                "what": words.party_word(one.party),
                "who": one.office,
                "on": one.ended_on or one.since,
                "note": "" if one.since else _("还没有到这一环节"),
                "state": "now" if is_now else "done" if one.ended_on else "waiting",
            }
        )
    return {
        "found": found,
        "state": words.state_mark(found.state),
        "desk": f"{words.party_word(desk.party)} · {desk.office}" if runs else "",
        "since": desk.since if runs else None,
        "until": words.due_mark(desk.until, today) if runs else "",
        "entries": entries,
        "sentence": SENTENCES.get(found.state, ""),
    }


SENTENCES = {
    State.WAITING: gettext_lazy("原学校需要先处理一些事项，之后开始办理。"),
    State.RETURNED: gettext_lazy("办理单位请提交的学校补充材料，补充之后继续办理。"),
    State.COMPLETED: gettext_lazy("已经办结，请向提交的学校了解结果。"),
    State.REFUSED: gettext_lazy("没有获得同意，请向提交的学校了解理由。"),
    State.WITHDRAWN: gettext_lazy("提交的学校已撤回，请向该校了解情况。"),
    State.UNDONE: gettext_lazy("办理结果已被撤销，请向提交的学校了解情况。"),
}
