"""Doors of problem records."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from xueji.access.rules.permissions import Level
from xueji.changes.actions.problems import by_hand, decisions, papers, statements
from xueji.changes.queries import problems
from xueji.changes.queries.problems import COMPARED, DeskCase, SchoolCase
from xueji.changes.rules.problem_records import (
    BY_OUTCOME,
    CORRECTABLE,
    MOST_PAPER_BYTES,
    OUTCOMES,
    PAPERS,
    STATE_NAMES,
    CaseState,
    Remedy,
    Side,
)
from xueji.lib.errors import Refused
from xueji.students.actions import note_listed
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, render
from xueji.web.problems import words
from xueji.web.problems.forms import DecisionForm, OpeningForm, PaperForm, StatementForm
from xueji.web.rosters.words import due_mark, key_text, one_of, uuid_key
from xueji.web.templatetags.xueji import day, spoken

MOST_UPLOAD = MOST_PAPER_BYTES + 1


# The list --------------------------------------------------------------------------------


@door("problems.view")
def problem_list(request: ActingRequest) -> HttpResponse:
    """What waits for a statement or a decision, what is under way and what is closed; oldest first."""
    tabs = problems.tabs_of(request.actor)
    tab = one_of(request.GET.get("tab", ""), tabs) or tabs[0]
    today = timezone.localdate()
    found = problems.listed(
        request.actor,
        tab,
        today=today,
        after=uuid_key(request.GET.get("after", "")),
        before=uuid_key(request.GET.get("before", "")),
    )
    note_seen(request, *(line.id for line in found.items), fields=("name", "problem"))
    is_school = request.actor.level is Level.SCHOOL
    columns = [Column(_("学生")), Column(_("问题"))]
    if not is_school:
        columns.append(Column(_("学校")))
    columns += [Column(_("收到"), "nowrap"), Column(_("期限"), "nowrap"), Column(_("状态"))]
    rows = tuple(
        Row(
            (
                line.name,
                words.problem_word(line.problem),
                *(() if is_school else (line.office,)),
                day(line.received_on),
                due_mark(line.due_on, today) if tab != "closed" else "",
                words.state_mark(line.state, line.outcome),
            ),
            url=reverse("problem", args=[line.id]),
        )
        for line in found.items
    )
    context = {
        "tabs": [(key, words.TABS[key], key == tab) for key in tabs],
        "tab": tab,
        "table": Table(_("问题学籍，收到早的在前"), tuple(columns), rows) if rows else None,
        "before": key_text(found.before),
        "after": key_text(found.after),
    }
    return render(request, "problems/list.html", context)


# One case ----------------------------------------------------------------------------------


@door("problems.view")
def show(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """A case, as the reader's desk or school sees it; where a child attends is asked on a page of its own."""
    if problems.is_of_admission(case_id):
        return HttpResponseRedirect(reverse("admission-dispute", args=[case_id]))
    return page(request, case_id)


def page(
    request: ActingRequest,
    case_id: UUID,
    *,
    in_full: bool = False,
    forms: dict[str, Any] | None = None,
    chosen: str = "",
    refused: Refused | None = None,
    status: int | None = None,
) -> HttpResponse:
    """Return the page of a case, with a refusal and the forms as they were sent. Raises Http404."""
    case = problems.seen_by(case_id, by=request.actor, today=timezone.localdate())
    if case is None:
        raise Http404
    note_seen(request, case_id, fields=("identity", "problem"))
    if isinstance(case, DeskCase):
        context = desk_context(case, in_full=in_full) | (forms or {})
        return render(request, "problems/desk.html", context, refused=refused, status=status)
    context = school_context(case, chosen or request.GET.get("answer", "")) | (forms or {})
    return render(request, "problems/school.html", context, refused=refused, status=status)


def note_seen(request: ActingRequest, *case_ids: UUID, fields: tuple[str, ...]) -> None:
    """Record that the pupils of these problem records were shown."""
    note_listed(problems.students_of(case_ids), by=request.actor, fields=fields, duty="problems.view")


def crumbs(title: str) -> list[tuple[str, str]]:
    return [(_("问题学籍"), reverse("problems")), (title, "")]


def school_context(case: SchoolCase, chosen: str) -> dict[str, Any]:
    """Return what a school sees: the matter, its own records, the ways to answer, and the one it chose."""
    party, today = case.party, timezone.localdate()
    choices = words.choices_of(case)
    choice = next((one for one in choices if one.key == chosen), None) if case.can_state else None
    stated = party.stated_on is not None
    state = CaseState.CLOSED if party.closed_on else CaseState.WITH_DESK if stated else CaseState.WITH_SCHOOLS
    records = [
        (
            str(words.STANDINGS[record.standing]),
            words.lines_of(record, COMPARED, in_full=False),
        )
        for record in (case.filed, case.standing)
        if record is not None
    ]
    needed: list[dict[str, Any]] = []
    if choice is not None:
        missing = case.papers_missing[choice.remedy]
        needed = [
            {"kind": kind, "word": words.paper_word(kind), "is_there": kind not in missing}
            for kind in PAPERS[choice.remedy]
        ]
    return {
        "case": case,
        "party": party,
        "title": party.name,
        "crumbs": crumbs(party.name),
        "problem": words.problem_word(party.problem),
        "state": words.state_mark(state, party.outcome),
        "due": "" if stated or party.closed_on else due_mark(party.due_on, today),
        "matter": words.matter_of(case),
        "records": records,
        "choices": choices,
        "choice": choice,
        "needed": needed,
        "is_complete": all(one["is_there"] for one in needed),
        "stated": stated,
        "stated_remedy": words.remedy_word(Remedy(party.remedy)) if party.remedy else "",
        "proposed": [
            (words.field_word(key), words.value_word(key, value, in_full=False))
            for key, value in case.proposal.items()
        ],
        "papers": [(one, words.paper_word(one.kind)) for one in case.papers],
        "outcome": words.outcome_word(party.outcome) if party.outcome else "",
        "paper_form": PaperForm(
            initial={"kind": next((one["kind"] for one in needed if not one["is_there"]), "other")}
        ),
        "statement_form": statement_form(case, choice) if choice is not None else None,
    }


def statement_form(case: SchoolCase, choice: words.Choice, data: Any = None) -> StatementForm:
    """Return the form of a statement; with the values to correct when the school corrects."""
    record = None
    if choice.remedy is Remedy.CORRECT:
        record = case.filed if choice.side is Side.FILED else case.standing
    return StatementForm(data, correcting=record)


def desk_context(desk: DeskCase, *, in_full: bool) -> dict[str, Any]:
    """Return what a desk sees: the records side by side, the statements with their papers, the outcomes."""
    case, today = desk.case, timezone.localdate()
    columns = []
    if desk.filed is not None:
        filing = next((s for s in desk.statements if s.party.place == case.place), None)
        columns.append((filing.office if filing else "", desk.filed))
    columns += [
        (s.office, s.record)
        for s in desk.statements
        if s.record is not None and s.record.side is Side.STANDING
    ]
    first = columns[0][1].values if columns else {}
    rows = [
        (
            words.field_word(key),
            [
                (head, words.compared(key, record.values.get(key, ""), first.get(key, ""), in_full=in_full))
                for head, record in columns
            ],
        )
        for key in COMPARED
        if any(record.values.get(key) for _head, record in columns)
    ]
    return {
        "desk": desk,
        "case": case,
        "title": case.name,
        "crumbs": crumbs(case.name),
        "problem": words.problem_word(case.problem),
        "state": words.state_mark(case.state, case.outcome),
        "due": "" if case.closed_on else due_mark(case.due_on, today),
        "heads": [(head, words.STANDINGS[record.standing]) for head, record in columns],
        "rows": rows,
        "in_full": in_full,
        "may_reveal": not in_full and (desk.can_decide or desk.can_return),
        "statements": [
            {
                "office": s.office,
                "remedy": words.remedy_word(s.remedy) if s.remedy else "",
                "statement": s.party.statement,
                "on": s.party.stated_on,
                "due": "" if s.remedy or case.closed_on else due_mark(s.party.due_on, today),
                "proposed": [
                    (words.field_word(key), words.value_word(key, s.proposal[key], in_full=in_full))
                    for key in CORRECTABLE
                    if key in s.proposal
                ]
                if s.remedy is Remedy.CORRECT
                else [],
                "papers": [(one, words.paper_word(one.kind)) for one in s.papers],
            }
            for s in desk.statements
        ],
        "entries": entries_of(desk),
        "effects": [(spoken((o.zh, o.en)), spoken((o.effect_zh, o.effect_en))) for o in desk.outcomes],
        "decision_form": DecisionForm(initial={"version": case.version}, outcomes=desk.outcomes)
        if desk.can_decide or desk.can_return
        else None,
    }


def entries_of(desk: DeskCase) -> list[dict[str, Any]]:
    """Return the way of a case for a timeline."""
    entries: list[dict[str, Any]] = [{"what": _("登记"), "who": "", "on": desk.case.opened_on}]
    for act, office, at, reason in desk.acts:
        is_end = act in BY_OUTCOME
        entries.append(
            {
                "what": words.act_word(act),
                "who": office,
                "on": at,
                "note": reason,
                "state": "done" if is_end else "refused",
            }
        )
    if desk.case.closed_on is None:
        word = spoken(STATE_NAMES[CaseState(desk.case.state)])
        entries.append({"what": word, "who": desk.office, "on": None, "state": "now"})
    elif desk.case.outcome not in BY_OUTCOME or not desk.acts:
        entries.append({"what": words.outcome_word(desk.case.outcome), "who": "", "on": desk.case.closed_on})
    return entries


# What a school does --------------------------------------------------------------------------


def back_to(case_id: UUID, answer: str) -> str:
    """Return the address of a case with the answer that is being given."""
    address = reverse("problem", args=[case_id])
    return f"{address}?answer={answer}#answer" if answer else address


def answer_of(request: ActingRequest, case_id: UUID) -> tuple[SchoolCase, words.Choice | None]:
    """Return the case of the reader's school and the answer that a form is about. Raises Http404."""
    case = problems.for_school(case_id, by=request.actor)
    if case is None:
        raise Http404
    wanted = request.POST.get("answer", "")
    return case, next((one for one in words.choices_of(case) if one.key == wanted), None)


