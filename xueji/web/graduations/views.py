"""Graduation: what blocks the pupils of a last grade, the school's request, its leader's decision, the authority's approval."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xueji.access.rules.permissions import Level
from xueji.lib.errors import Refused
from xueji.organisations.queries import name_at, offices_at
from xueji.organisations.rules.school_kinds import Stage
from xueji.status.actions import graduations as actions
from xueji.status.actions.graduations import ChoicesUnfit, Preview
from xueji.status.actions.readings import note_leavers
from xueji.status.models import Graduation
from xueji.status.queries import graduations as queries
from xueji.status.queries.graduations import Gone, Line, Listed, Waiting
from xueji.status.rules import graduation as rules
from xueji.status.rules.graduation import STAYS, Act, Choice, State
from xueji.web.classes.forms import Ticked
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.graduations import words
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, part, render
from xueji.web.status.words import due_mark
from xueji.web.templatetags.xueji import day, thousands

# Lists on a request's page are cut here; the pages of the classes hold everybody.
MOST_SHOWN = 200


@door("status.view")
def graduations(request: ActingRequest) -> HttpResponse:
    """For a school its last grades; for an authority what waits for its approval and what was decided below."""
    actor, today = request.actor, timezone.localdate()
    context: dict[str, Any] = {"is_school": actor.level is Level.SCHOOL}
    if actor.level is Level.SCHOOL:
        found = queries.last_grades(actor.place, today=today, using="default")
        rows = tuple(
            Row(
                (
                    words.grade_word(one.facts.number),
                    one.facts.entry_year,
                    thousands(one.pupils),
                    words.state_mark(one.request_state),
                ),
                url=reverse("graduation-grade", args=[one.id]),
            )
            for one in found
        )
        columns = (
            Column(_("年级")),
            Column(_("入学年份"), "nowrap"),
            Column(_("在籍人数"), "number"),
            Column(_("毕业办理")),
        )
        context["table"] = Table(_("本校毕业年级"), columns, rows)
    else:
        context["table"] = requests_table(queries.waiting_at(actor.place), _("待核准的毕业申请"), today)
        context["decided"] = requests_table(
            queries.decided_below(actor.scope.lo, actor.scope.hi), _("最近办结的毕业申请"), today
        )
    return render(request, "graduations/list.html", context)


def requests_table(found: list[Waiting], caption: str, today: date) -> Table:
    """Return requests as a list of an authority."""
    rows = tuple(
        Row(
            (
                one.school,
                words.grade_word(one.number),
                thousands(one.pupils),
                words.state_mark(one.state),
                day(one.received_on),
                due_mark(one.due_on, today),
            ),
            url=reverse("graduation", args=[one.id]),
        )
        for one in found
    )
    columns = (
        Column(_("学校")),
        Column(_("年级")),
        Column(_("人数"), "number"),
        Column(_("状态")),
        Column(_("日期"), "nowrap"),
        Column(_("期限"), "nowrap"),
    )
    return Table(caption, columns, rows)


# What blocks graduation ----------------------------------------------------------------------


@door("status.view")
def grade(request: ActingRequest, grade_id: int) -> HttpResponse:
    """什么妨碍毕业：every pupil of a last grade with what stands in the way, and the button that begins."""
    return page_of_grade(request, grade_id)


def page_of_grade(request: ActingRequest, grade_id: int, refused: Refused | None = None) -> HttpResponse:
    actor, today = request.actor, timezone.localdate()
    preview = actions.what_blocks(grade_id, by=actor, today=today)
    found, standing = preview.grade, preview.standing
    note_leavers([line.student_id for line in standing.lines], by=actor)
    is_own = actor.place == found.place
    name = words.grade_word(found.facts.number)
    warned = [line for line in standing.lines if line.findings]
    is_open = found.request_state in rules.OPEN
    context = {
        "name": name,
        "crumbs": crumbs(name),
        "school": name_at(found.place),
        "state": words.state_mark(found.request_state),
        "figures": figures_of(preview),
        "findings": [(one.is_stop, words.sentence(one)) for one in preview.findings],
        "table": blocked_table(warned, in_full=is_own),
        "pupils": len(standing.lines),
        "request_id": found.request_id,
        "may_begin": is_own and actor.may("status.file") and not is_open and bool(standing.lines),
        "grade_id": grade_id,
        "is_cut": len(warned) > MOST_SHOWN,
    }
    return render(request, "graduations/grade.html", context, refused=refused)


def crumbs(title: str) -> list[tuple[str, str]]:
    return [(_("毕业办理"), reverse("graduations")), (title, "")]


def figures_of(preview: Preview) -> list[tuple[str, str, str]]:
    blocked = len(preview.standing.blocked)
    return [
        (_("在籍"), thousands(len(preview.standing.lines)), ""),
        (_("可以毕业"), thousands(len(preview.standing.lines) - blocked), "good"),
        (_("有事项妨碍"), thousands(blocked), "late" if blocked else ""),
    ]


def blocked_table(lines: list[Line], *, in_full: bool) -> Table:
    """Return pupils with what stands in the way of each, who is blocked before who is only warned of."""
    ordered = sorted(lines, key=lambda line: not line.is_blocked)[:MOST_SHOWN]
    rows = tuple(
        Row(
            (
                words.name_of(line.name, in_full=in_full),
                line.class_name,
                part(
                    "state",
                    tone="late" if line.is_blocked else "waiting",
                    word=_("暂不能毕业") if line.is_blocked else _("提示"),
                ),
                " ".join(words.sentence(one) for one in line.findings),
            ),
            url=reverse("student", args=[line.student_id]),
        )
        for line in ordered
    )
    columns = (Column(_("姓名")), Column(_("班级")), Column(_("结论"), "nowrap"), Column(_("要先办理什么")))
    return Table(_("妨碍毕业的事项"), columns, rows)


@door("status.file", methods=("POST",))
def begin(request: ActingRequest, grade_id: int) -> HttpResponse:
    """Open the request of a last grade."""

    def do() -> str:
        opened = actions.begin(grade_id, by=request.actor, today=timezone.localdate())
        return reverse("graduation", args=[opened.id])

    try:
        return done_once(request, do)
    except Refused as refused:
        if refused.code == "not-found":
            raise
        return page_of_grade(request, grade_id, refused)


# A request -----------------------------------------------------------------------------------


class ProposalForm(forms.Form):
    graduates_on = forms.DateField(
        label=gettext_lazy("毕业日期"),
        help_text=gettext_lazy("学籍在这一天结束；不能晚于今天。"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("理由"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


@door("status.view")
def show(request: ActingRequest, request_id: UUID) -> HttpResponse:
    """A request: what it would do or did, the exceptions, the classes, and what the reader's desk does with it."""
    return page_of_request(request, request_id)


