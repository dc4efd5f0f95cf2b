"""A school with its grades and classes, the list of a class, and what its registrar does with classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.rules.permissions import Level
from xueji.access.rules.places import authority_above, division_of
from xueji.disclosures.actions.class_lists import TAKE as TAKE_LIST
from xueji.lib.errors import Refused
from xueji.lib.school_years import school_year
from xueji.organisations import actions
from xueji.organisations import queries as organisations
from xueji.organisations.models import Class, School, SchoolChange
from xueji.organisations.rules import school_kinds
from xueji.organisations.rules.school_kinds import Stage, System
from xueji.status.queries.reorganisations import moves_of
from xueji.students import queries
from xueji.students.actions import close_class
from xueji.students.queries import ClassCount
from xueji.students.rules import code_lists as lists
from xueji.web.classes.forms import SplitForm
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.organisations.words import kind_name, state_mark
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, render
from xueji.web.pupils import words
from xueji.web.templatetags.xueji import day, spoken, thousands

PAGE = 50


def school_or_404(request: ActingRequest, place: int) -> School:
    """Return the school at a place of one's area, former places included. Raises Http404, NotAllowed."""
    school = organisations.school_at(place)
    if school is None:
        raise Http404
    request.actor.require("organisations.view", school.place)
    return school


@door("organisations.view")
def schools(request: ActingRequest) -> HttpResponse:
    """For a school its own page; for an authority the schools of its area, to be found by name or identifier."""
    actor = request.actor
    if actor.level is Level.SCHOOL:
        return HttpResponseRedirect(reverse("school", args=[actor.place]))
    typed = " ".join(request.GET.get("q", "").replace("\0", "").split())[:100]
    after, before = (number_key(request.GET.get(name, "")) for name in ("after", "before"))
    lo, hi = actor.scope.lo, actor.scope.hi
    if typed:
        found: Sequence[Any] = organisations.schools_named(typed, lo, hi, limit=PAGE + 1)
        has_more, found = len(found) > PAGE, found[:PAGE]
        first = last = None
    else:
        found = organisations.schools_between(lo, hi, limit=PAGE + 1, after=after, before=before)
        has_more = len(found) > PAGE
        found = (found[1:] if before is not None else found[:PAGE]) if has_more else found
        first = found[0].place if found and (has_more if before is not None else after is not None) else None
        last = found[-1].place if found and (has_more or before is not None) else None
    context = {
        "table": table_of_schools(found),
        "typed": typed,
        "cut": typed and has_more,
        "before": first or "",
        "after": last or "",
    }
    return render(request, "schools/list.html", context)


def table_of_schools(found: Sequence[Any], caption: str = "") -> Table:
    """Return schools with the totals of each."""
    totals = queries.totals_of_schools([one.place for one in found]) if found else {}
    none = queries.Totals(1, 0, 0)
    return Table(
        caption or _("学校"),
        (
            Column(_("学校名称")),
            Column(_("学校标识码"), "nowrap"),
            Column(_("办学类型")),
            Column(_("班级"), "number"),
            Column(_("学生"), "number"),
            Column(_("状态")),
        ),
        tuple(
            Row(
                (
                    one.name,
                    one.identifier or "–",
                    kind_name(one.kind),
                    f"{totals.get(one.place, none).classes:,}",
                    f"{totals.get(one.place, none).pupils:,}",
                    state_mark(one.state),
                ),
                url=reverse("school", args=[one.place]),
            )
            for one in found
        ),
    )