@door("problems.state", methods=("POST",))
def file_paper(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """Keep a paper."""
    _case, choice = answer_of(request, case_id)
    answer = choice.key if choice else ""
    form = PaperForm(request.POST, request.FILES)
    if not form.is_valid():
        return page(request, case_id, chosen=answer, forms={"paper_form": form}, status=UNPROCESSABLE)
    upload = form.cleaned_data["file"]
    try:
        papers.file_evidence(
            case_id,
            by=request.actor,
            kind=form.cleaned_data["kind"],
            file_name=upload.name or "",
            # One byte more than is taken shows that it is too much.
            content=upload.read(MOST_UPLOAD) if upload.size > MOST_UPLOAD else upload.read(),
        )
    except Refused as refused:
        return page(request, case_id, chosen=answer, forms={"paper_form": form}, refused=refused)
    messages.success(request, _("材料已收到，加密保存。"))
    return HttpResponseRedirect(back_to(case_id, answer))


@door("problems.state", methods=("POST",))
def state(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """Keep what the school states."""
    case, choice = answer_of(request, case_id)
    if choice is None:
        return page(
            request,
            case_id,
            refused=statements.RemedyNotAllowed("请先选择处理方式。", "Choose first what is to be done."),
        )
    form = statement_form(case, choice, request.POST)
    shown = {"statement_form": form}
    if not form.is_valid():
        return page(request, case_id, chosen=choice.key, forms=shown, status=UNPROCESSABLE)
    try:
        closed = statements.state(
            case_id,
            by=request.actor,
            remedy=choice.remedy,
            about=choice.side or "",
            statement=form.cleaned_data["statement"],
            proposal=form.proposal(),
            today=timezone.localdate(),
        )
    except Refused as refused:
        return page(request, case_id, chosen=choice.key, forms=shown, refused=refused)
    told = {
        "corrected": _("已更正并重新检查通过，学生进入注册审批。"),
        "deleted": _("这一行已作废。"),
        "continued": _("已更正。重新检查时又与另一条记录相同，已自动登记新的问题学籍。"),
    }
    messages.success(request, told.get(closed.outcome, _("说明已提交。")))
    return HttpResponseRedirect(reverse("problem", args=[case_id]))


# Papers, and what a desk does ------------------------------------------------------------------


@door("problems.view")
def download(request: ActingRequest, case_id: UUID, paper_id: UUID) -> HttpResponse:
    """Hand out a paper as a file: it is never shown as a page of ours. An event says who opened it."""
    about, content = papers.open_paper(case_id, paper_id, by=request.actor)
    response = HttpResponse(content, content_type=about.media_type)
    response["Content-Disposition"] = content_disposition_header(True, about.file_name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@door("problems.decide", methods=("POST",))
def reveal(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """Show the numbers of a case in full to its desk, and leave an event of it."""
    try:
        decisions.reveal(case_id, by=request.actor, today=timezone.localdate())
    except Refused as refused:
        return page(request, case_id, refused=refused)
    return page(request, case_id, in_full=True)


@door("problems.decide", methods=("POST",))
def decide(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """End a case, or give it back to the schools."""
    desk = problems.for_desk(case_id, by=request.actor, today=timezone.localdate())
    if desk is None:
        raise Http404
    # Read with every outcome there is: of a closed case none is left, and the second sending must find it so.
    form = DecisionForm(request.POST, outcomes=OUTCOMES)
    again = DecisionForm(request.POST, outcomes=desk.outcomes)
    if not form.is_valid():
        return page(request, case_id, forms={"decision_form": again}, status=UNPROCESSABLE)
    given = form.cleaned_data
    is_return = request.POST.get("act") == "return"

    def act() -> str:
        known: dict[str, Any] = {
            "by": request.actor,
            "reason": given["reason"],
            "today": timezone.localdate(),
            "version": given["version"],
        }
        if is_return:
            decisions.give_back(case_id, **known)
            messages.success(request, _("已退回学校补充。"))
        else:
            decisions.decide(case_id, outcome=given["outcome"], **known)
            messages.success(request, _("已作出结论，各相关学校会看到。"))
        return reverse("problem", args=[case_id])

    try:
        return done_once(request, act)
    except Refused as refused:
        # The version stays as it was sent, unless the case has changed: then it has to be read anew.
        shown = {} if refused.code == "not-now" else {"decision_form": again}
        return page(request, case_id, forms=shown, refused=refused)


@door("problems.open", methods=("GET", "HEAD", "POST"))
def new(request: ActingRequest) -> HttpResponse:
    """Open a case on an enrolled pupil, as the population register answered."""
    student_id = uuid_key(request.POST.get("student", "") or request.GET.get("student", ""))
    record = problems.student_record(student_id) if student_id else None
    if record is None or record.standing != "enrolled" or student_id is None:
        raise Http404
    form = OpeningForm(request.POST if request.method == "POST" else None)
    context = {
        "form": form,
        "student_id": student_id,
        "title": _("登记问题学籍"),
        "crumbs": crumbs(_("登记问题学籍")),
        "lines": words.lines_of(record, COMPARED, in_full=False),
    }
    if request.method != "POST":
        return render(request, "problems/new.html", context)
    if not form.is_valid():
        return render(request, "problems/new.html", context, status=UNPROCESSABLE)

    def act() -> str:
        case = by_hand.open_on_student(
            student_id,
            problem=form.cleaned_data["problem"],
            statement=form.cleaned_data["statement"],
            by=request.actor,
            today=timezone.localdate(),
        )
        messages.success(request, _("已登记，等待学校说明。"))
        return reverse("problem", args=[case.id])

    try:
        return done_once(request, act)
    except Refused as refused:
        return render(request, "problems/new.html", context, refused=refused)
