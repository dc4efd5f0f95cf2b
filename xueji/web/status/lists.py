"""Lists of changes: what waits for the own office, what it filed, what is over, what it must clear; drafts; pupils who left."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.rules.permissions import Level
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.organisations.rules.divisions import full_name
from xueji.status.actions.copies import read_copy
from xueji.status.queries import cases, copies, discreet, filing
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.steps import State
from xueji.students.rules import code_lists as lists
from xueji.web.doors import ActingRequest, door
from xueji.web.pages import Column, Row, Table, part, render
from xueji.web.pupils import words as pupil_words
from xueji.web.pupils.records import NUMBER_NAMES, label_of
from xueji.web.rosters.words import key_text, one_of, place_key, uuid_key
from xueji.web.status import words
from xueji.web.status.forms import CopyFilter, ListFilter, WhyForm
from xueji.web.templatetags.xueji import day

TABS = {
    "todo": gettext_lazy("待办"),
    "clear": gettext_lazy("等待本校清理"),
    "filed": gettext_lazy("本单位提交"),
    "closed": gettext_lazy("已办结"),
    "drafts": gettext_lazy("草稿"),
}
DAY_LABELS = {
    "todo": gettext_lazy("期限"),
    "clear": gettext_lazy("提交"),
    "filed": gettext_lazy("提交"),
    "closed": gettext_lazy("办理"),
}


def tabs_of(request: ActingRequest) -> list[str]:
    """Return the lists of the reader: only a school is waited for, and only who files has drafts."""
    is_school = request.actor.level is Level.SCHOOL
    files = filing.may_start_any(request.actor)
    return [
        tab for tab in TABS if not (tab == "clear" and not is_school) and not (tab == "drafts" and not files)
    ]


@door("status.view")
def listing(request: ActingRequest) -> HttpResponse:
    """The changes of the reader's office, one tab at a time."""
    tabs = tabs_of(request)
    tab = one_of(request.GET.get("tab", ""), tabs) or tabs[0]
    form = ListFilter(request.GET)
    if not form.is_valid():
        raise Http404
    chosen = form.cleaned_data
    context: dict[str, Any] = {
        "tabs": [(key, TABS[key], key == tab) for key in tabs],
        "tab": tab,
        "form": form,
        "is_filtered": any(chosen.values()),
        "may_file": request.actor.may("status.file"),
        "may_read_copies": request.actor.level is Level.SCHOOL and request.actor.may("status.copies"),
        "may_see_discreet": request.actor.may("status.discreet"),
    }
    if tab == "drafts":
        found = cases.drafts(
            request.actor,
            after=uuid_key(request.GET.get("after", "")),
            before=uuid_key(request.GET.get("before", "")),
        )
        context |= {
            "table": drafts_table(found.items),
            "before": key_text(found.before),
            "after": key_text(found.after),
        }
    else:
        page = cases.listed(
            request.actor,
            tab,
            kind=chosen["kind"],
            state=chosen["state"],
            after=place_key(request.GET.get("after", "")),
            before=place_key(request.GET.get("before", "")),
        )
        context |= {
            "table": cases_table(page.items, tab),
            "before": key_text(page.before),
            "after": key_text(page.after),
        }
    return render(request, "status/list.html", context)


def cases_table(found: list[cases.CaseLine], tab: str) -> Table | None:
    today = timezone.localdate()
    rows = tuple(
        Row(
            (
                f"{words.kind_word(one.kind)} {masks.name(one.name)}",
                words.state_mark(one.state),
                f"{words.party_word(one.party)} {one.desk}".strip() if one.state not in words.OVER else "–",
                words.due_mark(one.due_on, today) or day(one.on),
            ),
            url=reverse("change", args=[one.id]),
        )
        for one in found
    )
    columns = (
        Column(_("业务")),
        Column(_("状态")),
        Column(_("所在环节")),
        Column(str(DAY_LABELS[tab]), "nowrap"),
    )
    return Table(_("学籍变动：%(tab)s") % {"tab": TABS[tab]}, columns, rows) if rows else None


def drafts_table(found: list[cases.DraftLine]) -> Table | None:
    rows = tuple(
        Row(
            (
                f"{words.kind_word(one.kind)} {masks.name(one.name)}".strip(),
                day(one.created_on),
                day(timezone.localdate(one.changed_at)),
            ),
            url=reverse("change-draft", args=[one.id]),
        )
        for one in found
    )
    columns = (Column(_("业务")), Column(_("开始"), "nowrap"), Column(_("最近保存"), "nowrap"))
    return Table(_("草稿，新的在前"), columns, rows) if rows else None


# What is discreet ---------------------------------------------------------------------------------


