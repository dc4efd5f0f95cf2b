"""Unread reminders of one's own office, marked as read one by one or all at once."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xueji.status.actions.clocks import mark_read as mark
from xueji.status.queries import notices as queries
from xueji.status.queries.notices import Key, NoticeLine
from xueji.status.rules.reminders import NOTICE_NAMES, Notice
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import Column, Row, Table, render
from xueji.web.status_words import address_of, due_mark, title_of
from xueji.web.templatetags.xueji import day, spoken


@door("status.view")
def notices(request: ActingRequest) -> HttpResponse:
    """The unread reminders, the newest first."""
    page = queries.unread(
        request.actor,
        after=key_of(request.GET.get("after", "")),
        before=key_of(request.GET.get("before", "")),
    )
    context = {
        "table": table_of(page.items),
        "before": text_of(page.before),
        "after": text_of(page.after),
        "crumbs": [(_("待办"), reverse("inbox")), (_("未读提醒"), "")],
    }
    return render(request, "notices/list.html", context)


def table_of(found: list[NoticeLine]) -> Table | None:
    today = timezone.localdate()
    rows = tuple(
        Row(
            (
                title_of(one.kind, one.name),
                spoken(NOTICE_NAMES[one.notice]) + ("" if one.is_own else f"：{one.office}"),
                due_mark(one.due_on, today),
                day(one.created_on),
            ),
            url=address(one),
            key=text_of(one.key),
        )
        for one in found
    )
    columns = (
        Column(_("业务")),
        Column(_("提醒")),
        Column(_("期限"), "nowrap"),
        Column(_("提醒日"), "nowrap"),
    )
    return Table(_("未读提醒，新的在前"), columns, rows) if rows else None


def address(line: NoticeLine) -> str:
    """Return where to go on: after a suspension it is the pupil, for the case is over."""
    if line.notice is Notice.SUSPENSION_OVER:
        return reverse("student", args=[line.student_id])
    return address_of(line.kind, line.case_id)


def text_of(key: Key | None) -> str:
    return "" if key is None else "~".join(str(one) for one in key)


def key_of(text: str) -> Key | None:
    """Return the key of a reminder that an address or a box holds; None for none. Raises Http404."""
    if not text:
        return None
    try:
        on, case_id, ordinal, kind = text.split("~")
        return date.fromisoformat(on), UUID(case_id), int(ordinal) % 2**15, Notice(kind).value
    except ValueError as error:
        raise Http404 from error


@door("status.view", methods=("POST",))
def mark_read(request: ActingRequest) -> HttpResponse:
    """Mark the ticked reminders as read, or all of them."""
    keys = [key_of(text) for text in request.POST.getlist("selected")]
    chosen = [key[1:] for key in keys if key is not None]
    is_all = request.POST.get("act") == "all"

    def act() -> str:
        if not is_all and not chosen:
            messages.info(request, _("请先勾选提醒。"))
            return reverse("notices")
        read = mark(by=request.actor, today=timezone.localdate(), chosen=None if is_all else chosen)
        messages.success(
            request,
            ngettext("%(read)d 条提醒已标为已读。", "%(read)d 条提醒已标为已读。", read) % {"read": read},
        )
        return reverse("notices")

    return done_once(request, act)
