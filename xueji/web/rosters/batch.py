"""One roster: how it stands, what is wrong in it, whose turn it is, and the decisions of the desks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from xueji.access.queries import level_of
from xueji.access.rules.permissions import ROLE_NAMES, Level, Role
from xueji.changes import jobs
from xueji.changes.actions import rosters
from xueji.changes.models import RosterBatch
from xueji.changes.queries import batches, findings
from xueji.changes.queries.corrected import corrected_file
from xueji.changes.queries.problems import held_rows
from xueji.changes.rules import return_reasons
from xueji.changes.rules.roster_findings import BY_CODE as FINDING_CODES
from xueji.changes.rules.roster_findings import Severity
from xueji.changes.rules.roster_steps import ACT_NAMES, CLOSED, STATE_NAMES, Act, State, acts_at
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.students.rules import code_lists
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Column, Remedy, Row, Table, part, render
from xueji.web.rosters import words
from xueji.web.rosters.inbox import consequence_of, leave_to_worker
from xueji.web.templatetags.xueji import in_chinese, spoken, thousands

SAMPLE, WHOLE_PAGE = 20, 100
MOST_EXCEPTIONS = 200
# A worker that says nothing for so long has died with its job, and the job will come again.
SILENCE = timedelta(minutes=10)

STAGES = {
    jobs.WAITING: gettext_lazy("等待处理"),
    "open": gettext_lazy("正在读取文件"),
    "check": gettext_lazy("正在逐列检查"),
    "match": gettext_lazy("正在与全国学籍比对"),
    "write": gettext_lazy("正在保存检查结果"),
    "register": gettext_lazy("正在注册学籍"),
}
CHECKING = ("open", "check", "match", "write")
REGISTERING = (jobs.WAITING, "register")


class TooManyExceptions(Refused):
    code = "too-many-exceptions"


# What each code is called where there is no cell to speak about.
KINDS = {
    "missing": gettext_lazy("缺少内容"),
    "not-own-school": gettext_lazy("不是本校"),
    "unknown-code": gettext_lazy("代码不存在"),
    "id-length": gettext_lazy("证件号长度"),
    "id-check-digit": gettext_lazy("证件号校验"),
    "id-division": gettext_lazy("证件号行政区划"),
    "id-birth-mismatch": gettext_lazy("出生日期与证件不一致"),
    "id-sex-mismatch": gettext_lazy("性别与证件不一致"),
    "birth-impossible": gettext_lazy("出生日期不可能"),
    "age-out-of-range": gettext_lazy("年龄超出通常范围"),
    "date-format": gettext_lazy("日期写法"),
    "name-characters": gettext_lazy("姓名字符"),
    "formula": gettext_lazy("公式"),
    "too-long": gettext_lazy("内容过长"),
    "phone-format": gettext_lazy("电话号码"),
    "postcode-format": gettext_lazy("邮政编码"),
    "number-format": gettext_lazy("数字写法"),
    "unknown-class": gettext_lazy("班号不存在"),
    "guardian-missing": gettext_lazy("缺少监护人"),
    "duplicate-in-file": gettext_lazy("文件内重复"),
    "already-enrolled": gettext_lazy("已有学籍"),
    "to-be-checked": gettext_lazy("证件号待核查"),
    "same-person-suspected": gettext_lazy("疑似同一人"),
}


def kind_of(code: str) -> str:
    """Return what a finding code is called."""
    return str(KINDS[code]) if code in KINDS else code


@dataclass(frozen=True)
class Ticked:
    """What somebody has filled in on the decision so far: rows taken out, and why."""

    rows: tuple[int, ...] = ()
    code: str = ""
    words: str = ""

    @property
    def reason(self) -> str:
        return return_reasons.reason_text(self.code, self.words)

    def as_query(self) -> dict[str, str]:
        told = {"except": ",".join(map(str, self.rows)), "reason": self.code, "words": self.words}
        return {name: value for name, value in told.items() if value}


def ticked_from(source: Any) -> Ticked:
    """Return the decision so far, from an address or a form. Raises Http404 for what no form sends."""
    texts = [text for value in source.getlist("except") for text in value.split(",") if text]
    rows = sorted({row for text in texts if (row := words.row_key(text)) is not None})
    code = words.one_of(source.get("reason", ""), return_reasons.BY_CODE)
    said = source.get("words", "")[:200]
    if "\0" in said:
        raise Http404
    return Ticked(tuple(rows), code, said)


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


def is_running(batch: RosterBatch, progress: batches.Progress | None) -> bool:
    """Return whether the worker has the batch: it is being checked, or registered."""
    if batch.state == State.UPLOADED:
        return True
    if batch.state != State.WITH_AUTHORITY or progress is None:
        return False
    return progress.stage in REGISTERING and timezone.now() - progress.at < SILENCE


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


def problems_address() -> str:
    """Return where problem records are listed; nothing while this installation has no such page."""
    try:
        return reverse("problems")
    except NoReverseMatch:
        return ""


def figures_of(batch: RosterBatch) -> list[tuple[str, str, str]]:
    """Return the counts of a checked batch: rows = accepted + rejected."""
    if batch.state in (State.UPLOADED, State.UNREADABLE) or (not batch.rows and batch.refusal):
        return []
    told = [
        (_("行数"), batch.rows, ""),
        (_("通过"), batch.accepted, "good"),
        (_("需改"), batch.rejected, "late" if batch.rejected else ""),
        (_("提示"), batch.warnings, "waiting" if batch.warnings else ""),
    ]
    if batch.excepted:
        told.append((_("审核除外"), batch.excepted, "late"))
    if batch.state == State.REGISTERED:
        told.append((_("已注册"), batch.registered, "good"))
    return [(label, thousands(count), tone) for label, count, tone in told]


def notes_of(batch: RosterBatch) -> dict[str, Any]:
    """Return what was put right by itself and what was left out, in words."""
    changed = batch.notes.get("normalised", {})
    cells = [
        (spoken(findings.HEADERS.get(key, (key, key))), sum(kinds.values())) for key, kinds in changed.items()
    ]
    return {
        "normalised": sorted(cells, key=lambda cell: -cell[1]),
        "cells": sum(count for _header, count in cells),
        "ignored": batch.notes.get("ignored", []),
    }


def returned_with(acts: list[batches.Taken]) -> str:
    """Return the office and reason of the last return."""
    last = next((one for one in reversed(acts) if one.act == Act.RETURN), None)
    if last is None:
        return ""
    return _("%(office)s：%(reason)s") % {
        "office": last.office,
        "reason": spoken(return_reasons.in_both(last.reason)),
    }


def office_words(place: int, office: str, act: str) -> str:
    """Return who acted: the office and its desk, never the person."""
    if level_of(place) is not Level.SCHOOL:
        return office
    role = Role.LEADER if act in (Act.APPROVE, Act.RETURN) else Role.REGISTRAR
    return f"{office} {spoken(ROLE_NAMES[role])}"


def entries_of(batch: RosterBatch, acts: list[batches.Taken]) -> list[dict[str, Any]]:
    """Return the way of a batch for a timeline: what was done, what is now, what is still to come."""
    school = batch.school.organisation.name
    entries = [
        {"what": _("上传"), "who": f"{school} {spoken(ROLE_NAMES[Role.REGISTRAR])}", "on": batch.uploaded_at}
    ]
    for one in acts:
        is_back = one.act in (Act.RETURN, Act.UNDO)
        note = spoken(return_reasons.in_both(one.reason))
        if note and one.act == Act.APPROVE:
            note = _("部分学生除外：%(reason)s") % {"reason": note}
        entries.append(
            {
                "what": spoken(ACT_NAMES[Act(one.act)]),
                "who": office_words(one.place, one.office, one.act),
                "on": one.at,
                "note": note,
                "state": "refused" if is_back else "done",
            }
        )
    state = State(batch.state)
    if state is State.UNREADABLE:
        entries.append({"what": words.state_word(state), "who": "", "on": None, "state": "refused"})
    ahead = [State.UPLOADED, State.CHECKED, State.WITH_LEADER, State.WITH_AUTHORITY]
    if state in ahead:
        entries.append(
            {"what": words.state_word(state, batch.version), "who": "", "on": None, "state": "now"}
        )
        for later in ahead[ahead.index(state) + 1 :]:
            entries.append({"what": spoken(STATE_NAMES[later]), "who": "", "on": None, "state": "waiting"})
    return entries


def progress_words(batch: RosterBatch, progress: batches.Progress | None) -> dict[str, Any]:
    """Return what parts/progress.html shows: rows where the worker counts them, else the stage."""
    stage = progress.stage if progress else jobs.WAITING
    stages = REGISTERING if batch.state == State.WITH_AUTHORITY else (jobs.WAITING, *CHECKING)
    at = stages.index(stage) if stage in stages else 0
    return {
        "doing": STAGES.get(stage, STAGES[jobs.WAITING]),
        "at": at,
        "stages": len(stages),
        "rows": progress.total if progress else 0,
    }


@door("roster.view")
def show_progress(request: ActingRequest, batch_id: UUID) -> HttpResponse:
    """How far the worker is; when it is done, the whole page anew."""
    batch = batch_of(batch_id)
    progress = batches.progress_of(batch.id)
    if not is_running(batch, progress):
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"batch": batch, "running": True, "progress": progress_words(batch, progress)}
    return render(request, "rosters/progress.html", context)


# Findings and pupils of a batch ---------------------------------------------------------


def findings_context(request: ActingRequest, batch: RosterBatch) -> dict[str, Any]:
    """Return the table of findings, filtered, one page of it."""
    code = words.one_of(request.GET.get("code", ""), FINDING_CODES)
    severity = words.one_of(request.GET.get("severity", ""), findings.WITHIN)
    tally = findings.tally(batch.id)
    found = batches.findings_page(
        batch.id,
        code=code,
        severity=severity,
        after=words.finding_key(request.GET.get("after", "")),
        before=words.finding_key(request.GET.get("before", "")),
    )
    held = held_rows(batch, [one.row for one in found.items])
    columns = (
        Column(_("行"), "nowrap"),
        Column(_("列"), "nowrap"),
        Column(_("程度"), "nowrap"),
        Column(_("问题与改法")),
    )
    rows = tuple(
        Row(
            (
                thousands(one.row),
                one.column if in_chinese() else one.column_en,
                severity_mark(one.severity, one.code),
                one.message_zh if in_chinese() else one.message_en,
            ),
            url=reverse("problem", args=[held[one.row]]) if one.row in held else "",
        )
        for one in found.items
    )
    return {
        "has_findings": bool(tally),
        "findings": Table(_("检查结果，按行排列"), columns, rows),
        "before": words.key_text(found.before),
        "after": words.key_text(found.after),
        "chips": chips_of(tally, code=code, severity=severity),
    }


@dataclass(frozen=True)
class Chip:
    """One press that narrows a list: its word, its number, its address."""

    label: str
    count: int
    query: str
    is_current: bool


def chips_of(tally: list[tuple[str, int]], *, code: str, severity: str) -> list[Chip]:
    """Return the ways to narrow the findings: all, by severity, by kind, each with its number."""
    mild = sum(count for kind, count in tally if FINDING_CODES[kind].severity is Severity.WARNING)
    every = sum(count for _kind, count in tally)
    chips = [Chip(_("全部"), every, "", not code and not severity)]
    if 0 < mild < every:
        chips.append(Chip(_("需改"), every - mild, "severity=error", severity == "error"))
        chips.append(Chip(_("提示"), mild, "severity=warning", severity == "warning"))
    return chips + [Chip(kind_of(kind), count, f"code={kind}", kind == code) for kind, count in tally]


def severity_mark(severity: str, code: str) -> Any:
    """Return whether a finding keeps its row out, as a mark with its word."""
    if severity == "warning":
        return part("state", tone="waiting", word=pgettext("程度", "提示"))
    held = FINDING_CODES[code].severity is Severity.HELD
    return part("state", tone="late", word=_("待核查") if held else _("需改"))


@dataclass(frozen=True)
class Line:
    """A pupil of the batch as it is shown: number masked."""

    pupil: batches.Pupil
    sex: str
    document: str
    document_type: str
    warnings: list[str] = field(default_factory=list)
    reason: str = ""
    is_ticked: bool = False


def line_of(pupil: batches.Pupil, ticked: Collection[int] = ()) -> Line:
    """Return a pupil ready to be shown."""

    def label(codes: Any, code: str) -> str:
        row = codes.get(code)
        return code if row is None else spoken((row.zh, row.en))

    return Line(
        pupil=pupil,
        sex=label(code_lists.SEXES, pupil.sex),
        document=masks.document(pupil.document),
        document_type=label(code_lists.DOCUMENT_TYPES, pupil.document_type),
        warnings=[one.message_zh if in_chinese() else one.message_en for one in pupil.warnings],
        reason=spoken(return_reasons.in_both(pupil.reason)),
        is_ticked=pupil.row in ticked,
    )


def pupils_context(
    request: ActingRequest, batch: RosterBatch, *, at_desk: bool, ticked: Ticked
) -> dict[str, Any]:
    """Return the accepted rows, a sample first and then all by pages; with boxes at a desk."""
    shown_all = request.GET.get("all") == "yes"
    is_warned = request.GET.get("warned") == "yes"
    found = batches.pupils_page(
        batch.id,
        is_warned=is_warned,
        after=words.row_key(request.GET.get("rows_after", "")),
        before=words.row_key(request.GET.get("rows_before", "")),
        size=WHOLE_PAGE if shown_all or is_warned else SAMPLE,
    )
    on_page = {pupil.row for pupil in found.items}
    taken_out = batches.pupils_page(batch.id, states=batches.TAKEN_OUT, size=50) if batch.excepted else None
    return {
        "lines": [line_of(pupil, ticked.rows) for pupil in found.items],
        "shown_all": shown_all,
        "ranges": ranges_of(batch, shown_all=shown_all, is_warned=is_warned),
        "is_warned": is_warned,
        "rows_before": words.key_text(found.before) if shown_all or is_warned else "",
        "rows_after": words.key_text(found.after) if shown_all or is_warned else "",
        "has_more": not shown_all and not is_warned and found.after is not None,
        "taken_out": [line_of(pupil) for pupil in taken_out.items] if taken_out else [],
        "taken_out_more": taken_out is not None and taken_out.after is not None,
        "ticked": ticked,
        "ticked_elsewhere": ",".join(str(row) for row in ticked.rows if row not in on_page),
        "ticked_count": len(ticked.rows),
        "reasons": [(one.code, spoken((one.zh, one.en))) for one in return_reasons.REASONS]
        if at_desk
        else [],
        "rest": max(batch.accepted - batch.excepted - len(ticked.rows), 0),
    }


def ranges_of(batch: RosterBatch, *, shown_all: bool, is_warned: bool) -> list[tuple[str, str, bool]]:
    """Return which rows can be shown: (word, query, whether they are shown now). None when all are there."""
    ranges = []
    if batch.accepted > SAMPLE:
        ranges.append((_("前 20 人"), "sample=yes", not shown_all and not is_warned))
        ranges.append((_("全部"), "all=yes", shown_all))
    if batch.warnings:
        if not ranges:
            ranges.append((_("全部"), "sample=yes", not is_warned))
        ranges.append((_("有提示的"), "warned=yes", is_warned))
    return ranges


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
