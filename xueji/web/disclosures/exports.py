"""Exports (导出): asked for, released by a second person, fetched; and class lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.scope import Actor
from xueji.disclosures import jobs
from xueji.disclosures.actions import class_lists
from xueji.disclosures.actions import exports as actions
from xueji.disclosures.actions.approvals import VIEW
from xueji.disclosures.actions.exports import RELEASE, REQUEST
from xueji.disclosures.actions.traces import TRACE
from xueji.disclosures.models import Approval
from xueji.disclosures.queries import approvals as approval_queries
from xueji.disclosures.queries import exports as queries
from xueji.disclosures.queries.exports import ExportView
from xueji.disclosures.rules.approvals import (
    EXPORT_STATE_NAMES,
    LONGEST_TEXT,
    MOST_DOWNLOADS,
    ExportState,
)
from xueji.lib.errors import Refused
from xueji.web.disclosures import words
from xueji.web.disclosures.approvals import ReasonForm, crumbs
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, render
from xueji.web.pupils.words import grade_name
from xueji.web.rosters.words import key_text, uuid_key
from xueji.web.schools.views import class_or_404, page_of_class
from xueji.web.templatetags.xueji import in_chinese, minute, spoken, thousands

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SEALED = "application/pkcs7-mime"


@door(VIEW)
def exports(request: ActingRequest) -> HttpResponse:
    """The exports of one's area, the newest first."""
    page = queries.listed(
        after=uuid_key(request.GET.get("after", "")), before=uuid_key(request.GET.get("before", ""))
    )
    rows = tuple(
        Row(
            (
                one.approval.recipient,
                one.approval.document_number,
                words.export_mark(one.state),
                minute(one.requested_at),
            ),
            url=reverse("export", args=[one.pk]),
        )
        for one in page.items
    )
    columns = (
        Column(_("接收方")),
        Column(_("批准文号")),
        Column(_("状态")),
        Column(_("申请"), "nowrap"),
    )
    context = {
        "table": Table(_("导出，新的在前"), columns, rows) if rows else None,
        "may_request": request.actor.may(REQUEST),
        "may_trace": request.actor.may(TRACE),
        "before": key_text(page.before),
        "after": key_text(page.after),
    }
    return render(request, "disclosures/exports.html", context)


class ExportForm(forms.Form):
    """Under which approval, whose pupils, which of its fields."""

    approval = forms.ChoiceField(label=gettext_lazy("依据的批准"))
    grade = forms.TypedChoiceField(
        label=gettext_lazy("年级"),
        required=False,
        coerce=int,
        empty_value=None,
    )
    fields_out = forms.MultipleChoiceField(
        label=gettext_lazy("字段"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("只选用途需要的；姓名必选，不能超出批准的字段。"),
    )
    note = forms.CharField(
        label=gettext_lazy("说明"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, by: Actor, approvals: list[Approval], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["range_place"] = words.RangeField(by=by)
        self.order_fields(["approval", "range_place", "grade", "fields_out", "note"])
        permitted = {key for one in approvals for key in one.fields}
        for name, choices in (
            ("approval", [(str(one.pk), f"{one.document_number} · {one.recipient}") for one in approvals]),
            ("grade", [("", _("全部年级")), *((str(number), grade_name(number)) for number in range(1, 13))]),
            ("fields_out", words.field_choices(permitted)),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]


@door(REQUEST, methods=("GET", "HEAD", "POST"))
def new(request: ActingRequest) -> HttpResponse:
    """Ask for a file under an approval that is in force."""
    usable = approval_queries.usable(request.actor)
    chosen_first = request.GET.get("approval", "")
    first = next((one for one in usable if str(one.pk) == chosen_first), usable[0] if usable else None)
    form = ExportForm(
        request.POST if request.method == "POST" else None,
        by=request.actor,
        approvals=usable,
        initial={"approval": str(first.pk), "fields_out": first.fields} if first else {},
    )
    context = {"form": form if usable else None, "crumbs": crumbs((_("申请导出"), ""))}
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data

        def do() -> str:
            made = actions.request_export(
                UUID(chosen["approval"]),
                range_place=chosen["range_place"],
                fields=chosen["fields_out"],
                grade=chosen["grade"],
                note=chosen["note"],
                by=request.actor,
                today=timezone.localdate(),
            )
            messages.success(request, _("已提交，由本单位另一人（主管领导或安全管理员）放行。"))
            return reverse("export", args=[made.pk])

        try:
            return done_once(request, do)
        except Refused as refused:
            return render(request, "disclosures/export_new.html", context, refused=refused)
    return render(
        request, "disclosures/export_new.html", context, status=UNPROCESSABLE if form.errors else None
    )


def export_or_404(export_id: UUID) -> ExportView:
    found = queries.export_of(export_id)
    if found is None:
        raise Http404
    return found


@door(VIEW)
def show(request: ActingRequest, export_id: UUID) -> HttpResponse:
    """An export: what was asked, its way, what was made of it, and what the reader can do with it."""
    return page_of(request, export_or_404(export_id))


def page_of(request: ActingRequest, found: ExportView, *, refused: Refused | None = None) -> HttpResponse:
    actor, one = request.actor, found.one
    is_own = actor.place == one.place
    state = ExportState(one.state)
    is_open = state is ExportState.REQUESTED
    made = found.disclosure
    title = words.title_of(one, found.range_name)
    context = {
        "found": found,
        "one": one,
        "title": title,
        "state": words.export_mark(one.state),
        "is_being_made": state is ExportState.RELEASED,
        "failed": (one.reason if in_chinese() else one.reason_en) if state is ExportState.FAILED else "",
        "figures": [
            (_("学生"), thousands(made.rows), ""),
            (_("虚构的核验行"), thousands(made.canaries), ""),
            (_("已下载"), _("%(done)s / %(most)s 次") % {"done": one.downloads, "most": MOST_DOWNLOADS}, ""),
        ]
        if made
        else [],
        "facts": [
            (_("依据"), words.basis_of(one.approval)),
            (_("用途"), one.approval.purpose),
            (_("机构范围"), found.range_name),
            (_("年级"), grade_name(one.grade) if one.grade else _("全部年级")),
            (_("字段"), words.field_names(one.fields)),
            (_("接收方"), one.approval.recipient),
            *([(_("说明"), one.note)] if one.note else []),
            *([(_("文件的 SHA-256"), made.sha256)] if made else []),
            *([(_("到期删除"), minute(one.expires_at))] if one.expires_at else []),
        ],
        "entries": entries_of(found),
        "releases": is_own and is_open and actor.may(RELEASE) and actor.account_id != one.requested_by,
        "may_withdraw": is_own and is_open and actor.account_id == one.requested_by,
        "may_fetch": is_own
        and state is ExportState.DONE
        and actor.may(REQUEST)
        and one.downloads < MOST_DOWNLOADS,
        "form": ReasonForm(),
        "crumbs": crumbs((title, "")),
    }
    return render(request, "disclosures/export.html", context, refused=refused)


def entries_of(found: ExportView) -> list[dict[str, Any]]:
    """Return the way of an export for a timeline."""
    one, state = found.one, ExportState(found.one.state)
    entries: list[dict[str, Any]] = [
        {"what": _("申请"), "who": found.requester, "on": one.requested_at, "state": "done"}
    ]
    if one.decided_at:
        is_no = state is ExportState.REFUSED
        entries.append(
            {
                "what": _("不予放行") if is_no else _("放行"),
                "who": found.decider,
                "on": one.decided_at,
                "note": one.reason if is_no else "",
                "state": "refused" if is_no else "done",
            }
        )
    if one.finished_at:
        is_no = state is ExportState.FAILED
        entries.append(
            {
                "what": _("核对未通过，没有生成文件") if is_no else _("逐行核对并生成加密文件"),
                "who": _("系统"),
                "on": one.finished_at,
                "state": "refused" if is_no else "done",
            }
        )
    if state in (ExportState.REQUESTED, ExportState.RELEASED, ExportState.WITHDRAWN, ExportState.EXPIRED):
        is_over = state in (ExportState.WITHDRAWN, ExportState.EXPIRED)
        entries.append(
            {
                "what": spoken(EXPORT_STATE_NAMES[state]),
                "who": found.office,
                "on": None,
                "state": "done" if is_over else "now",
            }
        )
    return entries


@door(VIEW, methods=("POST",), is_risky=True)
def act(request: ActingRequest, export_id: UUID) -> HttpResponse:
    """Release an export, refuse it, or take one's own back."""
    found = export_or_404(export_id)
    wanted = request.POST.get("act", "")

    def do() -> str:
        if wanted == "release":
            actions.release(export_id, by=request.actor, now=timezone.now(), today=timezone.localdate())
            jobs.make_export.defer(export_id=str(export_id))
            messages.success(request, _("已放行，正在逐行核对并生成加密文件。"))
        elif wanted == "withdraw":
            actions.withdraw(export_id, by=request.actor)
            messages.success(request, _("已撤回。"))
        else:
            actions.refuse(
                export_id, reason=request.POST.get("reason", ""), by=request.actor, now=timezone.now()
            )
            messages.success(request, _("已不予放行。"))
        return reverse("export", args=[export_id])

    try:
        return done_once(request, do)
    except Refused as refused:
        if refused.code in ("not-found", "not-allowed"):
            raise
        return page_of(request, found, refused=refused)


@door(REQUEST, methods=("POST",), is_risky=True)
def fetch(request: ActingRequest, export_id: UUID) -> HttpResponse:
    """Hand out the encrypted file."""
    found = export_or_404(export_id)
    try:
        file = actions.fetch(export_id, by=request.actor, now=timezone.now())
    except Refused as refused:
        if refused.code == "not-found":
            raise
        return page_of(request, found, refused=refused)
    return words.file_to_keep(file.content, name=file.file_name, media_type=SEALED)


@door(class_lists.TAKE, methods=("POST",))
def class_list(request: ActingRequest, class_id: int) -> HttpResponse:
    """Hand out the list of a class of the own school."""
    found = class_or_404(request, class_id)
    try:
        taken = class_lists.take(class_id, by=request.actor, today=timezone.localdate())
    except Refused as refused:
        if refused.code == "not-found":
            raise
        return render(request, "schools/class.html", page_of_class(request, found), refused=refused)
    return words.file_to_keep(taken.content, name=taken.file_name, media_type=XLSX)
