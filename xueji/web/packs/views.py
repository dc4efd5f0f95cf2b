"""The rules of every province in words, two versions side by side, and the way of a new one: draft, force, filing."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.lib.errors import Refused
from xueji.organisations import actions_packs as actions
from xueji.organisations import queries_packs as queries
from xueji.organisations.models import RulePackVersion
from xueji.organisations.rules.rule_packs import NATIONAL, PackRefused, RulePack, difference
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.packs import words
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, render
from xueji.web.templatetags.xueji import spoken


@door("packs.view")
def packs(request: ActingRequest) -> HttpResponse:
    """Every province with the version in force, and how far its filing is."""
    today = timezone.localdate()
    holding, later = queries.holding_on(today), queries.drafts_and_coming(today)
    rows = []
    for province in queries.provinces():
        version = holding.get(province)
        coming = [one for one in later.get(province, []) if one.state != RulePackVersion.DRAFT]
        drafted = [one for one in later.get(province, []) if one.state == RulePackVersion.DRAFT]
        known = [*([version] if version else []), *coming]
        notes = [f"{one.version} {words.days_of(one)}" for one in coming]
        notes += [
            _("草稿 %(version)s") % {"version": one.version}
            for one in drafted
            if queries.reads_drafts(request.actor, province)
        ]
        rows.append(
            Row(
                (
                    words.province_name(province),
                    version.version if version else _("按国家默认规则"),
                    words.days_of(version) if version else "",
                    str(len(queries.read(version).own)) if version and province != NATIONAL else "",
                    " · ".join(notes),
                    words.filing_word(known[-1]) if known else "",
                ),
                url=reverse("pack", args=[province]),
            )
        )
    columns = (
        Column(_("省份")),
        Column(_("生效版本"), "nowrap"),
        Column(_("有效期")),
        Column(_("自定项目"), "number"),
        Column(_("后续版本")),
        Column(_("备案")),
    )
    own = queries.province_of(request.actor.place)
    context = {"table": Table(_("各省规则"), columns, tuple(rows)), "own": own if own != NATIONAL else ""}
    return render(request, "packs/list.html", context)


class ReceiveForm(forms.Form):
    filing_number = forms.CharField(
        label=gettext_lazy("备案号"), max_length=40, help_text=gettext_lazy("例如：教基备〔2026〕7号。")
    )


@door("packs.view")
def pack(request: ActingRequest, province: str) -> HttpResponse:
    """The rules of a province in words: the version in force or `?version=`, beside another with `?with=`."""
    return shown(request, province)


def shown(
    request: ActingRequest,
    province: str,
    *,
    chosen: RulePackVersion | None = None,
    form: ReceiveForm | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    if province not in queries.provinces():
        raise Http404
    actor, today = request.actor, timezone.localdate()
    sees_drafts = queries.reads_drafts(actor, province)
    versions = list(queries.readable_versions(province, by=actor))
    chosen = chosen or version_asked(request, "version", versions)
    if chosen is None:
        chosen = queries.holding_on(today).get(province)
    is_national = chosen is None
    chosen = chosen or queries.national_on(today)
    read = queries.read(chosen)
    others = comparable(chosen, versions, today)
    other = version_asked(request, "with", others)
    has_draft = any(one.state == RulePackVersion.DRAFT for one in versions)
    may_draft = sees_drafts and actor.may("packs.draft")
    context = {
        "province": province,
        "name": words.province_name(province),
        "crumbs": [(_("省级规则"), reverse("packs")), (words.province_name(province), "")],
        "chosen": chosen,
        "is_national": is_national and province != NATIONAL,
        "standing": words.standing_mark(chosen, today),
        "days": words.days_of(chosen),
        "filing": words.filing_word(chosen),
        "pack": read,
        "chapters": words.chapters(read) if other is None else (),
        "others": [(one.pk, label_of(one), one == other) for one in others],
        "compared": compared(other, chosen, read) if other else None,
        "versions": table_of_versions(province, versions, today),
        "may_begin": may_draft and not has_draft,
        "may_edit": may_draft and has_draft,
        "may_put": sees_drafts and chosen.state == RulePackVersion.DRAFT and actor.may("packs.put_in_force"),
        "receive_form": (form or ReceiveForm())
        if actor.may("packs.receive") and chosen.filed_on and not chosen.received_on
        else None,
    }
    status = UNPROCESSABLE if form is not None and form.errors else None
    return render(request, "packs/pack.html", context, refused=refused, status=status)


def version_asked(request: ActingRequest, name: str, among: list[RulePackVersion]) -> RulePackVersion | None:
    """Return the version that the address names; None when it names none. Raises Http404."""
    asked = request.GET.get(name, "")
    if not asked:
        return None
    found = next((one for one in among if str(one.pk) == asked), None)
    if found is None:
        raise Http404
    return found


def comparable(
    chosen: RulePackVersion, versions: list[RulePackVersion], today: date
) -> list[RulePackVersion]:
    """Return what a version can be laid beside: its province's others, then what holds elsewhere today."""
    elsewhere = sorted(queries.holding_on(today).values(), key=lambda one: one.province)
    found = [*versions, *elsewhere]
    return [one for at, one in enumerate(found) if one != chosen and one not in found[:at]]


def label_of(version: RulePackVersion) -> str:
    return f"{words.province_name(version.province)} {version.version}"


def compared(other: RulePackVersion, chosen: RulePackVersion, read: RulePack) -> dict[str, Any]:
    found = difference(queries.read(other), read)
    return {
        "count": len(found),
        "other": label_of(other),
        "table": words.table_of_differences(found, label_of(other), label_of(chosen)),
    }


def table_of_versions(province: str, versions: list[RulePackVersion], today: date) -> Table:
    return Table(
        _("各版本"),
        (Column(_("版本")), Column(_("状态")), Column(_("有效期")), Column(_("备案"))),
        tuple(
            Row(
                (one.version, words.standing_mark(one, today), words.days_of(one), words.filing_word(one)),
                url=f"{reverse('pack', args=[province])}?version={one.pk}",
            )
            for one in versions
        ),
    )


class DraftForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("规则包（TOML）"),
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 28, "spellcheck": "false", "class": "source", "autocapitalize": "off"}
        ),
    )

    def clean_text(self) -> str:
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")


@door("packs.draft", methods=("GET", "HEAD", "POST"))
def draft(request: ActingRequest, province: str) -> HttpResponse:
    """Begin, check and save the draft of the own province; every fault is shown with its line."""
    if not queries.reads_drafts(request.actor, province):
        request.actor.require("packs.draft", queries.place_of_province(province))
        raise Http404
    act = request.POST.get("act", "check")
    if request.method == "POST" and act == "begin":

        def begin() -> str:
            actions.draft_pack(by=request.actor, today=timezone.localdate())
            return reverse("pack-draft", args=[province])

        return done_once(request, begin)
    kept = next((one for one in queries.versions_of(province) if one.state == RulePackVersion.DRAFT), None)
    if kept is None:
        raise Http404
    form = DraftForm(request.POST if request.method == "POST" else None, initial={"text": kept.text})
    is_unfit = form.is_bound and not form.is_valid()
    text = form.cleaned_data["text"] if form.is_bound and not is_unfit else kept.text
    refused: Refused | None = None
    if request.method == "POST" and act == "save" and not is_unfit:

        def save() -> str:
            actions.change_draft(kept.pk, text=text, by=request.actor)
            messages.success(request, _("草稿已保存。公布须由本省另一位主管领导办理。"))
            return reverse("pack-draft", args=[province])

        try:
            return done_once(request, save)
        except PackRefused:
            pass  # its lines are shown below
        except Refused as other:
            refused = other
    context = {
        "province": province,
        "crumbs": [
            (_("省级规则"), reverse("packs")),
            (words.province_name(province), reverse("pack", args=[province])),
            (_("草稿"), ""),
        ],
        "kept": kept,
        "form": form,
        "parameters": words.table_of_parameters(),
        **({"faults": [(1, one, "") for one in form.errors["text"]]} if is_unfit else judged(text, province)),
    }
    status = UNPROCESSABLE if context["faults"] and act == "save" and request.method == "POST" else None
    return render(request, "packs/draft.html", context, refused=refused, status=status)


