"""The tree from one's own office down with its totals, and what an authority does with its schools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.queries import scope_of
from xueji.access.rules import places
from xueji.access.rules.permissions import Level
from xueji.changes.actions.closing import close_school
from xueji.lib.codes import CodeList
from xueji.lib.errors import Refused
from xueji.organisations import actions, queries
from xueji.organisations.models import School
from xueji.organisations.rules import divisions, school_kinds
from xueji.organisations.rules.school_kinds import Nature
from xueji.students.queries import Totals, totals_below
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.organisations import words
from xueji.web.pages import UNPROCESSABLE, Column, Remedy, Row, Table, render
from xueji.web.schools.views import PAGE, crumbs_to, number_key, school_or_404, table_of_schools
from xueji.web.templatetags.xueji import spoken


@door("organisations.view")
def organisations(request: ActingRequest) -> HttpResponse:
    """Lead to one's own office: the top of what one sees of the tree."""
    name = "school" if request.actor.level is Level.SCHOOL else "authority"
    return HttpResponseRedirect(reverse(name, args=[request.actor.place]))


@door("organisations.view")
def authority(request: ActingRequest, place: int) -> HttpResponse:
    """An authority: what lies below it, with schools, classes and pupils counted, and the schools of its own."""
    actor = request.actor
    way = queries.way_to(place)
    if not way or way[-1].place != place or places.serial_of(place):
        raise Http404
    actor.require("organisations.view", place)
    below, scope = queries.authorities_below(place), scope_of(place)
    totals = totals_below(scope, [one.place for one in below])
    none = Totals(0, 0, 0)
    after, before = (number_key(request.GET.get(name, "")) for name in ("after", "before"))
    own = queries.schools_run_by(place, limit=PAGE + 1, after=after, before=before)
    has_more = len(own) > PAGE
    own = (own[1:] if before is not None else own[:PAGE]) if has_more else own
    context = {
        "place": place,
        "name": way[-1].name,
        "level": words.level_name(way[-1].level),
        "crumbs": [
            *(
                (one.name, reverse("authority", args=[one.place]))
                for one in way[:-1]
                if one.place >= actor.place
            ),
            (way[-1].name, ""),
        ],
        "all": Totals(*(sum(column) for column in zip(*(vars_of(t) for t in totals.values()), strict=True)))
        if totals
        else none,
        "below": Table(
            _("下级主管部门"),
            (
                Column(_("名称")),
                Column(_("行政区划代码"), "nowrap"),
                Column(_("学校"), "number"),
                Column(_("班级"), "number"),
                Column(_("学生"), "number"),
            ),
            tuple(
                Row(
                    (
                        one.name,
                        places.division_of(one.place),
                        *(f"{number:,}" for number in vars_of(totals.get(one.place, none))),
                    ),
                    url=reverse("authority", args=[one.place]),
                )
                for one in below
            ),
        ),
        "schools": table_of_schools(own, _("直属学校") if below else _("学校")),
        "before": own[0].place if own and (has_more if before is not None else after is not None) else "",
        "after": own[-1].place if own and (has_more or before is not None) else "",
        "may_manage": actor.may("organisations.manage"),
        "may_list": actor.may("students.view"),
        "is_own": place == actor.place,
    }
    return render(request, "organisations/authority.html", context)


def vars_of(totals: Totals) -> tuple[int, int, int]:
    return totals.schools, totals.classes, totals.pupils


def choices_of(codes: CodeList) -> list[tuple[str, str]]:
    """Return the codes and labels of a list for a form."""
    return [(row.code, spoken((row.zh, row.en))) for row in codes.rows]


def school_called(identifier: str) -> School | None:
    """Return the school with an identifier that was typed; None for none. Raises ValidationError."""
    identifier = identifier.strip()
    if not identifier:
        return None
    place = queries.place_of_identifier(identifier)
    school = None if place is None else queries.school_at(place)
    if school is None:
        raise forms.ValidationError(_("没有标识码为 %(id)s 的学校，请核对。") % {"id": identifier})
    return school


