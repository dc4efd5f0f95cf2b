"""Approvals (批准): recorded by one person, reviewed by two others, revoked."""

from __future__ import annotations

from datetime import timedelta
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
from xueji.disclosures.actions import approvals as actions
from xueji.disclosures.actions.approvals import RECORD, REVIEW, VIEW, Said
from xueji.disclosures.actions.exports import REQUEST
from xueji.disclosures.queries import approvals as queries
from xueji.disclosures.queries.approvals import ApprovalView
from xueji.disclosures.rules import fields as rules
from xueji.disclosures.rules.approvals import (
    APPROVAL_STATE_NAMES,
    GOVERNMENT_NAMES,
    KIND_NAMES,
    LONGEST_TEXT,
    MOST_ROWS,
    ApprovalKind,
    ApprovalState,
    Government,
)
from xueji.disclosures.rules.recipients import LONGEST_CERTIFICATE
from xueji.disclosures.rules.statutes import STATUTES
from xueji.lib.errors import Refused
from xueji.web.disclosures import words
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, render
from xueji.web.rosters.words import key_text, uuid_key
from xueji.web.templatetags.xueji import spoken, thousands


def crumbs(*after: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("对外提供"), reverse("exports")), *after]


@door(VIEW)
def approvals(request: ActingRequest) -> HttpResponse:
    """The approvals of one's area, the newest first."""
    page = queries.listed(
        after=uuid_key(request.GET.get("after", "")), before=uuid_key(request.GET.get("before", ""))
    )
    rows = tuple(
        Row(
            (
                one.document_number or one.statute,
                one.recipient,
                words.approval_mark(one.state),
                thousands(one.row_cap),
                _("%(since)s 至 %(until)s") % {"since": one.valid_from, "until": one.valid_until},
            ),
            url=reverse("approval", args=[one.pk]),
        )
        for one in page.items
    )
    columns = (
        Column(_("文号")),
        Column(_("接收方")),
        Column(_("状态")),
        Column(_("人数上限"), "number"),
        Column(_("有效期"), "nowrap"),
    )
    context = {
        "table": Table(_("对外提供的批准，新的在前"), columns, rows) if rows else None,
        "may_record": request.actor.may(RECORD),
        "before": key_text(page.before),
        "after": key_text(page.after),
        "crumbs": crumbs((_("批准"), "")),
    }
    return render(request, "disclosures/approvals.html", context)


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ApprovalForm(forms.Form):
    """Everything that an approval has to say; the basis decides which of its parts are needed."""

    kind = forms.ChoiceField(label=gettext_lazy("依据"), widget=forms.RadioSelect)
    level = forms.ChoiceField(label=gettext_lazy("批准机关级别"), required=False)
    government = forms.CharField(
        label=gettext_lazy("批准机关"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("县级以上人民政府的全称；依据为法律规定时不填。"),
    )
    statute = forms.ChoiceField(label=gettext_lazy("法律依据"), required=False)
    document_number = forms.CharField(
        label=gettext_lazy("文号"),
        max_length=100,
        help_text=gettext_lazy("批准文件的文号；依据为法律规定时填接收方公函或法律文书的文号。"),
    )
    scan = forms.FileField(
        label=gettext_lazy("批准文件扫描件"),
        required=False,
        help_text=gettext_lazy("PDF、JPG 或 PNG，最大 2 MB；政府批准的必须上传。"),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )
    purpose = forms.CharField(
        label=gettext_lazy("用途"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 2})
    )
    fields_out = forms.MultipleChoiceField(
        label=gettext_lazy("可以提供的字段"), widget=forms.CheckboxSelectMultiple
    )
    row_cap = forms.IntegerField(
        label=gettext_lazy("人数上限"),
        min_value=1,
        max_value=MOST_ROWS,
        help_text=gettext_lazy("这项批准下所有文件合计。"),
    )
    valid_from = forms.DateField(label=gettext_lazy("有效期自"), widget=DayInput)
    valid_until = forms.DateField(label=gettext_lazy("有效期至"), widget=DayInput)
    recipient = forms.CharField(label=gettext_lazy("接收方"), max_length=100)
    certificate = forms.CharField(
        label=gettext_lazy("接收方证书"),
        max_length=LONGEST_CERTIFICATE,
        help_text=gettext_lazy(
            "PEM 格式的 X.509 加密证书（RSA，至少 3072 位）。文件只有持对应私钥的接收方能打开；不要粘贴私钥。"
        ),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, by: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["range_place"] = words.RangeField(by=by)
        self.order_fields([*list(self.fields)[:7], "range_place", *list(self.fields)[7:-1]])
        for name, choices in (
            ("kind", [(kind.value, spoken(KIND_NAMES[kind])) for kind in ApprovalKind]),
            (
                "level",
                [("", _("请选择")), *((one.value, spoken(GOVERNMENT_NAMES[one])) for one in Government)],
            ),
            (
                "statute",
                [
                    ("", _("请选择")),
                    *((one.code, words.law(one.code)) for one in STATUTES if not one.is_standing),
                ],
            ),
            ("fields_out", words.field_choices(rules.BY_KEY)),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def said(self) -> Said:
        """Return what was filled in, for the action."""
        chosen = self.cleaned_data
        file = chosen["scan"]
        return Said(
            kind=ApprovalKind(chosen["kind"]),
            purpose=chosen["purpose"],
            range_place=chosen["range_place"],
            fields=chosen["fields_out"],
            recipient=chosen["recipient"],
            certificate=chosen["certificate"],
            row_cap=chosen["row_cap"],
            valid_from=chosen["valid_from"],
            valid_until=chosen["valid_until"],
            level=Government(chosen["level"]) if chosen["level"] else None,
            government=chosen["government"],
            document_number=chosen["document_number"],
            statute=chosen["statute"],
            scan=file.read() if file else b"",
            scan_name=file.name if file else "",
        )


@door(RECORD, methods=("GET", "HEAD", "POST"))
def new(request: ActingRequest) -> HttpResponse:
    """Record an approval with its paper."""
    today = timezone.localdate()
    form = ApprovalForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        by=request.actor,
        initial={
            "kind": ApprovalKind.GOVERNMENT.value,
            "fields_out": [rules.ALWAYS],
            "valid_from": today,
            "valid_until": today + timedelta(days=30),
        },
    )
    context = {"form": form, "crumbs": crumbs((_("批准"), reverse("approvals")), (_("登记批准"), ""))}
    if request.method == "POST" and form.is_valid():

        def do() -> str:
            made = actions.record_approval(form.said(), by=request.actor, today=today)
            messages.success(request, _("已登记。由登记人以外的两人复核后生效。"))
            return reverse("approval", args=[made.pk])

        try:
            return done_once(request, do)
        except Refused as refused:
            return render(request, "disclosures/approval_new.html", context, refused=refused)
    return render(
        request, "disclosures/approval_new.html", context, status=UNPROCESSABLE if form.errors else None
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def approval_or_404(approval_id: UUID) -> ApprovalView:
    found = queries.approval_of(approval_id)
    if found is None:
        raise Http404
    return found


@door(VIEW)
def show(request: ActingRequest, approval_id: UUID) -> HttpResponse:
    """An approval: what it permits, who reviewed it, and what the reader can do with it."""
    return page_of(request, approval_or_404(approval_id))


def page_of(request: ActingRequest, found: ApprovalView, *, refused: Refused | None = None) -> HttpResponse:
    actor, one = request.actor, found.one
    is_own = actor.place == one.place
    state = ApprovalState(one.state)
    is_open = state is ApprovalState.UNDER_REVIEW
    context = {
        "found": found,
        "one": one,
        "title": one.document_number,
        "state": words.approval_mark(one.state),
        "figures": [
            (_("人数上限"), thousands(one.row_cap), ""),
            (_("已提供"), thousands(found.spent), ""),
            (_("还可提供"), thousands(found.left), ""),
        ],
        "facts": [
            (_("依据"), words.basis_of(one)),
            (_("用途"), one.purpose),
            (_("机构范围"), found.range_name),
            (_("字段"), words.field_names(one.fields)),
            (_("接收方"), one.recipient),
            (_("证书指纹（SHA-256）"), one.fingerprint),
            (_("有效期"), _("%(since)s 至 %(until)s") % {"since": one.valid_from, "until": one.valid_until}),
            (_("登记单位"), found.office),
        ],
        "entries": entries_of(found),
        "reviews": is_own
        and is_open
        and actor.may(REVIEW)
        and actor.account_id not in (one.requested_by, one.first_reviewer),
        "is_own_work": is_own and is_open and actor.account_id in (one.requested_by, one.first_reviewer),
        "may_revoke": is_own and state is ApprovalState.IN_FORCE and actor.may(REVIEW),
        "may_export": is_own and state is ApprovalState.IN_FORCE and actor.may(REQUEST),
        "form": ReasonForm(),
        "crumbs": crumbs((_("批准"), reverse("approvals")), (one.document_number, "")),
    }
    return render(request, "disclosures/approval.html", context, refused=refused)


def entries_of(found: ApprovalView) -> list[dict[str, Any]]:
    """Return the way of an approval for a timeline."""
    one = found.one
    done = [(_("登记"), found.recorder, one.requested_at, "")]
    reviewed = zip(found.reviewers, (one.first_reviewed_at, one.second_reviewed_at), strict=False)
    done += [(_("复核"), name, at, "") for name, at in reviewed if at is not None]
    entries: list[dict[str, Any]] = [
        {"what": what, "who": who, "on": at, "note": note, "state": "done"} for what, who, at, note in done
    ]
    match ApprovalState(one.state):
        case ApprovalState.UNDER_REVIEW:
            entries.append({"what": _("待复核"), "who": found.office, "on": None, "state": "now"})
        case ApprovalState.REFUSED | ApprovalState.REVOKED as ended:
            entries.append(
                {
                    "what": spoken(APPROVAL_STATE_NAMES[ended]),
                    "who": found.office,
                    "on": None,
                    "note": one.reason,
                    "state": "refused",
                }
            )
    return entries


@door(REVIEW, methods=("POST",), is_risky=True)
def act(request: ActingRequest, approval_id: UUID) -> HttpResponse:
    """Review an approval, or revoke one in force."""
    found = approval_or_404(approval_id)
    wanted, reason = request.POST.get("act", ""), request.POST.get("reason", "")

    def do() -> str:
        if wanted == "revoke":
            actions.revoke(approval_id, reason=reason, by=request.actor)
            messages.success(request, _("已停用，不能再据此提供数据。"))
        else:
            made = actions.review(
                approval_id,
                is_granted=wanted == "approve",
                by=request.actor,
                now=timezone.now(),
                reason=reason,
            )
            messages.success(
                request,
                {
                    ApprovalState.IN_FORCE: _("复核完毕，批准已生效。"),
                    ApprovalState.REFUSED: _("已退回，该批准不生效。"),
                }.get(ApprovalState(made.state), _("已复核，还须另一人复核。")),
            )
        return reverse("approval", args=[approval_id])

    try:
        return done_once(request, do)
    except Refused as refused:
        if refused.code == "not-found":
            raise
        return page_of(request, found, refused=refused)


@door(VIEW)
def scan(request: ActingRequest, approval_id: UUID) -> HttpResponse:
    """The paper of an approval."""
    opened = actions.open_scan(approval_id, by=request.actor)
    return words.file_to_keep(opened.content, name=opened.file_name, media_type=opened.media_type)