def page_of_request(
    request: ActingRequest,
    request_id: UUID,
    *,
    refused: Refused | None = None,
    reason_form: ReasonForm | None = None,
    proposal_form: ProposalForm | None = None,
    status: int | None = None,
) -> HttpResponse:
    actor = request.actor
    asked, preview = actions.look_ahead(request_id, by=actor)
    state = State(asked.state)
    is_own = actor.place == asked.place
    listed = queries.listed(asked.id)
    note_leavers([one.student_id for one in listed], by=actor)
    is_over = state not in rules.OPEN
    name = words.grade_word(asked.number)
    blocked = [line for line in preview.standing.lines if line.findings] if not is_over else []
    is_turn = actor.place == asked.desk_place
    permission = "status.decide_at_school" if state is State.WITH_LEADER else "status.decide_at_authority"
    decides = state in (State.WITH_LEADER, State.WITH_AUTHORITY) and is_turn and actor.may(permission)
    files = is_own and actor.may("status.file")
    context = {
        "asked": asked,
        "title": _("%(grade)s毕业办理") % {"grade": name},
        "crumbs": crumbs(name),
        "school": name_at(asked.place),
        "state": words.state_mark(state),
        "due": due_mark(asked.due_on, timezone.localdate()),
        "figures": figures_over(listed) if is_over else figures_ahead(preview),
        "sentences": sentences_of(asked, preview, is_over=is_over),
        "findings": [] if is_over else [(one.is_stop, words.sentence(one)) for one in preview.findings],
        "returned": asked.reason if state is State.DRAFT else "",
        "classes": classes_table(asked, listed, preview, is_own=is_own),
        "exceptions": exceptions_table(listed, in_full=is_own),
        "blocked": blocked_table(blocked, in_full=is_own),
        "is_cut": len(blocked) > MOST_SHOWN,
        "entries": entries_of(asked),
        "may_propose": files and state is State.DRAFT,
        "may_withdraw": files and state in rules.OPEN,
        "may_set": files and state in (State.DRAFT, State.DONE),
        "decides": decides,
        "may_undo": may_undo(request, asked),
        "destinations": words.destination_choices(Stage(asked.stage))[1:],
        "without_destination": sum(
            not one.destination for one in listed if one.outcome != STAYS and one.state != "aside"
        ),
        "proposal_form": proposal_form
        or ProposalForm(initial={"graduates_on": min(asked.graduates_on, timezone.localdate())}),
        "reason_form": reason_form or ReasonForm(),
    }
    return render(request, "graduations/request.html", context, refused=refused, status=status)


