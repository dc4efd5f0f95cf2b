"""升级: the plan, what does not fit, the signatures of the authorities, the night, and the way back."""

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

from xueji.access.rules.permissions import Level
from xueji.lib.errors import Refused
from xueji.lib.school_years import school_year
from xueji.organisations.queries import name_at
from xueji.organisations.rules.school_kinds import YEARS, System
from xueji.status.actions import promotion as actions
from xueji.status.models import Campaign
from xueji.status.queries import promotion as queries
from xueji.status.rules.promotion import (
    CAMPAIGN_STATES,
    SCHOOL_STATES,
    CampaignState,
    SchoolState,
    Weight,
)
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, part, render
from xueji.web.templatetags.xueji import day, percent, spoken, thousands

TONES = {
    CampaignState.PLANNED: "waiting",
    CampaignState.RUNNING: "now",
    CampaignState.DONE: "good",
    CampaignState.UNDONE: "past",
    SchoolState.OPEN: "waiting",
    SchoolState.SIGNED: "now",
    SchoolState.LEFT_OUT: "past",
    SchoolState.DONE: "good",
    SchoolState.UNDONE: "past",
}
MOST_SCHOOLS = 1000


class PlanForm(forms.Form):
    year = forms.IntegerField(
        label=gettext_lazy("升入的学年"),
        min_value=2000,
        max_value=2100,
        help_text=gettext_lazy("填学年开始的年份，例如 2027 表示 2027—2028 学年。"),
    )


class SettleForm(forms.Form):
    note = forms.CharField(label=gettext_lazy("说明"), max_length=300, required=False)


def campaign_mark(state: str) -> object:
    one = CampaignState(state)
    return part("state", tone=TONES[one], word=spoken(CAMPAIGN_STATES[one]))


def year_word(year: int) -> str:
    return _("%(year)s—%(next)s 学年") % {"year": year, "next": year + 1}


def system_word(code: str) -> str:
    """Return how many years the stages take, in words."""
    system = YEARS[System(code)]
    return spoken((system.zh, system.en))


@door("promotion.view", methods=("GET", "HEAD", "POST"))
def promotions(request: ActingRequest) -> HttpResponse:
    """All promotions that touch the reader's area; the ministry and provinces plan one here."""
    today = timezone.localdate()
    refused: Refused | None = None
    form = PlanForm(
        request.POST if request.method == "POST" else None, initial={"year": school_year(today) + 1}
    )
    if request.method == "POST" and form.is_valid():
        year = form.cleaned_data["year"]
        try:
            return done_once(request, lambda: planned(request, year))
        except Refused as error:
            refused = error
    rows = tuple(
        Row(
            (
                year_word(one.school_year),
                name if one.area else _("全国"),
                campaign_mark(one.state),
                day(one.planned_on),
            ),
            url=reverse("promotion", args=[one.id]),
        )
        for one, name in queries.campaigns(request.actor)
    )
    columns = (
        Column(_("学年")),
        Column(_("范围")),
        Column(_("状态")),
        Column(_("计划日期"), "nowrap"),
    )
    context = {
        "table": Table(_("升级，学年晚的在前"), columns, rows) if rows else None,
        "form": form if request.actor.may("promotion.plan") else None,
    }
    status = UNPROCESSABLE if request.method == "POST" and refused is None else None
    return render(request, "promotion/list.html", context, refused=refused, status=status)


def planned(request: ActingRequest, year: int) -> str:
    actor = request.actor
    campaign = actions.plan(area=actor.place, school_year=year, by=actor, today=timezone.localdate())
    messages.success(request, _("已制定计划。请各主管部门核对并确认所属学校。"))
    return reverse("promotion", args=[campaign.id])


def campaign_for(request: ActingRequest, campaign_id: UUID) -> Campaign:
    """Return a promotion that touches the reader's area. Raises Http404."""
    campaign = queries.campaign_seen(campaign_id, by=request.actor)
    if campaign is None:
        raise Http404
    return campaign


@door("promotion.view")
def promotion(request: ActingRequest, campaign_id: UUID) -> HttpResponse:
    """One promotion, as the reader's office sees it."""
    return page(request, campaign_for(request, campaign_id))


