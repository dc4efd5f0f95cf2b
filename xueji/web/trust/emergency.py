"""Emergency access: asked for, granted by a second person, looked at for an hour, reviewed by the level above."""

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

from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.organisations.queries import authority_above, name_at, offices_at
from xueji.students import actions_emergency as actions
from xueji.students.models import EmergencyAccess
from xueji.students.queries.emergencies import access_with, accesses_of
from xueji.students.rules import code_lists as lists
from xueji.students.rules.emergencies import BY_CODE, EMERGENCIES, MINUTES
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, part, render
from xueji.web.pupils import words
from xueji.web.pupils.records import private_values
from xueji.web.templatetags.xueji import day, minute, spoken


class AskForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("情形"))
    number = forms.CharField(
        label=gettext_lazy("学籍号或证件号"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=100)
    reason = forms.CharField(
        label=gettext_lazy("情况说明"),
        max_length=500,
        help_text=gettext_lazy("发生了什么，为什么等不了正常办理。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            ("", _("请选择")),
            *((one.code, spoken((one.zh, one.en))) for one in EMERGENCIES),
        ]


class ReviewForm(forms.Form):
    verdict = forms.CharField(
        label=gettext_lazy("复核意见"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


def state_of(one: EmergencyAccess) -> Any:
    """Return where an access stands, as a mark with its word."""
    if one.is_granted is None:
        return part("state", tone="waiting", word=_("待同意"))
    if not one.is_granted:
        return part("state", tone="past", word=_("未同意"))
    if one.reviewed_at is not None:
        justified = one.is_justified
        return part(
            "state",
            tone="good" if justified else "late",
            word=_("复核：正当") if justified else _("复核：不正当"),
        )
    if one.ends_at is not None and timezone.now() < one.ends_at:
        return part("state", tone="now", word=_("可查看"))
    return part("state", tone="waiting", word=_("待复核"))


@door("emergency.view")
def emergencies(request: ActingRequest) -> HttpResponse:
    """The emergency access of the own office, and what it reviews."""
    found = accesses_of(request.actor)
    offices = {one.place: one.name for one in offices_at({one.place for one in found})}
    columns = (
        Column(_("申请"), "nowrap"),
        Column(_("情形")),
        Column(_("单位")),
        Column(_("查看次数"), "number"),
        Column(_("状态")),
    )
    rows = tuple(
        Row(
            (
                minute(one.asked_at),
                kind_of(one),
                offices.get(one.place, ""),
                str(one.reads),
                state_of(one),
            ),
            url=reverse("emergency", args=[one.id]),
        )
        for one in found
    )
    context = {
        "table": Table(_("紧急查阅，新的在前"), columns, rows) if rows else None,
        "may_ask": request.actor.may("emergency.ask"),
    }
    return render(request, "trust/emergencies.html", context)


def kind_of(one: EmergencyAccess) -> str:
    return spoken((BY_CODE[one.kind].zh, BY_CODE[one.kind].en))


@door("emergency.ask", methods=("GET", "HEAD", "POST"), is_risky=True)
def new(request: ActingRequest) -> HttpResponse:
    """Ask to look at a pupil outside the own area."""
    form = AskForm(request.POST if request.method == "POST" else None)
    context = {
        "form": form,
        "minutes": MINUTES,
        "crumbs": [(_("紧急查阅"), reverse("emergencies")), (_("申请"), "")],
    }
    if request.method == "POST" and form.is_valid():

        def act() -> str:
            asked = actions.ask(
                **form.cleaned_data,
                by=request.actor,
                above=authority_above(request.actor.place),
                now=timezone.now(),
            )
            messages.success(request, _("已提交，请本单位主管领导同意。"))
            return reverse("emergency", args=[asked.id])

        try:
            return done_once(request, act)
        except Refused as refused:
            return render(request, "trust/emergency_new.html", context, refused=refused)
    return render(request, "trust/emergency_new.html", context, status=UNPROCESSABLE if form.errors else None)


@door("emergency.view", methods=("GET", "HEAD", "POST"))
def emergency(request: ActingRequest, access_id: UUID) -> HttpResponse:
    """One access: what happened, who granted it, how often it was used, and what the reader does with it."""
    one = access_with(access_id, by=request.actor)
    if one is None:
        raise Http404
    form = ReviewForm(request.POST if request.method == "POST" and "verdict" in request.POST else None)
    if request.method == "POST":
        act = request.POST.get("act", "")

        def do() -> str:
            now = timezone.now()
            if act in ("grant", "refuse"):
                actions.decide(access_id, is_granted=act == "grant", by=request.actor, now=now)
                messages.success(request, _("已同意。") if act == "grant" else _("已不同意。"))
            else:
                actions.review(
                    access_id,
                    is_justified=act == "justified",
                    verdict=request.POST.get("verdict", "")[:500].replace("\0", ""),
                    by=request.actor,
                    now=now,
                )
                messages.success(request, _("已登记复核意见。"))
            return reverse("emergency", args=[access_id])

        if act not in ("grant", "refuse", "justified", "unjustified"):
            raise Http404
        try:
            return done_once(request, do)
        except Refused as refused:
            return page(request, one, form, refused)
    return page(request, one, form)


def page(
    request: ActingRequest, one: EmergencyAccess, form: ReviewForm, refused: Refused | None = None
) -> HttpResponse:
    actor, now = request.actor, timezone.now()
    is_running = bool(one.is_granted) and one.ends_at is not None and now < one.ends_at
    context = {
        "one": one,
        "kind": kind_of(one),
        "office": name_at(one.place),
        "state": state_of(one),
        "form": form,
        "decides": one.is_granted is None and one.place == actor.place and actor.may("emergency.grant"),
        "looks": is_running and one.asked_by == actor.account_id and actor.may("emergency.ask"),
        "reviews": bool(one.is_granted)
        and not is_running
        and one.reviewed_at is None
        and one.desk_place == actor.place
        and actor.may("emergency.review"),
        "minutes": MINUTES,
        "crumbs": [(_("紧急查阅"), reverse("emergencies")), (kind_of(one), "")],
    }
    return render(request, "trust/emergency.html", context, refused=refused)


@door("emergency.ask")
def pupil(request: ActingRequest, access_id: UUID) -> HttpResponse:
    """The pupil, as an emergency needs it: where, and whom to reach. Numbers stay masked."""
    one = access_with(access_id, by=request.actor)
    if one is None:
        raise Http404
    try:
        one, found = actions.look(access_id, by=request.actor, now=timezone.now())
    except Refused as refused:
        return page(request, one, ReviewForm(), refused)
    student, stay = found.student, found.stay
    facts = [
        (_("姓名"), student.name),
        (_("性别"), words.coded(lists.SEXES, student.sex)),
        (_("出生日期"), day(student.birth_on)),
        (_("证件号"), masks.document(found.document.value) if found.document else "–"),
        (_("学校"), stay.school if stay else "–"),
        (_("班级"), words.class_name(stay.grade, stay.class_name) if stay else "–"),
        *((value.label, value.shown) for value in private_values(found.private, "private")),
    ]
    family = [
        (
            f"{words.coded(lists.RELATIONS, relative.relation)} {relative.name}",
            [
                (value.label, value.shown)
                for value in private_values(relative.private, f"member{relative.ordinal}")
            ],
        )
        for relative in found.family
    ]
    context = {
        "one": one,
        "title": student.name,
        "facts": facts,
        "family": family,
        "crumbs": [
            (_("紧急查阅"), reverse("emergencies")),
            (kind_of(one), reverse("emergency", args=[one.id])),
            (student.name, ""),
        ],
    }
    return render(request, "trust/emergency_pupil.html", context)