class SchoolForm(forms.Form):
    """What a school begins with. The identifier comes from the certificate of its code."""

    name = forms.CharField(label=gettext_lazy("学校名称"), max_length=100)
    identifier = forms.CharField(
        label=gettext_lazy("学校标识码"),
        max_length=10,
        required=False,
        help_text=gettext_lazy("10 位数字，按学校代码证书填写；附设班和没有标识码的教学点不填。"),
    )
    division = forms.ChoiceField(label=gettext_lazy("所在行政区划"))
    kind = forms.ChoiceField(label=gettext_lazy("办学类型"))
    system = forms.ChoiceField(label=gettext_lazy("学制"))
    under = forms.CharField(
        label=gettext_lazy("所属学校的标识码"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("只有教学点和附设班填写。"),
    )
    founder = forms.ChoiceField(label=gettext_lazy("举办者"))
    urban_rural = forms.ChoiceField(label=gettext_lazy("城乡分类"))
    is_checked = forms.BooleanField(
        label=gettext_lazy("已核对举办者和所在行政区划，确实如此"), required=False
    )
    document = forms.CharField(
        label=gettext_lazy("批准文号"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("例如：浙教发〔2026〕1号。"),
    )

    def __init__(self, data: Any, *, place: int) -> None:
        super().__init__(data)
        if data is None:
            # Asked only where founder and division disagree.
            del self.fields["is_checked"]
        low, high = places.scope(place)
        # Divisions of the schools listed apart have no authority, and schools all the same.
        known = divisions.authority_codes() | {one.code for one in divisions.own_divisions()}
        codes = sorted(code for code in known if low <= places.place(code) < high)
        # Schools first, then what hangs under one.
        kinds = sorted(school_kinds.SCHOOL_KINDS, key=lambda kind: kind.nature is not Nature.SCHOOL)
        for field, choices in (
            ("division", [(code, f"{divisions.name_of(code)} {code}") for code in codes]),
            ("kind", [(kind.code, spoken((kind.zh, kind.en))) for kind in kinds]),
            ("system", [(row.system.value, spoken((row.zh, row.en))) for row in school_kinds.SYSTEMS]),
            ("founder", choices_of(school_kinds.FOUNDERS)),
            ("urban_rural", choices_of(school_kinds.URBAN_RURAL)),
        ):
            self.fields[field].choices = choices  # type: ignore[attr-defined]
        self.fields["founder"].initial = school_kinds.education_authority(divisions.level(codes[0]))

    def clean(self) -> dict[str, Any]:
        chosen = super().clean() or self.cleaned_data
        kind = school_kinds.KINDS.get(chosen.get("kind", ""))
        if kind is not None and chosen.get("system") not in kind.systems:
            self.add_error("system", _("这种办学类型没有该学制，请重新选择。"))
        disagreement = None
        if chosen.get("founder") and chosen.get("division"):
            disagreement = school_kinds.founder_problem(chosen["founder"], chosen["division"])
        if disagreement is None:
            del self.fields["is_checked"]
        elif not chosen.get("is_checked"):
            self.add_error("founder", spoken((disagreement.zh, disagreement.en)))
        chosen.pop("is_checked", None)
        return chosen

    def clean_under(self) -> School | None:
        return school_called(self.cleaned_data["under"])


@door("organisations.manage", methods=("GET", "HEAD", "POST"))
def open_school(request: ActingRequest, place: int) -> HttpResponse:
    """Open a school below an authority of one's area."""
    way = queries.way_to(place)
    if not way or way[-1].place != place or places.serial_of(place):
        raise Http404
    request.actor.require("organisations.manage", place)
    form = SchoolForm(request.POST if request.method == "POST" else None, place=place)
    crumbs = [(way[-1].name, reverse("authority", args=[place])), (_("开设学校"), "")]

    def act() -> str:
        opened = actions.open_school(by=request.actor, today=timezone.localdate(), **form.cleaned_data)
        messages.success(request, _("已开设 %(school)s。") % {"school": opened.organisation.name})
        return reverse("school", args=[opened.place])

    texts = {
        "crumbs": crumbs,
        "title": _("开设学校"),
        "label": _("开设学校"),
        "back": reverse("authority", args=[place]),
    }
    return answered(request, form, act, texts)


def answered(
    request: ActingRequest, form: forms.Form, act: Callable[[], str], texts: dict[str, Any]
) -> HttpResponse:
    """Show a form, or do its act once when it was filled in rightly; a refusal stands above the form as typed."""
    context = {"form": form, **texts}
    if request.method == "POST" and form.is_valid():
        try:
            return done_once(request, act)
        except Refused as refused:
            remedy = texts.get("remedies", {}).get(refused.code)
            return render(request, "organisations/form.html", context, refused=refused, remedy=remedy)
    return render(request, "organisations/form.html", context, status=UNPROCESSABLE if form.errors else None)


class RenameForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("新名称"), max_length=100)
    document = forms.CharField(label=gettext_lazy("批准文号"), max_length=100, required=False)


@door("organisations.manage", methods=("GET", "HEAD", "POST"))
def rename(request: ActingRequest, place: int) -> HttpResponse:
    """Give a school a new name from today."""
    school = managed(request, place)
    form = RenameForm(
        request.POST if request.method == "POST" else None, initial={"name": school.organisation.name}
    )

    def act() -> str:
        actions.rename_school(school, by=request.actor, today=timezone.localdate(), **form.cleaned_data)
        messages.success(request, _("校名已更改，原校名仍可查到。"))
        return reverse("school", args=[place])

    return answered(request, form, act, texts_of(request, school, _("更改校名"), _("更改校名")))


class IdentifierForm(forms.Form):
    identifier = forms.CharField(
        label=gettext_lazy("新的学校标识码"),
        max_length=10,
        help_text=gettext_lazy("10 位数字，按新的学校代码证书填写。"),
    )
    document = forms.CharField(label=gettext_lazy("批准文号"), max_length=100, required=False)


@door("organisations.manage", methods=("GET", "HEAD", "POST"))
def give_identifier(request: ActingRequest, place: int) -> HttpResponse:
    """Give a school a new identifier from today; the old one leads to it for ever."""
    school = managed(request, place)
    form = IdentifierForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        actions.give_identifier(school, by=request.actor, today=timezone.localdate(), **form.cleaned_data)
        messages.success(request, _("标识码已更换，原标识码仍可查到。"))
        return reverse("school", args=[place])

    texts = texts_of(request, school, _("更换标识码"), _("更换标识码"))
    lead = _("现标识码 %(id)s 停用，不再分配给其他学校；仍可用它查到本校，已下载的名册模板也照常可用。") % {
        "id": school.identifier or "–"
    }
    return answered(request, form, act, texts | {"lead": lead})


class CloseForm(forms.Form):
    into = forms.CharField(
        label=gettext_lazy("并入学校的标识码"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("合并时填写；直接撤销的不填。"),
    )
    document = forms.CharField(label=gettext_lazy("批准文号"), max_length=100, required=False)

    def clean_into(self) -> School | None:
        return school_called(self.cleaned_data["into"])


@door("organisations.manage", methods=("GET", "HEAD", "POST"))
def close(request: ActingRequest, place: int) -> HttpResponse:
    """Close a school without pupils, or merge it into another."""
    school = managed(request, place)
    form = CloseForm(request.POST if request.method == "POST" else None)

    def act() -> str:
        chosen = form.cleaned_data
        close_school(
            school,
            into=chosen["into"],
            document=chosen["document"],
            by=request.actor,
            today=timezone.localdate(),
        )
        messages.success(request, _("学校已撤销，标识码和校名仍可查到。"))
        return reverse("school", args=[place])

    lead = _("撤销后不能恢复，标识码不再分配，本校的任职随之结束；仍有在籍学生的学校请办理“学校撤并”。")
    texts = texts_of(request, school, _("撤销或合并学校"), _("撤销学校"))
    address = f"{reverse('reorganisation-new')}?school={school.place:012d}"
    remedy = Remedy(_("办理学校撤并"), address)
    remedies = {"school-has-pupils": remedy, "school-awaits-pupils": remedy}
    return answered(request, form, act, texts | {"lead": lead, "dangerous": True, "remedies": remedies})


def managed(request: ActingRequest, place: int) -> School:
    """Return a school that the actor's office may change. Raises Http404, NotAllowed."""
    school = school_or_404(request, place)
    request.actor.require("organisations.manage", school.place)
    if school.state == School.CLOSED or school.place != place:
        raise Http404
    return school


def texts_of(request: ActingRequest, school: School, title: str, label: str) -> dict[str, Any]:
    return {
        "crumbs": [*crumbs_to(request, school), (title, "")],
        "title": title,
        "label": label,
        "back": reverse("school", args=[school.place]),
    }
