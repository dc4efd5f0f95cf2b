"""Tracing a leaked file: upload it, read whose it was and what speaks for it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.disclosures.actions import traces as actions
from xueji.disclosures.actions.traces import TRACE, Traced
from xueji.disclosures.rules.traces import SURE
from xueji.lib.errors import Refused
from xueji.web.disclosures.approvals import crumbs
from xueji.web.doors import ActingRequest, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, part, render
from xueji.web.templatetags.xueji import percent, thousands

SHOWN = 20
MOST_SHOWN = 0.9999


class TraceForm(forms.Form):
    """A file that was found where it should not be."""

    file = forms.FileField(
        label=gettext_lazy("把泄露的文件拖到这里，或选择文件"),
        help_text=gettext_lazy(".xlsx 或 .csv；只有一部分、重新排序、改成 CSV 的也可以查"),
        error_messages={
            "required": gettext_lazy("请选择一个文件。"),
            "empty": gettext_lazy("文件是空的，请重新选择。"),
        },
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )


@door(TRACE, methods=("GET", "HEAD", "POST"))
def trace(request: ActingRequest) -> HttpResponse:
    """The upload, and what came of it. The file is looked at and not kept; that it was traced is recorded."""
    form = TraceForm(request.POST, request.FILES) if request.method == "POST" else TraceForm()
    context: dict[str, Any] = {"form": form, "crumbs": crumbs((_("追查泄露的文件"), ""))}
    if request.method != "POST":
        return render(request, "disclosures/trace.html", context)
    if not form.is_valid():
        return render(request, "disclosures/trace.html", context, status=UNPROCESSABLE)
    file = form.cleaned_data["file"]
    try:
        report = actions.trace(file.read(), name=file.name, by=request.actor)
    except Refused as refused:
        return render(request, "disclosures/trace.html", context, refused=refused)
    context |= {
        "report": report,
        "file_name": file.name,
        "sure": [told(one) for one in report.sure],
        "figures": [
            (_("行"), thousands(report.rows), ""),
            (_("认出"), thousands(report.known_rows), ""),
            (_("足以认定"), thousands(len(report.sure)), "late" if report.sure else ""),
        ],
        "table": evidence_table(report.files[:SHOWN]),
    }
    return render(request, "disclosures/trace.html", context)


def told(one: Traced) -> str:
    """Return in a sentence whose file it was."""
    left = one.left
    return _("该文件出自 %(office)s 提供给 %(recipient)s 的文件（%(basis)s，%(at)s，经办 %(by)s）。") % {
        "office": left.office,
        "recipient": left.recipient,
        "basis": left.basis,
        "at": f"{timezone.localtime(left.at):%Y-%m-%d %H:%M}",
        "by": left.by,
    }


def sureness(confidence: float) -> str:
    """Return a confidence as a share; it is never the whole."""
    return "> 99.99%" if confidence > MOST_SHOWN else percent(confidence, 2)


def evidence_table(found: tuple[Traced, ...]) -> Table | None:
    rows = tuple(
        Row(
            (
                _("%(office)s → %(recipient)s")
                % {"office": one.left.office, "recipient": one.left.recipient},
                part(
                    "state",
                    tone="late" if one.evidence.confidence >= SURE else "past",
                    word=sureness(one.evidence.confidence),
                ),
                thousands(one.evidence.rows),
                thousands(one.evidence.exclusive),
                thousands(one.evidence.canaries),
                thousands(one.evidence.codes),
                f"{one.evidence.spellings_alike} / {one.evidence.spellings}",
                f"{one.evidence.steps_alike} / {one.evidence.steps}",
            )
        )
        for one in found
    )
    columns = (
        Column(_("提供")),
        Column(_("可信度")),
        Column(_("认出的行"), "number"),
        Column(_("只有它有的行"), "number"),
        Column(_("虚构的学生"), "number"),
        Column(_("核对码"), "number"),
        Column(_("写法相符"), "number"),
        Column(_("次序相符"), "number"),
    )
    return Table(_("可能的出处，最可能的在前"), columns, rows) if rows else None
