"""How approvals and exports are spoken of on the screens, and the fields of their forms."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import quote

from django import forms
from django.http import HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.scope import Actor
from xueji.disclosures.models import Approval, Export
from xueji.disclosures.rules import fields as rules
from xueji.disclosures.rules.approvals import (
    APPROVAL_STATE_NAMES,
    EXPORT_STATE_NAMES,
    GOVERNMENT_NAMES,
    ApprovalKind,
    ApprovalState,
    ExportState,
    Government,
)
from xueji.disclosures.rules.statutes import BY_CODE as STATUTES
from xueji.organisations.queries import name_at, place_of_identifier
from xueji.web.pages import part
from xueji.web.templatetags.xueji import spoken

APPROVAL_TONES = {
    ApprovalState.UNDER_REVIEW: "waiting",
    ApprovalState.IN_FORCE: "good",
    ApprovalState.REFUSED: "past",
    ApprovalState.REVOKED: "past",
}
EXPORT_TONES = {
    ExportState.REQUESTED: "waiting",
    ExportState.RELEASED: "now",
    ExportState.DONE: "good",
    ExportState.FAILED: "late",
    ExportState.REFUSED: "past",
    ExportState.WITHDRAWN: "past",
    ExportState.EXPIRED: "past",
}
DIVISION = re.compile(r"[0-9]{6}")


def approval_mark(state: str) -> SafeString:
    found = ApprovalState(state)
    return part("state", tone=APPROVAL_TONES[found], word=spoken(APPROVAL_STATE_NAMES[found]))


def export_mark(state: str) -> SafeString:
    found = ExportState(state)
    return part("state", tone=EXPORT_TONES[found], word=spoken(EXPORT_STATE_NAMES[found]))


def basis_of(approval: Approval) -> str:
    """Return what an approval rests on: the government with its document, or the law with its article."""
    if approval.kind == ApprovalKind.STATUTE:
        return f"{law(approval.statute)} {approval.document_number}".strip()
    level = spoken(GOVERNMENT_NAMES[Government(approval.level)])
    return _("%(government)s（%(level)s）%(document)s") % {
        "government": approval.government,
        "level": level,
        "document": approval.document_number,
    }


def law(code: str) -> str:
    """Return a law with its article, and what it permits."""
    one = STATUTES.get(code)
    if one is None:
        return code
    return _("%(law)s第 %(article)s 条：%(permits)s") % {
        "law": spoken((one.law_zh, one.law_en)),
        "article": one.article,
        "permits": spoken((one.permits_zh, one.permits_en)),
    }


def field_names(keys: Collection[str]) -> str:
    return _("、").join(spoken((one.zh, one.en)) for one in rules.in_order(keys))


def field_choices(keys: Collection[str]) -> list[tuple[str, str]]:
    return [(one.key, spoken((one.zh, one.en))) for one in rules.in_order(keys)]


def title_of(export: Export, range_name: str) -> str:
    return _("%(range)s → %(recipient)s") % {"range": range_name, "recipient": export.approval.recipient}


class RangeField(forms.CharField):
    """A school by identifier, or an area by division; empty for the own area. Cleaned to its place."""

    def __init__(self, *, by: Actor, **kwargs: Any) -> None:
        super().__init__(
            label=gettext_lazy("机构范围"),
            required=False,
            max_length=12,
            help_text=gettext_lazy("学校标识码（10 位）或行政区划代码（6 位）；不填为本单位管理的全部学校。"),
            **kwargs,
        )
        self.by = by

    def clean(self, value: Any) -> int:
        text = str(super().clean(value)).strip()
        if not text:
            return self.by.place
        place = int(text) * 1_000_000 if DIVISION.fullmatch(text) else place_of_identifier(text[:10])
        if place is None or place not in self.by.scope or not name_at(place):
            raise forms.ValidationError(_("没有这个学校或行政区划，或不在您的管理范围内。"))
        return place


def file_to_keep(content: bytes, *, name: str, media_type: str) -> HttpResponse:
    """Return a file that the browser keeps and does not open."""
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": f"attachment; filename=\"file\"; filename*=UTF-8''{quote(name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )
