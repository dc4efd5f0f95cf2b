"""The page of one case: its way, its days, its papers, what approval would do, and the acts of whoever looks at it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from xueji.lib.errors import Refused
from xueji.status.actions import cases, papers
from xueji.status.actions.readings import note_case_seen
from xueji.status.queries import cases as queries
from xueji.status.queries.cases import CaseView
from xueji.status.queries.discreet import case_content
from xueji.status.rules.kind import Weight
from xueji.status.rules.plans import Plan
from xueji.status.rules.steps import Act, State
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, render
from xueji.web.rosters.words import row_key
from xueji.web.status import words
from xueji.web.status.forms import ReasonForm, RefusalForm


def case_or_404(request: ActingRequest, case_id: UUID) -> CaseView:
    case = queries.seen_by(case_id, by=request.actor, today=timezone.localdate())
    if case is None:
        raise Http404
    if case.is_discreet and case_content(case_id, by=request.actor, today=timezone.localdate()) is None:
        raise Http404  # who looked is recorded; what can no longer be undone is not shown any more
    return case


def title_of(case: CaseView) -> str:
    return f"{words.kind_word(case.kind)} · {case.name}"


def crumbs_to(case: CaseView, last: str = "") -> list[tuple[str, str]]:
    address = reverse("change", args=[case.id]) if last else ""
    found = [(_("学籍变动"), reverse("changes")), (title_of(case), address)]
    return [*found, (last, "")] if last else found


def origin_of(case: CaseView) -> int | None:
    """Return the place that may not be named to this reader yet."""
    return case.place if case.hides_origin else None


@door("status.view")
def show(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """A case, as the reader's office sees it."""
    case = case_or_404(request, case_id)
    note_case_seen(case, by=request.actor)
    return page(request, case)


def page(
    request: ActingRequest,
    case: CaseView,
    *,
    refused: Refused | None = None,
    forms: dict[str, Any] | None = None,
    status: int | None = None,
) -> HttpResponse:
    return render(
        request, "status/case.html", context_of(request, case) | (forms or {}), refused=refused, status=status
    )


def context_of(request: ActingRequest, case: CaseView) -> dict[str, Any]:
    today = timezone.localdate()
    ahead = queries.ahead_of(case, today=today) if case.is_open and case.effect_on is None else None
    done = queries.done_by(case) if case.effect_on is not None and case.state is not State.UNDONE else None
    plan = done or (ahead.plan if ahead else None)
    chosen = case.payload.get("class_id")
    classes = queries.classes_in(plan or Plan(()), chosen)
    speaker = words.Speaker(classes, hides=origin_of(case))
    turn = case.turn
    offices = case.offices or {}
    refusal_form = RefusalForm(auto_id="refusal_%s")
    refusal_form.fields["reason_code"].choices = [  # type: ignore[attr-defined]
        (one.code, words.reason_word(one)) for one in case.kind.refusals
    ]
    acts = set(case.acts)
    return {
        "case": case,
        "title": title_of(case),
        "crumbs": crumbs_to(case),
        "state": words.state_mark(case.state),
        "due": words.due_mark(turn.due_on, today) if turn and turn.paused_on is None else "",
        "stated": words.stated_of(case.kind, case.payload, classes),
        "starter": offices.get(case.starter_place, ""),
        "origin": "" if case.hides_origin else offices.get(case.place, ""),
        "target": offices.get(case.other_place, "") if case.other_place is not None else "",
        "entries": words.timeline(case, today=today),
        "obstacles": [
            {"text": words.obstacle_word(one), "owner": words.party_word(one.owner), "weight": one.weight}
            for one in (ahead.obstacles if ahead else ())
        ],
        "is_blocked": bool(ahead) and any(one.weight is not Weight.WARNS for one in ahead.obstacles),  # type: ignore[union-attr]
        "ahead": speaker.sentences(ahead.plan) if ahead and ahead.plan else [],
        "done": done_sentences(done, classes, case) if done else [],
        "papers": [(one, words.paper_word(one.kind)) for one in case.papers],
        "may_approve": Act.APPROVE in acts,
        "may_return": Act.RETURN in acts,
        "may_refuse": Act.REFUSE in acts,
        "may_withdraw": Act.WITHDRAW in acts,
        "may_answer": Act.ANSWER in acts,
        "may_undo": Act.UNDO in acts,
        "takes_effect": case.desk.has_effect,
        "undoer": offices.get(case.undoer, ""),
        "approval_form": ReasonForm(auto_id="approval_%s"),
        "return_form": ReasonForm(auto_id="return_%s"),
        "refusal_form": refusal_form,
        "withdrawal_form": ReasonForm(auto_id="withdrawal_%s"),
        "has_code": request.actor.place == case.starter_place
        and not case.kind.is_silent
        and not case.is_discreet,
        "clears": request.actor.place == case.place and case.state is State.WAITING,
        "can_see_pupil": case.place == request.actor.place,
    }


