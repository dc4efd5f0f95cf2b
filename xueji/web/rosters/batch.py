"""One roster: how it stands, what is wrong in it, whose turn it is, and the decisions of the desks."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xueji.changes import jobs
from xueji.changes.actions import rosters
from xueji.changes.models import RosterBatch
from xueji.changes.queries import batches
from xueji.changes.queries.corrected import corrected_file
from xueji.changes.rules import return_reasons
from xueji.changes.rules.roster_steps import CLOSED, Act, State, acts_at
from xueji.lib.errors import Refused
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Remedy, render
from xueji.web.rosters import words
from xueji.web.rosters.inbox import consequence_of, leave_to_worker
from xueji.web.rosters.lines import Ticked, findings_context, pupils_context, ticked_from
from xueji.web.rosters.standing import (
    entries_of,
    figures_of,
    is_running,
    notes_of,
    problems_address,
    progress_words,
    returned_with,
)
from xueji.web.templatetags.xueji import in_chinese, spoken, thousands

MOST_EXCEPTIONS = 200


class TooManyExceptions(Refused):
    code = "too-many-exceptions"


def batch_of(batch_id: UUID) -> RosterBatch:
    """Return the batch in scope. Raises Http404."""
    batch = batches.batch_with(batch_id)
    if batch is None:
        raise Http404
    return batch


@door("roster.view")
def show(request: ActingRequest, batch_id: UUID) -> HttpResponse:
    """The page of a roster, for the school and for every desk it passes."""
    return page(request, batch_of(batch_id), ticked=ticked_from(request.GET))


def page(
    request: ActingRequest,
    batch: RosterBatch,
    *,
    ticked: Ticked | None = None,
    refused: Refused | None = None,
    remedy: Remedy | None = None,
    status: int | None = None,
) -> HttpResponse:
    """Return the page of a batch as the reader may see it, with a refusal above it when there is one."""
    actor, today = request.actor, timezone.localdate()
    state = State(batch.state)
    progress = batches.progress_of(batch.id)
    running = is_running(batch, progress)
    may = {step.act: actor.may(step.permission) for step in acts_at(state)}
    at_desk = (
        not running
        and may.get(Act.APPROVE, False)
        and batch.desk_place == actor.place
        and batch.submitted_by != actor.account_id
    )
    problems = batches.problems_of(batch.id)
    acts, names = batches.way_of(batch)
    staying = max(batch.accepted - batch.excepted, 0)
    context: dict[str, Any] = {
        "batch": batch,
        "title": words.title_of(batch.file_name, batch.door),
        "state": words.state_mark(batch.state, batch.version),
        "due": "" if state in CLOSED else words.due_mark(batch.due_on, today),
        "crumbs": [(_("新生名册"), reverse("rosters")), (words.title_of(batch.file_name, batch.door), "")],
        "school": batch.school,
        "desk": names.get(batch.desk_place, "") if state not in CLOSED else "",
        "staying": staying,
        "figures": figures_of(batch),
        "notes": notes_of(batch),
        "unreadable": Refused(batch.refusal["zh"], batch.refusal["en"]) if batch.refusal else None,
        "returned": returned_with(acts) if state is State.CHECKED and batch.version > 1 else "",
        "running": running,
        "is_fresh": state is State.UPLOADED,
        "progress": progress_words(batch, progress),
        "problems": problems,
        "problems_url": problems_address(),
        "entries": entries_of(batch, acts),
        "may_submit": may.get(Act.SUBMIT, False) and (staying > 0 or problems.drafts > 0),
        "may_undo": not running and may.get(Act.UNDO, False) and batch.place == actor.place,
        "may_upload": actor.may("roster.upload"),
        "may_correct": actor.may("roster.upload") and bool(batch.rejected or batch.excepted),
        "own_work": not running
        and may.get(Act.APPROVE, False)
        and batch.desk_place == actor.place
        and batch.submitted_by == actor.account_id,
        "at_desk": at_desk,
        "all_fit": state is State.CHECKED and batch.rows > 0 and not batch.rejected and not batch.warnings,
        "stopped": progress is not None and progress.stage == jobs.STOPPED and state is State.WITH_AUTHORITY,
    }
    # What was rejected is the registrar's business; a desk decides on what is left, warnings beside each row.
    if actor.may("roster.upload") and state not in (State.UPLOADED, State.UNREADABLE):
        context |= findings_context(request, batch)
    if state not in (State.UPLOADED, State.UNREADABLE) and batch.accepted and not running:
        context |= pupils_context(request, batch, at_desk=at_desk, ticked=ticked or Ticked())
    return render(request, "rosters/batch.html", context, refused=refused, remedy=remedy, status=status)


@door("roster.view")
def show_progress(request: ActingRequest, batch_id: UUID) -> HttpResponse:
    """How far the worker is; when it is done, the whole page anew."""
    batch = batch_of(batch_id)
    progress = batches.progress_of(batch.id)
    if not is_running(batch, progress):
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"batch": batch, "running": True, "progress": progress_words(batch, progress)}
    return render(request, "rosters/progress.html", context)


@door("roster.upload")
def download_corrected(request: ActingRequest, batch_id: UUID) -> HttpResponse:
    """The rejected rows as a workbook, ready to be put right."""
    batch = batch_of(batch_id)
    if batch.state in (State.UPLOADED, State.UNREADABLE):
        raise Http404
    made = corrected_file(batch, in_english=not in_chinese())
    return workbook(made.content, made.name)


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(content: bytes, name: str) -> HttpResponse:
    """Return a workbook to be saved under its name."""
    disposition = f"attachment; filename=\"roster.xlsx\"; filename*=UTF-8''{quote(name, safe='')}"
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": disposition})


# Acts ------------------------------------------------------------------------------------


def version_from(request: ActingRequest) -> int:
    """Return the version of the batch that the form was made from. Raises Http404 when it has none."""
    version = words.row_key(request.POST.get("version", ""))
    if version is None:
        raise Http404
    return version


def require_version(batch: RosterBatch, version: int) -> None:
    """Raise NotNow when a batch is no longer as it was looked at."""
    if batch.version != version:
        raise rosters.NotNow(
            "该批次刚刚被其他同事处理过，请查看当前状态后再操作。",
            "A colleague has just acted on this batch; see where it is now before going on.",
        )


@door("roster.submit", methods=("POST",))
def submit(request: ActingRequest, batch_id: UUID) -> HttpResponse:
    """Hand the roster to the leader."""
    batch, version = batch_of(batch_id), version_from(request)

    def act() -> str:
        require_version(batch, version)
        sent = rosters.submit(batch.id, by=request.actor, today=timezone.localdate())
        messages.success(
            request,
            ngettext(
                "已提交 %(number)s 人，待学校审核。主管部门核准之前可以撤回。",
                "已提交 %(number)s 人，待学校审核。主管部门核准之前可以撤回。",
                sent.accepted,
            )
            % {"number": thousands(sent.accepted)},
        )
        return reverse("roster", args=[batch.id])

    try:
        return done_once(request, act)
    except Refused as refused:
        return page(request, batch_of(batch_id), refused=refused)


@door("roster.undo", methods=("POST",))
def undo(request: ActingRequest, batch_id: UUID) -> HttpResponse:
    """Show what taking the roster back means; when confirmed, take it back."""
    batch = batch_of(batch_id)
    if request.POST.get("confirmed") == "yes":

        def act() -> str:
            rosters.undo(batch.id, by=request.actor, today=timezone.localdate())
            messages.success(request, _("已撤回。改正后可以重新上传同一文件。"))
            return reverse("roster", args=[batch.id])

        try:
            return done_once(request, act)
        except Refused as refused:
            return page(request, batch_of(batch_id), refused=refused)
    problems = batches.problems_of(batch.id)
    context = {
        "question": _("撤回整个名册"),
        "figures": [
            (_("学生"), thousands(max(batch.accepted - batch.excepted, 0)), ""),
            (_("问题学籍"), thousands(problems.open), ""),
        ],
        "consequences": [
            _("名册退出审核，其中的学生不会注册；已登记的问题学籍随之关闭。"),
            _("撤回后不能恢复，但可以重新上传同一文件。"),
        ],
        "label": _("撤回"),
        "dangerous": True,
        "action": request.path,
        "hidden": [("version", str(batch.version))],
        "back": reverse("roster", args=[batch.id]),
        "crumbs": crumbs_to(batch, _("撤回")),
    }
    return render(request, "rosters/confirm.html", context)


def crumbs_to(batch: RosterBatch, label: str) -> list[tuple[str, str]]:
    title = words.title_of(batch.file_name, batch.door)
    return [(_("新生名册"), reverse("rosters")), (title, reverse("roster", args=[batch.id])), (label, "")]


@door("roster.view", methods=("POST",))
def decide(request: ActingRequest, batch_id: UUID) -> HttpResponse:
    """Turn a page of the decision, ask for confirmation, approve, or return.

    What was ticked and written travels along in the address, so that no page loses it.
    """
    batch, ticked, version = batch_of(batch_id), ticked_from(request.POST), version_from(request)
    if "turn" in request.POST:
        return HttpResponseRedirect(turned(request, batch, ticked))
    wish = words.one_of(request.POST.get("act", ""), (Act.APPROVE, Act.RETURN))
    if not wish:
        raise Http404
    act = Act(wish)
    try:
        if len(ticked.rows) > MOST_EXCEPTIONS:
            raise TooManyExceptions(
                f"一次最多除外 {MOST_EXCEPTIONS} 人，请退回整个名册，由学校改正后重新提交。",
                f"At most {MOST_EXCEPTIONS} pupils can be taken out; return the roster as a whole instead.",
            )
        if (act is Act.RETURN or ticked.rows) and not ticked.reason:
            raise rosters.ReasonMissing(
                "请选择或填写理由：学校需要知道为什么退回。选“其他”时请写明。",
                "Choose or write a reason: the school has to know why. With “Other”, say what.",
            )
        if act is Act.APPROVE and request.POST.get("confirmed") != "yes":
            rosters.may_decide(batch, act, by=request.actor, version=version)
            return confirm_approval(request, batch, ticked)
        return done_once(request, lambda: decided(request, batch, act, ticked, version=version))
    except Refused as refused:
        status = UNPROCESSABLE if isinstance(refused, rosters.ReasonMissing) else None
        return page(request, batch_of(batch_id), ticked=ticked, refused=refused, status=status)


def turned(request: ActingRequest, batch: RosterBatch, ticked: Ticked) -> str:
    """Return the address of another page of the same decision."""
    query = ticked.as_query()
    direction, _separator, key = request.POST["turn"].partition("=")
    if direction in ("rows_after", "rows_before"):
        query |= {name: "yes" for name in ("all", "warned") if request.POST.get(name) == "yes"}
        query[direction] = key
    elif direction in ("all", "warned"):
        query[direction] = "yes"
    return f"{reverse('roster', args=[batch.id])}?{urlencode(query)}#pupils"


def confirm_approval(request: ActingRequest, batch: RosterBatch, ticked: Ticked) -> HttpResponse:
    """Show what the approval brings about, in numbers, before it is done."""
    rest = max(batch.accepted - batch.excepted - len(ticked.rows), 0)
    state = State(batch.state)
    consequences = [consequence_of(state)]
    if ticked.rows:
        consequences.append(
            _("除外的学生连同理由退回学校：%(reason)s。")
            % {"reason": spoken(return_reasons.in_both(ticked.reason))}
        )
    hidden = [("act", "approve"), ("version", str(batch.version)), *ticked.as_query().items()]
    back = f"{reverse('roster', args=[batch.id])}?{urlencode(ticked.as_query())}"
    context = {
        "question": _("核准并注册") if state is State.WITH_AUTHORITY else _("同意并转交主管部门"),
        "figures": [
            (_("学生"), thousands(rest), "good"),
            (_("除外"), thousands(len(ticked.rows)), "late" if ticked.rows else ""),
            (_("提示"), thousands(batch.warnings), "waiting" if batch.warnings else ""),
        ],
        "consequences": consequences,
        "label": (
            ngettext("核准 %(number)s 人", "核准 %(number)s 人", rest)
            if state is State.WITH_AUTHORITY
            else ngettext("同意 %(number)s 人", "同意 %(number)s 人", rest)
        )
        % {"number": thousands(rest)},
        "action": request.path,
        "hidden": hidden,
        "back": back,
        "crumbs": crumbs_to(batch, _("确认")),
    }
    return render(request, "rosters/confirm.html", context)


def decided(request: ActingRequest, batch: RosterBatch, act: Act, ticked: Ticked, *, version: int) -> str:
    """Carry the decision out, or leave a large registration to the worker. Returns where to go on."""
    address = reverse("roster", args=[batch.id])
    pupils = batch.accepted - batch.excepted
    if act is Act.APPROVE and batch.state == State.WITH_AUTHORITY and pupils > jobs.ROWS_AT_ONCE:
        leave_to_worker(request, batch, version=version, except_rows=ticked.rows, reason=ticked.reason)
        messages.info(request, _("人数较多，正在后台注册；可以离开本页。"))
        return address
    done = rosters.decide(
        batch.id,
        act=act,
        by=request.actor,
        today=timezone.localdate(),
        reason=ticked.reason,
        except_rows=ticked.rows if act is Act.APPROVE else (),
        version=version,
    )
    messages.success(request, said(act, done))
    return address


def said(act: Act, batch: RosterBatch) -> str:
    """Return what a decision brought about, in a sentence."""
    if act is Act.RETURN:
        return _("已退回学校，理由随名册送达。")
    if batch.state == State.REGISTERED:
        return ngettext(
            "已核准：%(number)s 名学生注册了学籍并取得学籍号。",
            "已核准：%(number)s 名学生注册了学籍并取得学籍号。",
            batch.registered,
        ) % {"number": thousands(batch.registered)}
    return _("已同意，待主管部门核准。")