def may_undo(request: ActingRequest, asked: Graduation) -> bool:
    """Return whether the reader's office may take the request's effect back today."""
    if asked.state != State.DONE or not request.actor.may("status.undo"):
        return False
    is_in_time = asked.undo_until is not None and timezone.localdate() <= asked.undo_until
    return is_in_time and request.actor.place == actions.undoer_of(asked, "default")


def figures_ahead(preview: Preview) -> list[tuple[str, str, str]]:
    standing = preview.standing
    return [
        *((words.outcome_word(code), thousands(number), "good") for code, number in sorted(standing.by_outcome.items())),
        (words.outcome_word(STAYS), thousands(len(standing.staying)), ""),
        (_("有事项妨碍"), thousands(len(standing.blocked)), "late" if standing.blocked else ""),
    ]  # fmt: skip


def figures_over(listed: list[Listed]) -> list[tuple[str, str, str]]:
    done = Counter(one.outcome for one in listed if one.state == "done")
    rest = Counter(one.state for one in listed)
    return [
        *((words.outcome_word(code), thousands(number), "good") for code, number in sorted(done.items())),
        (words.outcome_word(STAYS), thousands(rest["listed"]), ""),
        (_("有事项妨碍，未办理"), thousands(rest["aside"]), "late" if rest["aside"] else ""),
        *([(_("已撤销"), thousands(rest["undone"]), "")] if rest["undone"] else []),
    ]


def sentences_of(asked: Graduation, preview: Preview, *, is_over: bool) -> list[str]:
    """Return in words what an approval does, or what was done."""
    if is_over:
        if asked.undo_until and asked.state == State.DONE:
            return [_("%(day)s前可以由上一级主管部门撤销。") % {"day": asked.undo_until.isoformat()}]
        return []
    going = len(preview.standing.going)
    said = [
        ngettext(
            "同意后，%(count)s 名学生的学籍在 %(day)s 结束，学籍号和记录保留，由下一所学校接续。",
            "同意后，%(count)s 名学生的学籍在 %(day)s 结束，学籍号和记录保留，由下一所学校接续。",
            going,
        )
        % {"count": going, "day": asked.graduates_on.isoformat()},
        _("有事项妨碍的学生留在原班，办结后可以再次申请。"),
    ]
    if preview.standing.classes_left_empty:
        said.append(
            _("没有学生的班级随之关闭：%(classes)s。")
            % {"classes": "、".join(preview.standing.classes_left_empty)}
        )
    if asked.needs_authority:
        said.append(_("学校负责人同意后，还须学籍主管部门核准才生效。"))
    return said