@door("status.discreet")
def discreet_list(request: ActingRequest) -> HttpResponse:
    """The discreet cases of the own office, and the pupils whom its school must know of. Nothing of it stands elsewhere."""
    today = timezone.localdate()
    found = discreet.cases_for(request.actor, today=today)
    rows = tuple(
        Row(
            (
                f"{words.kind_word(BY_CODE[one.kind])} {masks.name(one.name)}",
                words.state_mark(State(one.state)),
                day(one.filed_on),
                words.due_mark(one.due_on, today),
            ),
            url=reverse("change", args=[one.id]),
        )
        for one in found
    )
    columns = (Column(_("业务")), Column(_("状态")), Column(_("提交"), "nowrap"), Column(_("期限"), "nowrap"))
    placed = tuple(
        Row((one.name, one.school, one.specialised_school, day(one.since)))
        for one in discreet.placed_with(request.actor)
    )
    placed_columns = (
        Column(_("学生")),
        Column(_("学籍所在学校")),
        Column(_("就读学校")),
        Column(_("开始"), "nowrap"),
    )
    context = {
        "table": Table(_("须保密的业务"), columns, rows) if rows else None,
        "placed": Table(_("在专门学校就读的学生"), placed_columns, placed) if placed else None,
        "crumbs": [(_("学籍变动"), reverse("changes")), (_("须保密的业务"), "")],
    }
    return render(request, "status/discreet.html", context)


# Pupils who left ----------------------------------------------------------------------------------


@door("status.copies")
def left(request: ActingRequest) -> HttpResponse:
    """The pupils who left the own school, each with the copy of the record that stayed here."""
    form = CopyFilter(request.GET)
    if not form.is_valid():
        raise Http404
    found = copies.copies(
        request.actor,
        name=form.cleaned_data["name"].strip(),
        after=place_key(request.GET.get("after", "")),
        before=place_key(request.GET.get("before", "")),
    )
    rows = tuple(
        Row(
            (
                one.name,
                day(one.made_on),
                part("state", tone="past", word=_("转出已撤销"))
                if one.void_on
                else _("档案已移交，副本留存"),
            ),
            url=reverse("left-pupil", args=[one.id]),
        )
        for one in found.items
    )
    columns = (Column(_("学生")), Column(_("离校"), "nowrap"), Column(_("存档")))
    context = {
        "form": form,
        "table": Table(_("离校学生，新的在前"), columns, rows) if rows else None,
        "is_filtered": bool(form.cleaned_data["name"]),
        "before": key_text(found.before),
        "after": key_text(found.after),
        "crumbs": [(_("学籍变动"), reverse("changes")), (_("离校学生"), "")],
    }
    return render(request, "status/left.html", context)


@door("status.copies", methods=("GET", "HEAD", "POST"))
def left_pupil(request: ActingRequest, copy_id: UUID) -> HttpResponse:
    """The copy of one pupil's record: shown for a reason that is recorded, and printable."""
    line = copies.line_of(copy_id, request.actor)
    if line is None:
        raise Http404
    form = WhyForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "line": line,
        "form": form,
        "crumbs": [
            (_("学籍变动"), reverse("changes")),
            (_("离校学生"), reverse("left-pupils")),
            (line.name, ""),
        ],
    }
    if request.method == "POST" and form.is_valid():
        try:
            context["copy"] = read_copy(copy_id, reason=form.cleaned_data["reason"], by=request.actor)
        except Refused as refused:
            return render(request, "status/copy.html", context, refused=refused)
        context |= copy_context(context["copy"])
    return render(request, "status/copy.html", context, status=422 if form.errors else None)


def copy_context(copy: copies.Copy) -> dict[str, Any]:
    """Return a copy as its page shows it, under the labels of the national set."""
    pupil = copy.student
    return {
        "identity": [
            (_("姓名"), pupil["name"]),
            *(
                (str(NUMBER_NAMES.get(scheme, scheme)), number)
                for scheme, number, until in copy.numbers
                if not until
            ),
            (_("性别"), pupil_words.label(lists.SEXES, pupil["sex"])),
            (_("出生日期"), pupil["birth_on"]),
            (_("民族"), pupil_words.label(lists.ETHNICITIES, pupil["ethnicity"])),
        ],
        "contact": [
            (label_of(key, "private") if key in words.LABELS else key, shown(key, value))
            for key, value in copy.private.items()
            if value
        ],
        "family": [(one["name"], pupil_words.label(lists.RELATIONS, one["relation"])) for one in copy.family],
        "stays": [
            {
                "what": pupil_words.state_name(one["state"]) if one["ended_on"] else _("就读"),
                "who": one["school"],
                "on": None,
                "note": f"{one['started_on']} – {one['ended_on'] or ''}",
                "state": "done" if one["ended_on"] else "now",
            }
            for one in copy.enrolments
        ],
    }


def shown(key: str, value: Any) -> str:
    text = str(value)
    codes = words.CODES.get(key)
    if codes:
        return pupil_words.label(codes, text)
    return full_name(text[:6]) or text if key.endswith("division") and text[:6].isdecimal() else text