def number_key(text: str) -> int | None:
    """Return the place that a list goes on from; None for none. Raises Http404."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise Http404
    return int(text)


@door("organisations.view")
def by_identifier(request: ActingRequest, identifier: str) -> HttpResponse:
    """Lead an identifier, present or former, to the school that bears or bore it."""
    place = organisations.place_of_identifier(identifier)
    if place is None:
        raise Http404
    return HttpResponseRedirect(reverse("school", args=[place]))


@dataclass(frozen=True)
class GradeOfSchool:
    """A grade with its classes, as the page of a school shows it."""

    name: str
    entry_year: int
    classes: tuple[ClassCount, ...]

    @property
    def pupils(self) -> int:
        return sum(one.pupils for one in self.classes)

    @property
    def suspended(self) -> int:
        return sum(one.states.get(lists.SUSPENDED, 0) for one in self.classes)


@door("organisations.view")
def school(request: ActingRequest, place: int) -> HttpResponse:
    """A school: its facts, grades and classes with head counts, and its dated names, identifiers and changes."""
    found = school_or_404(request, place)
    if found.place != place:
        return HttpResponseRedirect(reverse("school", args=[found.place]))
    actor = request.actor
    classes = queries.classes_of(found.pk)
    grades = [
        GradeOfSchool(words.grade_name(number), year, tuple(group))
        for (number, year), group in groupby(classes, key=lambda one: (one.grade, one.entry_year))
    ]
    is_own = actor.place == found.place
    may_manage = found.place != actor.place and actor.may("organisations.manage")
    changes = organisations.changes_of(found)
    context = {
        "school": found,
        "name": found.organisation.name,
        "crumbs": [*crumbs_to(request, found)[:-1], (found.organisation.name, "")],
        "state": state_mark(found.state),
        "facts": facts_of(found),
        "founder_warning": founder_warning(found) if may_manage else "",
        "successor": successor_of(request, found, changes),
        "may_number": may_manage
        and found.state != School.CLOSED
        and bool(school_kinds.KINDS[found.kind].identifier_categories),
        "grades": grades,
        "pupils": sum(one.pupils for one in classes),
        "class_count": len(classes),
        "names": organisations.names_of(found),
        "identifiers": organisations.identifiers_of(found),
        "changes": [
            {
                "what": words.label(school_kinds.SCHOOL_CHANGES, one.kind),
                "on": one.on,
                "note": note_of(one),
                "who": one.document,
                "url": address_of(request, one.into),
                "document": one.into.organisation.name if one.into else "",
            }
            for one in changes
        ],
        "may_open_class": is_own and actor.may("classes.manage") and found.state == School.OPEN,
        "may_manage": may_manage and found.state != School.CLOSED,
        "may_reorganise": may_manage
        and found.state != School.CLOSED
        and any(one.pupils for one in classes)
        and actor.may("reorganisation.prepare"),
        "moves": moves_shown(request, found),
        "may_list": actor.may("students.view"),
    }
    return render(request, "schools/school.html", context)


def moves_shown(request: ActingRequest, found: School) -> list[dict[str, Any]]:
    """Return where classes of a school went and came from, each with the other school and who has the archives."""
    gone, came = moves_of(found.pk)
    may_see = request.actor.may("reorganisation.view")
    return [
        {
            "text": (
                _("%(classes)s 个班、%(pupils)s 名学生划到")
                if is_gone
                else _("%(classes)s 个班、%(pupils)s 名学生来自")
            )
            % {"classes": one.classes, "pupils": thousands(one.pupils)},
            "on": one.on,
            "school": one.target if is_gone else one.source,
            "url": reverse("school", args=[place])
            if (place := one.target_place if is_gone else one.source_place) in request.actor.scope
            else "",
            "request": reverse("reorganisation", args=[one.request_id]) if may_see else "",
            "archives": one.archives if is_gone else "",
        }
        for is_gone, moves in ((True, gone), (False, came))
        for one in moves
    ]


def address_of(request: ActingRequest, school: School | None) -> str:
    """Return the address of another school; empty where there is none or it lies outside one's area."""
    if school is None or school.place not in request.actor.scope:
        return ""
    return reverse("school", args=[school.place])


def successor_of(
    request: ActingRequest, found: School, changes: Sequence[SchoolChange]
) -> tuple[str, str] | None:
    """Return name and address of the school that a closed one was merged into; None without one."""
    into = next((one.into for one in reversed(changes) if one.into is not None), None)
    if found.state != School.CLOSED or into is None:
        return None
    return into.organisation.name, address_of(request, into)