def classes_table(asked: Graduation, listed: list[Listed], preview: Preview, *, is_own: bool) -> Table:
    """Return the classes of a request with how many of each leave."""
    names = {line.class_id: line.class_name for line in preview.standing.lines}
    with_names = queries.class_names({one.class_id for one in listed}) | names
    rows = []
    for class_id in sorted(with_names, key=lambda one: (with_names[one], one)):
        pupils = [one for one in listed if one.class_id == class_id]
        rows.append(
            Row(
                (
                    with_names[class_id],
                    thousands(len(pupils)),
                    thousands(sum(one.outcome == "07" for one in pupils)),
                    thousands(sum(not one.destination for one in pupils if one.outcome != STAYS)),
                ),
                url=reverse("graduation-class", args=[asked.id, class_id]) if is_own else "",
            )
        )
    columns = (
        Column(_("班级")),
        Column(_("人数"), "number"),
        Column(_("其中毕业"), "number"),
        Column(_("去向未填"), "number"),
    )
    return Table(_("各班"), columns, tuple(rows))


def exceptions_table(listed: list[Listed], *, in_full: bool) -> Table:
    """Return the pupils who do not simply graduate, with the reason."""
    rows = tuple(
        Row(
            (words.name_of(one.name, in_full=in_full), words.outcome_word(one.outcome), one.reason),
            url=reverse("student", args=[one.student_id]),
        )
        for one in listed
        if one.outcome != "07"
    )
    return Table(
        _("不按毕业办理的学生"), (Column(_("姓名")), Column(_("办理结果"), "nowrap"), Column(_("原因"))), rows
    )


def entries_of(asked: Graduation) -> list[dict[str, Any]]:
    """Return the way of a request for a timeline."""
    steps = [one for one in queries.history(asked.id) if one.act != "choose"]
    offices = {one.place: one.name for one in offices_at({one.office for one in steps} | {asked.desk_place})}
    entries: list[dict[str, Any]] = [
        {
            "what": words.ACTS[one.act],
            "who": offices.get(one.office, ""),
            "on": one.on,
            "note": one.reason,
            "state": "refused" if one.act in ("return", "undo") else "done",
        }
        for one in steps
    ]
    if asked.state in rules.OPEN:
        word = words.STATES[State(asked.state)][0]
        entries.append({"what": word, "who": offices.get(asked.desk_place, ""), "on": None, "state": "now"})
    return entries


# A class: outcome and destination of each pupil ------------------------------------------------


@door("status.view", methods=("GET", "HEAD", "POST"))
def class_(request: ActingRequest, request_id: UUID, class_id: int) -> HttpResponse:
    """The pupils of one class: what each leaves with, and where to."""
    actor = request.actor
    asked, preview = actions.look_ahead(request_id, by=actor)
    listed = [one for one in queries.listed(asked.id) if one.class_id == class_id]
    if not listed:
        raise actions.no_such()
    note_leavers([one.student_id for one in listed], by=actor)
    names = queries.class_names({class_id})
    state, stage = State(asked.state), Stage(asked.stage)
    is_own = actor.place == asked.place and actor.may("status.file")
    can_choose, can_direct = is_own and state is State.DRAFT, is_own and state in (State.DRAFT, State.DONE)
    findings = {line.student_id: line.findings for line in preview.standing.lines}
    sent: dict[UUID, Choice] = {}
    faults: dict[UUID, tuple[str, str]] = {}
    refused: Refused | None = None
    if request.method == "POST":
        sent = {
            one.student_id: Choice(
                request.POST.get(f"outcome-{one.student_id}", one.outcome)[:2],
                request.POST.get(f"destination-{one.student_id}", one.destination)[:2],
                " ".join(request.POST.get(f"reason-{one.student_id}", one.reason).replace("\0", "").split()),
            )
            for one in listed
        }

        def do() -> str:
            actions.choose(request_id, sent, by=actor, today=timezone.localdate())
            messages.success(request, _("已保存。"))
            return reverse("graduation", args=[request_id])

        try:
            return done_once(request, do)
        except Refused as found:
            refused = found
            faults = found.faults if isinstance(found, ChoicesUnfit) else {}
    rows = [
        {
            "id": one.student_id,
            "name": words.name_of(one.name, in_full=actor.place == asked.place),
            "said": sent.get(one.student_id, Choice(one.outcome, one.destination, one.reason)),
            "outcome": words.outcome_word(one.outcome),
            "destination": words.destination_word(one.destination),
            "fault": faults.get(one.student_id),
            "blocked": [words.sentence(f) for f in findings.get(one.student_id, ()) if f.is_stop],
        }
        for one in listed
    ]
    name = names.get(class_id, "")
    grade_name = words.grade_word(asked.number)
    context = {
        "title": _("%(grade)s%(class)s毕业名单") % {"grade": grade_name, "class": name},
        "crumbs": [
            *crumbs(grade_name)[:1],
            (grade_name, reverse("graduation", args=[asked.id])),
            (name, ""),
        ],
        "asked": asked,
        "rows": rows,
        "can_choose": can_choose,
        "can_direct": can_direct,
        "outcomes": words.outcome_choices(stage),
        "destinations": words.destination_choices(stage),
    }
    return render(
        request, "graduations/class.html", context, refused=refused, status=UNPROCESSABLE if faults else None
    )


@door("status.file", methods=("POST",))
def destination(request: ActingRequest, request_id: UUID) -> HttpResponse:
    """Give all pupils without a destination the same one."""

    def do() -> str:
        given = actions.set_destination(
            request_id, request.POST.get("destination", "")[:2], by=request.actor, today=timezone.localdate()
        )
        messages.success(
            request,
            ngettext("已为 %(count)s 名学生填写去向。", "已为 %(count)s 名学生填写去向。", given)
            % {"count": given},
        )
        return reverse("graduation", args=[request_id])

    try:
        return done_once(request, do)
    except Refused as refused:
        if refused.code == "not-found":
            raise
        return page_of_request(request, request_id, refused=refused)


# Acts ----------------------------------------------------------------------------------------

TOLD = {
    Act.PROPOSE: gettext_lazy("已提交，等待学校负责人决定。"),
    Act.RETURN: gettext_lazy("已退回学校补正。"),
    Act.WITHDRAW: gettext_lazy("已撤回。"),
    Act.UNDO: gettext_lazy("已撤销，学生恢复在读。"),
}


@door("status.view", methods=("POST",))
def act(request: ActingRequest, request_id: UUID) -> HttpResponse:
    """Propose, approve, return, withdraw or undo a request, as the button says."""
    try:
        wanted = Act(request.POST.get("act", ""))
    except ValueError:
        raise actions.no_such() from None
    text = request.POST.get("version", "")
    known: dict[str, Any] = {
        "by": request.actor,
        "today": timezone.localdate(),
        "version": int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None,
    }
    proposal, reasoned = ProposalForm(request.POST), ReasonForm(request.POST)
    if wanted is Act.PROPOSE and not proposal.is_valid():
        return page_of_request(request, request_id, proposal_form=proposal, status=UNPROCESSABLE)
    if wanted in (Act.RETURN, Act.UNDO) and not reasoned.is_valid():
        return page_of_request(request, request_id, reason_form=reasoned, status=UNPROCESSABLE)

    def do() -> str:
        match wanted:
            case Act.PROPOSE:
                actions.propose(request_id, graduates_on=proposal.cleaned_data["graduates_on"], **known)
            case Act.APPROVE:
                asked = actions.approve(request_id, **known)
                is_done = asked.state == State.DONE
                messages.success(
                    request, _("已同意，毕业生学籍已结束。") if is_done else _("已同意，等待主管部门核准。")
                )
            case Act.RETURN:
                actions.send_back(request_id, reason=reasoned.cleaned_data["reason"], **known)
            case Act.WITHDRAW:
                actions.withdraw(request_id, **known)
            case _:
                actions.undo(request_id, reason=reasoned.cleaned_data["reason"], **known)
        if wanted in TOLD:
            messages.success(request, TOLD[wanted])
        return reverse("graduation", args=[request_id])

    try:
        return done_once(request, do)
    except Refused as refused:
        if refused.code in ("not-found", "not-allowed"):
            raise
        return page_of_request(request, request_id, refused=refused)


# Undo of some --------------------------------------------------------------------------------


class UndoForm(ReasonForm):
    selected = Ticked()


