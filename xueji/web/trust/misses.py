"""Look-ups that found nothing today, with their budgets; alarms; canary numbers. For security administrators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xueji.access import actions_misses
from xueji.access.queries_misses import PAGE, AlarmLine, Used, alarms, used_on
from xueji.access.rules.misses import BUDGETS, COUNTED_NAMES, WAY_NAMES, Counted, Way
from xueji.lib.errors import Refused
from xueji.organisations.queries import name_at, offices_at
from xueji.students import actions_canaries
from xueji.students.models import Canary
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, part, render
from xueji.web.schools.views import number_key
from xueji.web.templatetags.xueji import day, minute, spoken, thousands

ALARM_NAMES = {
    "canary": gettext_lazy("有人查找了诱饵号码"),
    "misses": gettext_lazy("查找限额已用完"),
    "emergency": gettext_lazy("使用了紧急查阅"),
}


# Budgets ------------------------------------------------------------------------------------------


class LiftForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("放宽理由"),
        help_text=gettext_lazy("例如：新生集中注册。理由会记入操作记录。"),
        max_length=actions_misses.LONGEST_REASON,
    )


@door("misses.view")
def look_ups(request: ActingRequest) -> HttpResponse:
    """The budgets of the area that are used today, the most used first."""
    found = used_on(timezone.localdate())
    names = names_of({one.place for one in found})
    may_lift = request.actor.may("misses.lift")
    columns = (
        Column(_("谁")),
        Column(_("单位")),
        Column(_("内容")),
        Column(_("今日已用"), "number"),
        Column(_("上限"), "number"),
        Column(_("状态")),
    )
    rows = tuple(
        Row(
            (
                who(one),
                names.get(one.place, ""),
                spoken(WAY_NAMES[one.way]),
                thousands(one.standing.used),
                thousands(one.standing.most),
                standing_mark(one),
            ),
            url=reverse("look-up-lift", args=[one.way.value, one.standing.budget.counted.value, one.who])
            if may_lift and one.place != request.actor.place
            else "",
        )
        for one in found
    )
    budgets = tuple(
        Row((spoken(WAY_NAMES[one.way]), spoken(COUNTED_NAMES[one.counted]), thousands(one.most)))
        for one in BUDGETS
    )
    context = {
        "table": Table(_("今天用掉的限额，多的在前"), columns, rows) if rows else None,
        "budgets": Table(
            _("每日限额"), (Column(_("内容")), Column(_("按")), Column(_("每天最多"), "number")), budgets
        ),
    }
    return render(request, "trust/look_ups.html", context)


def who(one: Used) -> str:
    """Return whose budget it is, in words."""
    kind = spoken(COUNTED_NAMES[one.standing.budget.counted])
    return f"{kind} {one.name} {one.username}".strip() if one.username else kind


def standing_mark(one: Used) -> Any:
    if one.standing.is_used_up:
        return part("state", tone="late", word=_("已用完"))
    if one.standing.extra:
        return part("state", tone="waiting", word=_("已放宽"))
    return part("state", tone="good", word=_("正常"))


def names_of(places: set[int]) -> dict[int, str]:
    return {one.place: one.name for one in offices_at(places)}


@door("misses.lift", methods=("GET", "HEAD", "POST"), is_risky=True)
def lift(request: ActingRequest, way: str, counted: str, subject: int) -> HttpResponse:
    """Allow an account, an office or a county its budget once more today, for a reason."""
    today = timezone.localdate()
    one = next(
        (
            one
            for one in used_on(today)
            if (one.way, one.standing.budget.counted, one.who) == (way, counted, subject)
        ),
        None,
    )
    if one is None:
        raise Http404
    form = LiftForm(request.POST if request.method == "POST" else None)
    context = {
        "form": form,
        "who": who(one),
        "office": name_at(one.place),
        "what": spoken(WAY_NAMES[one.way]),
        "one": one,
        "crumbs": [(_("查找限额"), reverse("look-ups")), (_("放宽限额"), "")],
    }
    if request.method == "POST" and form.is_valid():

        def act() -> str:
            actions_misses.lift(
                Way(way),
                Counted(counted),
                subject,
                place=one.place,
                reason=form.cleaned_data["reason"],
                by=request.actor,
                today=today,
            )
            messages.success(request, _("已放宽，今天有效。"))
            return reverse("look-ups")

        try:
            return done_once(request, act)
        except Refused as refused:
            return render(request, "trust/lift.html", context, refused=refused)
    return render(request, "trust/lift.html", context, status=UNPROCESSABLE if form.errors else None)


# Alarms -------------------------------------------------------------------------------------------


class SettleForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("处理情况"),
        max_length=actions_misses.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@door("alarms.view")
def alarm_list(request: ActingRequest) -> HttpResponse:
    """The alarms of the area, those nobody has settled first asked for."""
    after = number_key(request.GET.get("after", ""))
    is_all = request.GET.get("all") == "yes"
    found = alarms(is_open=not is_all, before=after)
    shown = found[:PAGE]
    names = names_of({one.place for one in shown})
    may_settle = request.actor.may("alarms.settle")
    columns = (
        Column(_("时间"), "nowrap"),
        Column(_("事项")),
        Column(_("单位")),
        Column(_("账号")),
        Column(_("处理情况")),
    )
    rows = tuple(
        Row(
            (
                minute(one.at),
                what(one),
                names.get(one.place, ""),
                f"{one.name} {one.username}".strip(),
                one.note or _("待处理"),
            ),
            url=reverse("alarm-settle", args=[one.id]) if may_settle and one.settled_at is None else "",
        )
        for one in shown
    )
    context = {
        "table": Table(_("安全提醒，新的在前"), columns, rows) if rows else None,
        "is_all": is_all,
        "after": str(shown[-1].id) if len(found) > PAGE else "",
        "before": "",
    }
    return render(request, "trust/alarms.html", context)


def what(one: AlarmLine) -> str:
    """Return what an alarm is about, in words."""
    words = str(ALARM_NAMES[one.kind])
    way = one.content.get("way")
    return f"{words}（{spoken(WAY_NAMES[Way(way)])}）" if way else words


@door("alarms.settle", methods=("GET", "HEAD", "POST"))
def settle(request: ActingRequest, alarm_id: int) -> HttpResponse:
    """Note what was found out about an alarm."""
    one = next((one for one in alarms(is_open=True, before=alarm_id + 1) if one.id == alarm_id), None)
    if one is None:
        raise Http404
    form = SettleForm(request.POST if request.method == "POST" else None)
    context = {
        "form": form,
        "one": one,
        "what": what(one),
        "office": name_at(one.place),
        "crumbs": [(_("安全提醒"), reverse("alarms")), (_("处理"), "")],
    }
    if request.method == "POST" and form.is_valid():

        def act() -> str:
            actions_misses.settle_alarm(
                alarm_id, note=form.cleaned_data["note"], by=request.actor, now=timezone.now()
            )
            messages.success(request, _("已登记处理情况。"))
            return reverse("alarms")

        try:
            return done_once(request, act)
        except Refused as refused:
            return render(request, "trust/settle.html", context, refused=refused)
    return render(request, "trust/settle.html", context, status=UNPROCESSABLE if form.errors else None)


# Canaries -----------------------------------------------------------------------------------------


class CanaryForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("号码"),
        required=False,
        max_length=18,
        help_text=gettext_lazy("公安机关确认从未签发的号码；留空则按下面的个数生成。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    count = forms.IntegerField(
        label=gettext_lazy("生成个数"), min_value=1, max_value=actions_canaries.MOST_AT_ONCE, initial=5
    )
    note = forms.CharField(
        label=gettext_lazy("放在哪里"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("例如：混入 9 月的导出文件。"),
    )


@door("canaries.manage", methods=("GET", "HEAD", "POST"))
def canaries(request: ActingRequest) -> HttpResponse:
    """The canary numbers of the own office, and the form that keeps more."""
    by, today = request.actor, timezone.localdate()
    form = CanaryForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data

        def act() -> str:
            if wanted["number"]:
                actions_canaries.create(wanted["number"], note=wanted["note"], by=by, today=today)
                kept = 1
            else:
                kept = len(actions_canaries.draw(wanted["count"], note=wanted["note"], by=by, today=today))
            messages.success(
                request,
                ngettext("已登记 %(number)s 个诱饵号码。", "已登记 %(number)s 个诱饵号码。", kept)
                % {"number": kept},
            )
            return reverse("canaries")

        try:
            return done_once(request, act)
        except Refused as refused:
            return render(request, "trust/canaries.html", canary_context(request, form), refused=refused)
    context = canary_context(request, form)
    return render(request, "trust/canaries.html", context, status=UNPROCESSABLE if form.errors else None)


def canary_context(request: ActingRequest, form: CanaryForm) -> dict[str, Any]:
    kept = Canary.objects.filter(place=request.actor.place, retired_on__isnull=True).order_by("-id")[:200]
    return {
        "form": form,
        "kept": [
            {"id": one.pk, "number": actions_canaries.shown(one), "note": one.note, "on": day(one.created_on)}
            for one in kept
        ],
    }


@door("canaries.manage", methods=("POST",))
def retire(request: ActingRequest, canary_id: int) -> HttpResponse:
    """Take a canary off the list."""

    def act() -> str:
        actions_canaries.retire(canary_id, by=request.actor, today=timezone.localdate())
        messages.success(request, _("已停用该诱饵号码。"))
        return reverse("canaries")

    return done_once(request, act)