def done_sentences(done: Plan, classes: dict[int, Any], case: CaseView) -> list[str]:
    """Return what was done; the numbers of classes have moved on since, so they are left out."""
    speaker = words.Speaker(classes, hides=origin_of(case))
    counts = set(speaker._counts(done))
    return [one for one in speaker.sentences(done) if one not in counts]


def version_of(request: ActingRequest) -> int | None:
    return row_key(request.POST.get("version", ""))


@door("status.view", methods=("POST",))
def decide(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """Approve, return, refuse or withdraw, as the pressed button says."""
    concerned = queries.concerned_by(case_id, by=request.actor)
    if concerned is None:
        raise Http404
    if concerned.is_discreet:
        case_or_404(request, case_id)
    pressed = request.POST.get("act", "")
    form = ReasonForm(request.POST)
    if pressed not in ACTS or not form.is_valid():
        return page(request, case_or_404(request, case_id), status=UNPROCESSABLE)
    reason = form.cleaned_data["reason"]

    def act() -> str:
        known: dict[str, Any] = {
            "by": request.actor,
            "today": timezone.localdate(),
            "reason": reason,
            "version": version_of(request),
        }
        if pressed == Act.APPROVE:
            acted = cases.approve(case_id, **known)
        elif pressed == Act.RETURN:
            acted = cases.send_back(case_id, **known)
        elif pressed == Act.REFUSE:
            acted = cases.refuse(case_id, reason_code=request.POST.get("reason_code", "")[:24], **known)
        else:
            acted = cases.withdraw(case_id, **known)
        messages.success(request, told(pressed, acted.state))
        return reverse("change", args=[case_id])

    try:
        return done_once(request, act)
    except Refused as refused:
        # Read anew: it may have moved on meanwhile, and that is what the refusal is about.
        return page(request, case_or_404(request, case_id), refused=refused)


ACTS = (Act.APPROVE, Act.RETURN, Act.REFUSE, Act.WITHDRAW)


def told(act: str, state: State) -> str:
    """Return what an act brought about."""
    if act == Act.APPROVE:
        return _("已同意并生效，业务办结。") if state is State.COMPLETED else _("已同意，转到下一个环节。")
    return {
        Act.RETURN: _("已退回补正，补正之前本环节暂停计时。"),
        Act.REFUSE: _("已不同意，业务结束。"),
    }.get(Act(act), _("已撤回，业务结束。"))


# Undo -----------------------------------------------------------------------------------------


@door("status.undo", methods=("GET", "HEAD", "POST"))
def undo(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """Show what taking a case back would do, and take it back."""
    case = case_or_404(request, case_id)
    if Act.UNDO not in case.acts and request.method != "POST":
        raise Http404
    inverse = queries.done_by(case).inverse()
    speaker = words.Speaker(queries.classes_in(inverse))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    form.fields["reason"].label = _("撤销的理由")
    context = {
        "case": case,
        "crumbs": crumbs_to(case, _("撤销办理结果")),
        "sentences": speaker.sentences(inverse),
        "form": form,
    }
    if request.method == "POST" and form.is_valid():

        def act() -> str:
            cases.undo(
                case_id,
                reason=form.cleaned_data["reason"],
                by=request.actor,
                today=timezone.localdate(),
                version=version_of(request),
            )
            messages.success(request, _("已撤销，学籍恢复到办理之前。"))
            return reverse("change", args=[case_id])

        try:
            return done_once(request, act)
        except Refused as refused:
            return render(request, "status/undo.html", context, refused=refused)
    return render(request, "status/undo.html", context)


# Papers and slip --------------------------------------------------------------------------------


@door("status.view")
def paper(request: ActingRequest, case_id: UUID, paper_id: UUID) -> HttpResponse:
    """Hand out a paper as a file: it is never shown as a page of ours. An event says who opened it."""
    opened = papers.open_paper(case_id, paper_id, by=request.actor, today=timezone.localdate())
    response = HttpResponse(opened.content, content_type=opened.media_type)
    response["Content-Disposition"] = content_disposition_header(True, opened.file_name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@door("status.view")
def slip(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """The slip with the tracking code, for the office that filed to hand to the family."""
    case = case_or_404(request, case_id)
    code = queries.code_of(case) if case.starter_place == request.actor.place else ""
    if not code:
        raise Http404
    address = request.build_absolute_uri(f"{reverse('track')}?code={code}")
    context = {
        "case": case,
        "crumbs": crumbs_to(case, _("进度查询单")),
        "code": words.code_in_groups(code),
        "address": request.build_absolute_uri(reverse("track")),
        "picture": words.picture_of(address),
        "starter": (case.offices or {}).get(case.starter_place, ""),
        "desks": [(words.party_word(desk.party), desk.days) for desk in case.route],
    }
    return render(request, "status/slip.html", context)