def judged(text: str, province: str) -> dict[str, Any]:
    """Return what a text for a province says, or its faults, each with the line as it stands there."""
    try:
        read = actions.read_draft(text, province=province)
    except PackRefused as refused:
        lines = text.split("\n")
        faults = [
            (
                one.line,
                spoken((one.zh, one.en)),
                lines[one.line - 1].strip() if one.line <= len(lines) else "",
            )
            for one in refused.problems
        ]
        return {"faults": faults}
    except Refused as refused:
        return {"faults": [(1, spoken((refused.zh, refused.en)), "")]}
    today = timezone.localdate()
    before = queries.holding_on(today).get(province) or queries.national_on(today)
    found = difference(queries.read(before), read)
    return {
        "faults": [],
        "version": read.version,
        "count": len(found),
        "differences": words.table_of_differences(found, label_of(before), read.version),
        "chapters": words.chapters(read),
    }


@door("packs.put_in_force", methods=("GET", "HEAD", "POST"))
def put_in_force(request: ActingRequest, version_id: int) -> HttpResponse:
    """Show what putting a draft in force would change, then do it."""
    version, today = queries.version(version_id), timezone.localdate()
    if version is None or not queries.reads_drafts(request.actor, version.province):
        raise Http404
    back = f"{reverse('pack', args=[version.province])}?version={version.pk}"
    name = words.province_name(version.province)
    context: dict[str, Any] = {
        "crumbs": [
            (_("省级规则"), reverse("packs")),
            (name, reverse("pack", args=[version.province])),
            (_("公布"), ""),
        ],
        "back": back,
    }

    def act() -> str:
        put = actions.put_in_force(version.pk, by=request.actor, today=today)
        messages.success(
            request,
            _("%(version)s 已公布，自 %(day)s 起生效，并已报教育部备案。")
            % {"version": put.version, "day": put.valid_from},
        )
        return back

    try:
        if request.method == "POST" and request.POST.get("confirmed") == "yes":
            return done_once(request, act)
        foreseen = actions.foresee(version, by=request.actor, today=today)
    except Refused as refused:
        return render(request, "packs/put_in_force.html", context, refused=refused)
    follows = foreseen.follows
    count = len(foreseen.differences)
    before = label_of(follows or queries.national_on(version.valid_from))
    context |= {
        "action": request.path,
        "question": _("公布%(name)s %(version)s？") % {"name": name, "version": version.version},
        "figures": [(_("改变的项目"), count, ""), (_("生效日期"), str(version.valid_from), "")],
        "consequences": [
            _("%(version)s 到前一日为止。") % {"version": before}
            if follows
            else _("本省此前按国家默认规则办理。"),
            _("在办业务仍按开始时的版本办理。"),
            _("公布后不能修改，只能另起草新版本；同时报教育部备案。"),
        ],
        "label": _("公布并报备"),
        "differences": words.table_of_differences(foreseen.differences, before, version.version),
        "count": count,
    }
    return render(request, "packs/put_in_force.html", context)


@door("packs.receive", methods=("POST",))
def receive(request: ActingRequest, version_id: int) -> HttpResponse:
    """Note for the ministry that a version was filed."""
    version = queries.version(version_id)
    if version is None or version.state == RulePackVersion.DRAFT:
        raise Http404
    form = ReceiveForm(request.POST)
    if not form.is_valid():
        return shown(request, version.province, chosen=version, form=form)

    def act() -> str:
        actions.receive_filing(
            version.pk,
            filing_number=form.cleaned_data["filing_number"],
            by=request.actor,
            today=timezone.localdate(),
        )
        messages.success(request, _("备案已登记。"))
        return f"{reverse('pack', args=[version.province])}?version={version.pk}"

    try:
        return done_once(request, act)
    except Refused as refused:
        return shown(request, version.province, chosen=version, refused=refused)