def page(
    request: ActingRequest, campaign: Campaign, *, refused: Refused | None = None, note: str = ""
) -> HttpResponse:
    actor = request.actor
    is_open = campaign.state in (CampaignState.PLANNED, CampaignState.RUNNING)
    parts = queries.standings(campaign.id, width=queries.WIDTHS[actor.level])
    lists_schools = actor.level in (Level.COUNTY, Level.SCHOOL) or any(
        one.place == actor.place for one in parts
    )
    found = (
        queries.schools(
            campaign.id, authority=None if actor.level is Level.SCHOOL else actor.place, limit=MOST_SCHOOLS
        )
        if lists_schools
        else []
    )
    may_sign = is_open and actor.may("promotion.sign")
    total = {
        name: sum(getattr(one, name) for one in parts)
        for name in ("schools", "open", "signed", "left_out", "done", "doubtful", "pupils")
    }
    context = {
        "campaign": campaign,
        "crumbs": [(_("升级"), reverse("promotions")), (year_word(campaign.school_year), "")],
        "title": _("升入 %(year)s") % {"year": year_word(campaign.school_year)},
        "area": name_at(campaign.area) if campaign.area else _("全国"),
        "state": campaign_mark(campaign.state),
        "total": total,
        "parts": parts_table(parts) if actor.level not in (Level.COUNTY, Level.SCHOOL) else None,
        "schools": schools_table(found, can_pick=may_sign) if found else None,
        "progress": queries.progress(campaign.id)
        if campaign.state in (CampaignState.RUNNING, CampaignState.DONE)
        else None,
        "is_running": campaign.state == CampaignState.RUNNING,
        "may_sign": may_sign and bool(found),
        "plain": sum(1 for one in found if one.state is SchoolState.OPEN and not one.needs_word),
        "may_start": campaign.state == CampaignState.PLANNED
        and actor.may("promotion.start")
        and campaign.area == actor.place,
        "may_undo": actor.may("promotion.undo")
        and campaign.state in (CampaignState.RUNNING, CampaignState.DONE)
        and total["done"] > 0,
        "note": note,
    }
    return render(request, "promotion/promotion.html", context, refused=refused)


def parts_table(parts: list[queries.Standing]) -> Table:
    columns = (
        Column(_("主管部门")),
        Column(_("学校"), "number"),
        Column(_("待确认"), "number"),
        Column(_("有疑问"), "number"),
        Column(_("已确认"), "number"),
        Column(_("已升级"), "number"),
        Column(_("学生"), "number"),
        Column(_("确认进度"), "number"),
    )
    rows = tuple(
        Row(
            (
                one.name,
                thousands(one.schools),
                thousands(one.open),
                part("state", tone="late", word=thousands(one.doubtful)) if one.doubtful else "0",
                thousands(one.signed),
                thousands(one.done),
                thousands(one.pupils),
                percent(one.settled / one.schools),
            )
        )
        for one in parts
    )
    return Table(_("各主管部门的确认情况"), columns, rows)


def schools_table(found: list[queries.School], *, can_pick: bool) -> Table:
    columns = (
        Column(_("学校")),
        Column(_("学制"), "nowrap"),
        Column(_("升级人数"), "number"),
        Column(_("状态")),
        Column(_("核对结果")),
    )
    rows = tuple(
        Row(
            (
                one.name,
                system_word(one.system),
                thousands(one.pupils),
                part("state", tone=TONES[one.state], word=spoken(SCHOOL_STATES[one.state])),
                part("differences", differences=[sentence(d) for d in one.differences], note=one.note),
            ),
            key=str(one.place) if can_pick and one.state is not SchoolState.DONE else "",
        )
        for one in found
    )
    return Table(_("学校，有疑问的在前"), columns, rows)


def sentence(one: Any) -> dict[str, Any]:
    return {
        "is_doubt": one.kind.weight is Weight.DOUBT,
        "text": spoken((one.zh, one.en)),
        "remedy": spoken((one.kind.remedy_zh, one.kind.remedy_en)),
    }


@door("promotion.view")
def progress(request: ActingRequest, campaign_id: UUID) -> HttpResponse:
    """How far it is, asked again while it runs."""
    return render(
        request,
        "promotion/progress.html",
        progress_context(campaign_for(request, campaign_id)),
        fragment="progress",
    )


def progress_context(campaign: Campaign) -> dict[str, Any]:
    return {
        "campaign": campaign,
        "progress": queries.progress(campaign.id),
        "is_running": campaign.state == CampaignState.RUNNING,
    }


@door("promotion.sign", methods=("POST",))
def settle(request: ActingRequest, campaign_id: UUID) -> HttpResponse:
    """Sign, leave out or look again at schools of the own authority."""
    campaign = campaign_for(request, campaign_id)
    chosen = [int(one) for one in request.POST.getlist("selected") if one.isdecimal() and len(one) < 19]
    note, act = request.POST.get("note", ""), request.POST.get("act", "")
    if act in ("sign", "leave_out", "check") and not chosen:
        refused = Refused("请先勾选学校。", "Tick schools first.", code="nothing-chosen")
        return page(request, campaign, refused=refused, note=note)
    try:
        return done_once(request, lambda: settled(request, campaign, act, chosen, note))
    except Refused as refused:
        return page(request, campaign, refused=refused, note=note)