@door("status.undo", methods=("GET", "HEAD", "POST"))
def undo_some(request: ActingRequest, request_id: UUID) -> HttpResponse:
    """Choose pupils, look at what their undo does, and let them come back; the others stay as they left."""
    asked, left = actions.who_left(request_id, by=request.actor)
    if not may_undo(request, asked):
        raise actions.no_such()
    note_leavers([one.student_id for one in left], by=request.actor)
    form = UndoForm(request.POST if request.method == "POST" else None)
    name = words.grade_word(asked.number)
    context: dict[str, Any] = {
        "asked": asked,
        "school": name_at(asked.place),
        "name": name,
        "form": form,
        "table": gone_table(left),
        "crumbs": [
            *crumbs(name)[:1],
            (name, reverse("graduation", args=[asked.id])),
            (_("撤销部分学生的毕业"), ""),
        ],
    }
    if request.method != "POST" or not form.is_valid():
        return render(
            request, "graduations/undo.html", context, status=UNPROCESSABLE if form.errors else None
        )
    chosen, reason = form.cleaned_data["selected"], form.cleaned_data["reason"]
    if request.POST.get("confirmed") == "yes":

        def do() -> str:
            actions.undo(
                request_id, reason=reason, by=request.actor, today=timezone.localdate(), students=chosen
            )
            messages.success(
                request,
                ngettext(
                    "已撤销，%(count)s 名学生恢复在读。", "已撤销，%(count)s 名学生恢复在读。", len(chosen)
                )
                % {"count": len(chosen)},
            )
            return reverse("graduation", args=[request_id])

        try:
            return done_once(request, do)
        except Refused as refused:
            if refused.code == "not-allowed":
                raise
            return render(request, "graduations/undo.html", context, refused=refused)
    return render(request, "graduations/confirm.html", context | undo_ahead(asked, left, set(chosen), reason))


def gone_table(left: list[Gone]) -> Table:
    """Return who left by a request; who cannot come back has no box, and the reason."""
    is_any = any(not one.can_come_back for one in left)
    rows = tuple(
        Row(
            (
                words.name_of(one.name, in_full=False),
                one.class_name,
                words.outcome_word(one.outcome),
                *([in_the_way(one)] if is_any else []),
            ),
            key=str(one.student_id) if one.can_come_back else "",
        )
        for one in left
    )
    columns = [Column(_("姓名")), Column(_("班级")), Column(_("办理结果"), "nowrap")]
    if is_any:
        columns.append(Column(_("不能撤销的原因")))
    return Table(_("随这份申请毕业的学生"), tuple(columns), rows, is_compact=True)


def in_the_way(one: Gone) -> str:
    if one.is_enrolled_again:
        return _("已有新的学籍，须先撤销后来的业务。")
    return _("有此后提出的在办业务，须先办结或撤回。") if one.has_case else ""


def undo_ahead(asked: Graduation, left: list[Gone], chosen: set[UUID], reason: str) -> dict[str, Any]:
    """Return what a confirmation shows: how many come back, how many stay as they left, what follows."""
    back = [one for one in left if one.student_id in chosen]
    classes = list(dict.fromkeys(one.class_name for one in back))
    return {
        "question": ngettext("撤销 %(count)s 名学生的毕业", "撤销 %(count)s 名学生的毕业", len(back))
        % {"count": len(back)},
        "figures": [
            (_("恢复在读"), thousands(len(back)), "good"),
            (_("毕业不变"), thousands(len(left) - len(back)), ""),
        ],
        "stops": [
            f"{words.name_of(one.name, in_full=False)}：{in_the_way(one)}"
            for one in back
            if not one.can_come_back
        ],
        "consequences": [
            _("这些学生回到 %(classes)s，已关闭的班级和年级重新开放。") % {"classes": "、".join(classes)},
            _("毕业前的学籍状态原样恢复；每名学生的记录里留下这次撤销。"),
        ],
        "label": _("撤销所选学生的毕业"),
        "dangerous": True,
        "back": reverse("graduation-undo", args=[asked.id]),
        "action": reverse("graduation-undo", args=[asked.id]),
        "hidden": [("reason", reason), *(("selected", one.student_id) for one in back)],
    }
