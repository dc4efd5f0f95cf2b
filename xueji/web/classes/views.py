"""调班、分班、并班: proposed from the list of a class, looked at first, decided by the leader, undone by the authority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xueji.access.rules import places
from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.organisations.models import Class
from xueji.organisations.queries import authority_codes, offices_at
from xueji.organisations.rules.school_kinds import Stage
from xueji.status.actions import class_requests as actions
from xueji.status.actions.readings import note_movers
from xueji.status.queries import class_requests as queries
from xueji.status.queries.class_requests import RequestLine, RequestView
from xueji.status.rules.class_requests import LARGE_CLASS, STATE_NAMES, ClassCount, RequestState
from xueji.web.classes.forms import DecisionForm, SplitForm
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, part, render
from xueji.web.pupils.words import grade_name
from xueji.web.rosters.words import key_text, one_of, uuid_key
from xueji.web.schools.views import class_or_404, next_number, page_of_class
from xueji.web.templatetags.xueji import day, spoken, thousands

TONES = {
    RequestState.WITH_LEADER: "waiting",
    RequestState.DONE: "good",
    RequestState.REFUSED: "past",
    RequestState.WITHDRAWN: "past",
    RequestState.UNDONE: "past",
}
# Lists of pupils on a request's page are cut here; the API gives all.
MOST_SHOWN = 500


def state_mark(state: RequestState) -> Any:
    return part("state", tone=TONES[state], word=spoken(STATE_NAMES[state]))


# Proposing --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What a form asks for: who goes into which class, by number; which class is opened, which closed."""

    moves: dict[UUID, str]
    opens: dict[str, str]
    closes: tuple[str, ...]


@door("classes.move", methods=("POST",))
def propose(request: ActingRequest, class_id: int) -> HttpResponse:
    """Show what moving the ticked pupils would do; put it before the leader when that was confirmed."""
    found = class_or_404(request, class_id)
    request.actor.require("classes.move", found.place)
    page = page_of_class(request, found)
    form = SplitForm(request.POST, classes=page["targets"])
    page["form"] = form
    if not form.is_valid():
        return render(request, "schools/class.html", page, status=UNPROCESSABLE)
    chosen = form.cleaned_data
    wanted = wanted_of(found, chosen)
    if request.POST.get("confirmed") == "yes":

        def file() -> str:
            filed = actions.propose(
                found.grade_id,
                wanted.moves,
                opens=wanted.opens,
                closes=wanted.closes,
                note=chosen["note"],
                by=request.actor,
                today=timezone.localdate(),
            )
            messages.success(request, _("已提交，等待学校领导审核；审核之前谁也不动。"))
            return reverse("class-request", args=[filed])

        try:
            return done_once(request, file)
        except Refused as refused:
            return ahead(request, found, page, form, wanted, refused=refused)
    return ahead(request, found, page, form, wanted)


def wanted_of(found: Class, chosen: Mapping[str, Any]) -> Wanted:
    opens = {}
    number = chosen["target"]
    if number == SplitForm.NEW:
        # The number that was looked at stays, so that a form sent twice is the same form.
        number = chosen["number"] or next_number(
            found.school, Stage(found.grade.stage), found.grade.entry_year
        )
        opens[number] = chosen["name"]
    closes = (found.number,) if chosen["closes"] else ()
    return Wanted(dict.fromkeys(chosen["selected"], number), opens, closes)


def ahead(
    request: ActingRequest,
    found: Class,
    page: Mapping[str, Any],
    form: SplitForm,
    wanted: Wanted,
    *,
    refused: Refused | None = None,
) -> HttpResponse:
    """Show every class that would be otherwise, before and after, and what stands in the way."""
    preview = actions.look_ahead(
        found.grade_id, wanted.moves, opens=wanted.opens, closes=wanted.closes, by=request.actor
    )
    names = {
        number: one.name for number, one in queries.classes_of_grade(found.grade_id, found.place).items()
    } | wanted.opens
    number, count = next(iter(wanted.moves.values())), len(wanted.moves)
    context = {
        "question": ngettext(
            "%(count)s 名学生从 %(from)s 调入 %(to)s",
            "%(count)s 名学生从 %(from)s 调入 %(to)s",
            count,
        )
        % {"count": count, "from": found.name, "to": names.get(number, number)},
        "counts": counts_table(preview.counts, names),
        "faults": [spoken((one.zh, one.en)) for one in preview.faults],
        "large": large_classes(preview.counts, names),
        "consequences": [
            *([_("新开 %(class)s（班号 %(number)s）。") % {"class": wanted.opens[number], "number": number}] if wanted.opens else []),
            *([_("%(class)s 调空后关闭。") % {"class": found.name}] if wanted.closes else []),
            _("提交后由学校领导审核；同意后一次生效，要么全部调动，要么都不动。"),
            _("调动后班内学号清空，需重新编排；每名学生的记录里留下这次调班。"),
            _("生效后 30 日内可由主管部门撤销。"),
        ],
        "hidden": [
            ("target", form.cleaned_data["target"]),
            ("name", form.cleaned_data["name"]),
            ("number", number if wanted.opens else ""),
            ("closes", "on" if wanted.closes else ""),
            *(("selected", one) for one in wanted.moves),
        ],
        "action": reverse("class-move", args=[found.pk]),
        "back": reverse("class", args=[found.pk]),
        "form": form,
        "crumbs": [*page["crumbs"][:-1], (page["name"], reverse("class", args=[found.pk])), (_("调整班级"), "")],
    }  # fmt: skip
    return render(request, "classes/confirm.html", context, refused=refused)