def note_of(change: SchoolChange) -> str:
    """Return what a change did, in words."""
    if change.into is not None:
        return _("并入 %(school)s") % {"school": change.into.organisation.name}
    if change.before and change.after:
        return _("由 %(before)s 改为 %(after)s") % {"before": change.before, "after": change.after}
    return change.after or ""


def crumbs_to(request: ActingRequest, found: School) -> list[tuple[str, str]]:
    """Return the way from one's own office down to a school."""
    own = request.actor.place
    above = [o for o in organisations.way_to(found.place) if o.level != Level.SCHOOL and o.place >= own]
    if request.actor.level is Level.SCHOOL:
        above = []
    return [
        *((one.name, reverse("authority", args=[one.place])) for one in above),
        (found.organisation.name, reverse("school", args=[found.place])),
    ]


def founder_warning(found: School) -> str:
    """Return how the founder disagrees with where the school stands; empty if it does not."""
    problem = school_kinds.founder_problem(found.founder, division_of(found.place))
    return spoken((problem.zh, problem.en)) if problem else ""


def facts_of(found: School) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        (_("学校标识码"), found.identifier or "–"),
        (_("办学类型"), kind_name(found.kind)),
        (
            _("学制"),
            spoken(
                (school_kinds.YEARS[System(found.system)].zh, school_kinds.YEARS[System(found.system)].en)
            ),
        ),
        (_("举办者"), words.coded(school_kinds.FOUNDERS, found.founder)),
        (_("城乡分类"), words.coded(school_kinds.URBAN_RURAL, found.urban_rural)),
    ]
    if found.under is not None:
        facts.append((_("所属学校"), found.under.organisation.name))
    above = authority_above(found.place, organisations.authority_codes())
    facts.append((_("学籍主管部门"), organisations.name_at(above)))
    if found.organisation.opened_on:
        facts.append((_("设立日期"), day(found.organisation.opened_on)))
    if found.organisation.closed_on:
        facts.append((_("撤销日期"), day(found.organisation.closed_on)))
    return facts


# Classes ------------------------------------------------------------------------------------------


class OpenClassForm(forms.Form):
    """The grade decides stage and year of entry; number and name are offered and can be changed."""

    grade = forms.ChoiceField(label=gettext_lazy("年级"))
    number = forms.RegexField(
        r"^[0-9A-Za-z]{1,16}\Z",
        label=gettext_lazy("班号"),
        max_length=16,
        required=False,
        help_text=gettext_lazy("在本校内唯一；不填则按入学年、学段和序号自动编号，如 2026101。"),
        error_messages={"invalid": gettext_lazy("班号只能用数字和字母，最多 16 位。")},
    )
    name = forms.CharField(
        label=gettext_lazy("班级名称"), max_length=40, help_text=gettext_lazy("例如：1班、实验班。")
    )

    def __init__(self, data: Any, *, school: School, year: int) -> None:
        super().__init__(data)
        self.grades = {
            f"{one.stage}-{school_kinds.entry_year_of(one, year)}": one
            for one in school_kinds.grades_of(school.kind, System(school.system))
        }
        self.fields["grade"].choices = [  # type: ignore[attr-defined]
            (
                key,
                _("%(grade)s（%(year)s 级）")
                % {"grade": words.grade_name(one.number), "year": key.rpartition("-")[2]},
            )
            for key, one in self.grades.items()
        ]


@door("classes.manage", methods=("GET", "HEAD", "POST"))
def open_class(request: ActingRequest, place: int) -> HttpResponse:
    """Open a class in a grade of one's own school."""
    found = school_or_404(request, place)
    request.actor.require("classes.manage", found.place)
    today = timezone.localdate()
    form = OpenClassForm(
        request.POST if request.method == "POST" else None, school=found, year=school_year(today)
    )
    context = {"school": found, "form": form, "crumbs": [*crumbs_to(request, found), (_("开设班级"), "")]}
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        stage, _dash, entry_year = chosen["grade"].rpartition("-")

        def act() -> str:
            number = chosen["number"] or next_number(found, Stage(stage), int(entry_year))
            opened = actions.open_class(
                found,
                stage=Stage(stage),
                entry_year=int(entry_year),
                number=number,
                name=chosen["name"],
                school_year=school_year(today),
                by=request.actor,
                today=today,
            )
            messages.success(
                request, _("已开设 %(class)s（班号 %(number)s）。") % {"class": opened.name, "number": number}
            )
            return reverse("school", args=[found.place])

        try:
            return done_once(request, act)
        except Refused as refused:
            return render(request, "schools/open_class.html", context, refused=refused)
    return render(request, "schools/open_class.html", context, status=UNPROCESSABLE if form.errors else None)