def settled(request: ActingRequest, campaign: Campaign, act: str, chosen: list[int], note: str) -> str:
    by, today = request.actor, timezone.localdate()
    match act:
        case "sign_all":
            count = actions.sign(campaign.id, by=by, today=today)
            said = _("已确认 %(count)s 所没有疑问的学校。")
        case "sign":
            count = actions.sign(campaign.id, by=by, today=today, school_places=chosen, note=note)
            said = _("已确认 %(count)s 所学校。")
        case "leave_out":
            count = actions.leave_out(campaign.id, by=by, today=today, school_places=chosen, note=note)
            said = _("%(count)s 所学校本次不升级。")
        case "check":
            count = actions.check_again(campaign.id, by=by, school_places=chosen)
            said = _("已重新核对 %(count)s 所学校。")
        case _:
            raise Refused("请从页面上的按钮操作。", "Use the buttons of the page.", code="not-now")
    messages.success(request, said % {"count": count})
    return reverse("promotion", args=[campaign.id])


@door("promotion.start", methods=("POST",))
def start(request: ActingRequest, campaign_id: UUID) -> HttpResponse:
    """Start it: first what it will do, then, confirmed, the run."""
    campaign = campaign_for(request, campaign_id)
    if request.POST.get("confirmed") != "yes":
        reached = queries.progress(campaign.id)
        return confirm(
            request,
            campaign,
            question=_("确定启动升级？"),
            figures=[
                (_("已确认的学校"), thousands(reached.schools), "now"),
                (_("升级的学生"), thousands(reached.pupils), "now"),
            ],
            consequences=[
                _("已确认学校的年级当晚全部加一；毕业年级不升级。"),
                _("还没有确认的学校不升级，确认后自动补升。"),
                _("办理中的业务不停办，随班级进入新年级。"),
            ],
            label=_("启动升级"),
        )
    try:
        return done_once(request, lambda: started(request, campaign))
    except Refused as refused:
        return page(request, campaign, refused=refused)


def started(request: ActingRequest, campaign: Campaign) -> str:
    actions.start(campaign.id, by=request.actor)
    messages.success(request, _("已启动，后台正在升级。"))
    return reverse("promotion", args=[campaign.id])


@door("promotion.undo", methods=("POST",))
def undo(request: ActingRequest, campaign_id: UUID) -> HttpResponse:
    """Take it back: first what that will do, then, confirmed, the inverse."""
    campaign = campaign_for(request, campaign_id)
    reason = request.POST.get("reason", "")
    if request.POST.get("confirmed") != "yes" and reason.strip():
        reached = queries.progress(campaign.id)
        return confirm(
            request,
            campaign,
            question=_("确定撤销升级？"),
            figures=[
                (_("恢复原年级的学校"), thousands(reached.done), "late"),
                (_("恢复原年级的学生"), thousands(reached.pupils_done), "late"),
            ],
            consequences=[_("各校年级恢复为升级前的年级，每名学生留下撤销记录。")],
            label=_("撤销升级"),
            hidden=[("reason", reason)],
            is_dangerous=True,
        )
    try:
        return done_once(request, lambda: undone(request, campaign, reason))
    except Refused as refused:
        return page(request, campaign, refused=refused)


def undone(request: ActingRequest, campaign: Campaign, reason: str) -> str:
    count = actions.undo(campaign.id, by=request.actor, reason=reason)
    messages.success(request, _("已撤销 %(count)s 所学校的升级。") % {"count": count})
    return reverse("promotion", args=[campaign.id])


def confirm(
    request: ActingRequest,
    campaign: Campaign,
    *,
    question: str,
    figures: list[tuple[str, str, str]],
    consequences: list[str],
    label: str,
    hidden: list[tuple[str, str]] | None = None,
    is_dangerous: bool = False,
) -> HttpResponse:
    context = {
        "title": question,
        "crumbs": [
            (_("升级"), reverse("promotions")),
            (year_word(campaign.school_year), reverse("promotion", args=[campaign.id])),
            (label, ""),
        ],
        "question": question,
        "figures": figures,
        "consequences": consequences,
        "label": label,
        "action": request.path,
        "back": reverse("promotion", args=[campaign.id]),
        "hidden": hidden or [],
        "dangerous": is_dangerous,
    }
    return render(request, "promotion/confirm.html", context)