def counts_table(counts: Sequence[ClassCount], names: Mapping[str, str]) -> Table | None:
    """Return the classes that a request makes otherwise, before and after."""
    rows = tuple(
        Row(
            (
                names.get(one.number, one.number),
                thousands(one.before) if not one.is_new else part("state", tone="now", word=_("新开")),
                part("state", tone="past", word=_("关闭")) if one.is_closed else thousands(one.after),
            )
        )
        for one in counts
        if one.is_new or one.is_closed or one.before != one.after
    )
    columns = (Column(_("班级")), Column(_("现在"), "number"), Column(_("调动后"), "number"))
    return Table(_("调动前后各班人数"), columns, rows) if rows else None


def large_classes(counts: Sequence[ClassCount], names: Mapping[str, str]) -> list[str]:
    return [
        _("%(class)s 调动后 %(after)s 人，超过 %(limit)s 人，属大班额。")
        % {"class": names.get(one.number, one.number), "after": one.after, "limit": LARGE_CLASS}
        for one in counts
        if one.is_large and one.after > one.before
    ]


# Requests ----------------------------------------------------------------------------------------


class StateFilter(forms.Form):
    state = forms.ChoiceField(label=gettext_lazy("状态"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            ("", _("全部")),
            *((state.value, spoken(STATE_NAMES[state])) for state in RequestState),
        ]


@door("status.view")
def listing(request: ActingRequest) -> HttpResponse:
    """The requests of the own school, or of the schools of one's area; the newest first."""
    form = StateFilter(request.GET)
    if not form.is_valid():
        raise Http404
    is_school = request.actor.level is Level.SCHOOL
    page = queries.listed(
        request.actor,
        state=one_of(form.cleaned_data["state"], [state.value for state in RequestState]),
        after=uuid_key(request.GET.get("after", "")),
        before=uuid_key(request.GET.get("before", "")),
    )
    context = {
        "form": form,
        "table": requests_table(page.items, is_school=is_school),
        "is_school": is_school,
        "is_filtered": bool(form.cleaned_data["state"]),
        "before": key_text(page.before),
        "after": key_text(page.after),
        "crumbs": [(_("学籍变动"), reverse("changes")), (_("分班、并班与调班"), "")],
    }
    return render(request, "classes/list.html", context)


def requests_table(found: Sequence[RequestLine], *, is_school: bool) -> Table | None:
    rows = tuple(
        Row(
            (
                title_of(one),
                *([] if is_school else [one.school]),
                thousands(one.pupils),
                state_mark(one.state),
                day(one.filed_on),
                day(one.decided_on) if one.decided_on else "–",
            ),
            url=reverse("class-request", args=[one.id]),
        )
        for one in found
    )
    columns = (
        Column(_("申请")),
        *([] if is_school else [Column(_("学校"))]),
        Column(_("人数"), "number"),
        Column(_("状态")),
        Column(_("提交"), "nowrap"),
        Column(_("办理"), "nowrap"),
    )
    return Table(_("分班、并班与调班申请，新的在前"), columns, rows) if rows else None


def title_of(line: RequestLine) -> str:
    return _("%(grade)s（%(year)s 级）调班") % {"grade": grade_name(line.grade), "year": line.entry_year}


def request_or_404(request: ActingRequest, request_id: UUID) -> RequestView:
    found = queries.request_of(request_id)
    if found is None or found.line.place not in request.actor.scope:
        raise Http404
    return found


@door("status.view")
def show(request: ActingRequest, request_id: UUID) -> HttpResponse:
    """A request: the classes before and after, who goes where, its way, and what the reader can do with it."""
    return page_of_request(request, request_or_404(request, request_id))


def page_of_request(
    request: ActingRequest,
    found: RequestView,
    *,
    refused: Refused | None = None,
    form: DecisionForm | None = None,
    status: int | None = None,
) -> HttpResponse:
    actor, line = request.actor, found.line
    note_movers([one.student_id for one in found.moves[:MOST_SHOWN]], by=actor)
    is_own = actor.place == line.place
    waits = line.state is RequestState.WITH_LEADER
    ways = tuple(
        Row((_("%(from)s → %(to)s") % {"from": source, "to": target}, thousands(number)))
        for source, target, number in found.ways
    )
    context = {
        "found": found,
        "title": title_of(line),
        "school": line.school,
        "state": state_mark(line.state),
        "counts": counts_table(found.counts, found.names),
        "large": large_classes(found.counts, found.names),
        "ways": Table(_("各班之间的调动"), (Column(_("调动")), Column(_("人数"), "number")), ways),
        "pupils": pupils_table(found, is_own=is_own),
        "is_cut": len(found.moves) > MOST_SHOWN,
        "entries": entries_of(found),
        "decides": waits and is_own and actor.may("classes.decide"),
        "is_own_work": actor.account_id == found.filed_by,
        "withdraws": waits and is_own and actor.may("classes.move"),
        "undoes": may_undo(actor, line),
        "form": form or DecisionForm(),
        "crumbs": [
            (_("学籍变动"), reverse("changes")),
            (_("分班、并班与调班"), reverse("class-requests")),
            (title_of(line), ""),
        ],
    }
    return render(request, "classes/request.html", context, refused=refused, status=status)


def may_undo(actor: Actor, line: RequestLine) -> bool:
    """Return whether the reader's office may take the request's effect back today."""
    if line.state is not RequestState.DONE or not actor.may("status.undo"):
        return False
    is_in_time = line.undo_until is not None and timezone.localdate() <= line.undo_until
    return is_in_time and actor.place == places.authority_above(line.place, authority_codes())


def pupils_table(found: RequestView, *, is_own: bool) -> Table:
    rows = tuple(
        Row(
            (one.name if is_own else masks.name(one.name), one.source, one.target),
            url=reverse("student", args=[one.student_id]),
        )
        for one in found.moves[:MOST_SHOWN]
    )
    return Table(
        _("调班学生"), (Column(_("姓名")), Column(_("原班级")), Column(_("调入班级"))), rows, is_compact=True
    )


ACTS = {
    "file": (gettext_lazy("提交"), "done"),
    "approve": (gettext_lazy("同意"), "done"),
    "refuse": (gettext_lazy("不同意"), "refused"),
    "withdraw": (gettext_lazy("撤回"), "refused"),
    "undo": (gettext_lazy("撤销"), "refused"),
}


def entries_of(found: RequestView) -> list[dict[str, Any]]:
    """Return the way of a request for a timeline."""
    steps = queries.history(found.line.id)
    offices = {one.place: one.name for one in offices_at({one.office for one in steps})}
    entries: list[dict[str, Any]] = [
        {
            "what": ACTS[one.act][0],
            "who": offices.get(one.office, ""),
            "on": one.on,
            "note": one.reason or (found.note if one.act == "file" else ""),
            "state": ACTS[one.act][1],
        }
        for one in steps
    ]
    if found.line.state is RequestState.WITH_LEADER:
        entries.append(
            {
                "what": spoken(STATE_NAMES[found.line.state]),
                "who": found.line.school,
                "on": None,
                "state": "now",
            }
        )
    return entries


TOLD = {
    "approve": gettext_lazy("已同意，调班已生效。"),
    "refuse": gettext_lazy("已不同意，没有学生变动。"),
    "withdraw": gettext_lazy("已撤回，没有学生变动。"),
    "undo": gettext_lazy("已撤销，学生都回到原班级。"),
}


@door("status.view", methods=("POST",))
def act(request: ActingRequest, request_id: UUID) -> HttpResponse:
    """Approve, refuse, withdraw or undo, as the button says."""
    found = request_or_404(request, request_id)
    wanted = one_of(request.POST.get("act", ""), TOLD)
    if not wanted:
        raise Http404
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return page_of_request(request, found, form=form, status=UNPROCESSABLE)
    known: dict[str, Any] = {"by": request.actor, "today": timezone.localdate()}
    reason = form.cleaned_data["reason"]

    def do() -> str:
        match wanted:
            case "withdraw":
                actions.withdraw(request_id, **known)
            case "undo":
                actions.undo(request_id, reason=reason, **known)
            case _:
                actions.decide(request_id, approve=wanted == "approve", reason=reason, **known)
        messages.success(request, TOLD[wanted])
        return reverse("class-request", args=[request_id])

    try:
        return done_once(request, do)
    except Refused as refused:
        if refused.code in ("not-found", "not-allowed"):
            raise
        return page_of_request(request, found, refused=refused, form=form)