def next_number(school: School, stage: Stage, entry_year: int) -> str:
    """Return the first default number of a grade that no class of the school ever had."""
    taken = set(Class.objects.filter(school=school).values_list("number", flat=True))
    numbers = (
        school_kinds.class_number(entry_year, stage, n) for n in range(1, school_kinds.CLASSES_PER_YEAR + 1)
    )
    return next((number for number in numbers if number not in taken), f"{entry_year}{stage[0].upper()}")


def class_or_404(request: ActingRequest, class_id: int) -> Class:
    """Return a class of one's area with its school and grade. Raises Http404."""
    found: Class | None = (
        Class.objects.select_related("school__organisation", "grade").filter(pk=class_id).first()
    )
    if found is None:
        raise Http404
    request.actor.require("students.view", found.place)
    return found


@door("students.view")
def class_(request: ActingRequest, class_id: int) -> HttpResponse:
    """The list of a class, to look at, to print, and to pick pupils from who sit elsewhere from now on."""
    found = class_or_404(request, class_id)
    return render(request, "schools/class.html", page_of_class(request, found))


def page_of_class(request: ActingRequest, found: Class) -> dict[str, Any]:
    actor, seats = request.actor, queries.seats_of(found.pk)
    is_own = actor.place == found.place
    name = words.class_name(found.grade.number, found.name)
    targets = [
        one
        for one in queries.classes_of(found.school_id)
        if (one.stage, one.entry_year) == (found.grade.stage, found.grade.entry_year) and one.id != found.pk
    ]
    may_move = is_own and found.closed_on is None and actor.may("classes.move")
    marks = {state: words.state_mark(state) for state in {seat.state for seat in seats}}
    base = reverse("students")
    return {
        "found": found,
        "name": name,
        "school_name": found.school.organisation.name,
        "crumbs": [*crumbs_to(request, found.school), (name, "")],
        "pupils": len(seats),
        "boys": sum(seat.sex == "1" for seat in seats),
        "girls": sum(seat.sex == "2" for seat in seats),
        "targets": targets if may_move else [],
        "form": SplitForm(classes=targets) if may_move and seats else None,
        "may_take_list": is_own and bool(seats) and actor.may(TAKE_LIST),
        "may_close": is_own and not seats and found.closed_on is None and actor.may("classes.manage"),
        "table": Table(
            _("%(class)s的学生") % {"class": name},
            (
                Column(_("姓名")),
                Column(_("班内学号"), "nowrap"),
                Column(_("性别")),
                Column(_("出生日期"), "nowrap"),
                Column(_("就读方式")),
                Column(_("学籍状态")),
            ),
            tuple(
                Row(
                    (
                        seat.name,
                        seat.seat_number,
                        words.label(lists.SEXES, seat.sex),
                        day(seat.birth_on),
                        words.label(lists.STUDY_MODES, seat.study_mode),
                        marks[seat.state],
                    ),
                    url=f"{base}{seat.id}/",
                    key=str(seat.id) if may_move else "",
                )
                for seat in seats
            ),
            is_compact=True,
        ),
    }


@door("classes.manage", methods=("POST",))
def close(request: ActingRequest, class_id: int) -> HttpResponse:
    """Close an empty class."""
    found = class_or_404(request, class_id)
    request.actor.require("classes.manage", found.place)

    def act() -> str:
        close_class(found, by=request.actor, today=timezone.localdate())
        messages.success(request, _("已关闭 %(class)s。") % {"class": found.name})
        return reverse("school", args=[found.place])

    try:
        return done_once(request, act)
    except Refused as refused:
        return render(request, "schools/class.html", page_of_class(request, found), refused=refused)
