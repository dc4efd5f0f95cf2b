"""Admitted pupils: those a school awaits and who comes, and for the authority who stands where."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xueji.access.rules.permissions import Level
from xueji.changes.actions.admissions import arrivals
from xueji.changes.queries import admissions as queries
from xueji.changes.queries.admissions import Admitted
from xueji.changes.queries.schools import checked_school
from xueji.changes.rules.admissions import NOT_COME_REASONS, ROW_STATE_NAMES
from xueji.changes.rules.roster_steps import State
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.organisations.queries import name_at
from xueji.students.rules.code_lists import STUDY_MODES
from xueji.web.admissions import words
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import Column, Row, Table, part, render
from xueji.web.rosters.uploads import own_school
from xueji.web.rosters.words import key_text, one_of
from xueji.web.schools.views import number_key
from xueji.web.templatetags.xueji import day, in_chinese, spoken, thousands

SIZE = 100


class PupilFilter(forms.Form):
    """Who is looked for."""

    status = forms.ChoiceField(label=gettext_lazy("状态"), required=False)
    name = forms.CharField(label=gettext_lazy("姓名"), required=False, max_length=50)
    place = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["status"].choices = [("", _("全部")), *words.chosen(ROW_STATE_NAMES)]  # type: ignore[attr-defined]


def filtered(request: ActingRequest, **more: Any) -> tuple[PupilFilter, Any]:
    """Return the filter form and the page of pupils it finds. Raises Http404."""
    form = PupilFilter(request.GET)
    if not form.is_valid() or "\0" in form.cleaned_data["name"]:
        raise Http404
    chosen = form.cleaned_data
    place = number_key(chosen["place"]) if chosen["place"] else None
    page = queries.pupils(
        status=chosen["status"],
        name=chosen["name"].strip(),
        place=place,
        after=words.pupil_key(request.GET.get("after", "")),
        before=words.pupil_key(request.GET.get("before", "")),
        size=SIZE,
        **more,
    )
    return form, page


def note_of(one: Admitted) -> str:
    """Return what is worth knowing of a pupil beside the state."""
    if one.status == "not_come":
        return words.reason_word(one.reason)
    return _("原有学籍，注册后接续") if one.is_known and one.status == "awaited" else ""


def table_of(found: list[Admitted], *, with_school: bool, can_pick: bool) -> Table | None:
    """Return the pupils of a page; for the school with boxes in front of those that can be handled."""
    columns = [Column(_("姓名"))]
    if with_school:
        columns.append(Column(_("录取学校")))
    columns += [
        Column(_("性别"), "nowrap"),
        Column(_("出生日期"), "nowrap"),
        Column(_("身份证件"), "nowrap"),
        Column(_("批次")),
        Column(_("状态")),
    ]
    sexes = {"1": _("男"), "2": _("女")}
    rows = []
    for one in found:
        mark: Any = words.status_mark(one.status)
        note = note_of(one)
        cells: list[object] = [one.name]
        if with_school:
            cells.append(one.school)
        cells += [
            sexes.get(one.sex, ""),
            day(one.birth_on),
            masks.document(one.document),
            one.list_name,
            part("noted", mark=mark, note=note) if note else mark,
        ]
        is_open = one.status in ("awaited", "not_come")
        rows.append(
            Row(
                tuple(cells),
                url=address_of(one, is_school=can_pick),
                key=str(one.id) if can_pick and is_open else "",
            )
        )
    return Table(_("录取学生，按姓名排列"), tuple(columns), tuple(rows)) if rows else None


def address_of(one: Admitted, *, is_school: bool) -> str:
    """Return where a pupil is handled now: the roster, the dispute, or the form with what is known."""
    if one.status == "disputed" and one.case_id is not None:
        return reverse("admission-dispute", args=[one.case_id])
    if one.status in ("reported", "registered") and one.batch_id is not None:
        return reverse("roster", args=[one.batch_id])
    if one.status == "awaited" and is_school:
        return f"{reverse('roster-one')}?admission={one.id}"
    return ""


# The school -----------------------------------------------------------------------------------


def of_school(
    request: ActingRequest, *, refused: Refused | None = None, ticked: list[UUID] | None = None
) -> HttpResponse:
    """The pupils that lists admit to the own school, with what can be done with those ticked."""
    form, page = filtered(request)
    tally = queries.tally()
    may_report = request.actor.may("admission.report")
    classes = [
        (number, _("%(number)s（%(year)s 级）") % {"number": number, "year": info.entry_year})
        for number, info in checked_school(own_school(request)).classes.items()
    ]
    status = form.cleaned_data["status"]
    context = {
        "form": form,
        "is_filtered": any(form.cleaned_data.values()),
        "table": table_of(page.items, with_school=False, can_pick=may_report),
        "before": key_text(page.before),
        "after": key_text(page.after),
        "figures": [
            (
                words.status_word(key),
                thousands(count),
                words.ROW_TONES[key] if key in ("awaited", "disputed") else "",
            )
            for key, count in tally.items()
        ],
        "may_report": may_report and bool(page.items),
        "classes": classes,
        "study_modes": [(row.code, spoken((row.zh, row.en))) for row in STUDY_MODES.rows if row.code in "12"],
        "reasons": words.chosen(NOT_COME_REASONS),
        "only_absent": status == "not_come",
        "is_zh": in_chinese(),
    }
    return render(request, "admissions/awaited.html", context, refused=refused)


@door("admission.report", methods=("POST",))
def act(request: ActingRequest) -> HttpResponse:
    """Do what the form says with the ticked pupils: put them into a class, note their absence, wait again."""
    ids = words.uuids_from(request.POST.getlist("selected"))
    what = one_of(request.POST.get("act", ""), ("report", "absent", "await"))
    today, by = timezone.localdate(), request.actor

    def report() -> str:
        batch = arrivals.report(
            ids,
            class_number=request.POST.get("class_number", "")[:16],
            study_mode=one_of(request.POST.get("study_mode", "1"), ("1", "2")) or "1",
            school=own_school(request),
            by=by,
            today=today,
        )
        if batch.state == State.WITH_LEADER:
            messages.success(
                request,
                ngettext(
                    "%(number)s 人已报到入班，待学校审核。主管部门核准之前可以撤回。",
                    "%(number)s 人已报到入班，待学校审核。主管部门核准之前可以撤回。",
                    batch.accepted,
                )
                % {"number": thousands(batch.accepted)},
            )
        elif batch.rejected:
            messages.warning(
                request, _("有的学生信息不全，尚未提交：请看检查结果，逐个补充，或先提交已通过的学生。")
            )
        return reverse("roster", args=[batch.id])

    def absent() -> str:
        count = arrivals.not_come(ids, reason=request.POST.get("reason", "")[:16], by=by, today=today)
        messages.success(
            request,
            ngettext("已登记 %(number)s 人未报到。", "已登记 %(number)s 人未报到。", count)
            % {"number": count},
        )
        return reverse("admissions")

    def wait() -> str:
        count = arrivals.await_again(ids, by=by, today=today)
        messages.success(
            request,
            ngettext("%(number)s 人恢复为待报到。", "%(number)s 人恢复为待报到。", count) % {"number": count},
        )
        return reverse("admissions")

    try:
        return done_once(request, {"report": report, "absent": absent, "await": wait}[what or "report"])
    except Refused as refused:
        return of_school(request, refused=refused, ticked=ids)


# The authority --------------------------------------------------------------------------------


@door("admission.view")
def of_list(request: ActingRequest, list_id: UUID) -> HttpResponse:
    """Who of a list stands where, by school and state; those who have not come with the reason."""
    found = queries.list_with(list_id)
    if found is None or request.actor.level is Level.SCHOOL:
        raise Http404
    form, page = filtered(request, list_id=list_id)
    place = form.cleaned_data["place"]
    school = name_at(int(place)) if place else ""
    context = {
        "found": found,
        "school": school,
        "form": form,
        "is_filtered": any(form.cleaned_data.values()),
        "table": table_of(page.items, with_school=True, can_pick=False),
        "before": key_text(page.before),
        "after": key_text(page.after),
        "crumbs": [
            (_("录取名单"), reverse("admissions")),
            (found.name, reverse("admission", args=[found.id])),
            (school or _("学生"), ""),
        ],
    }
    return render(request, "admissions/pupils.html", context)
