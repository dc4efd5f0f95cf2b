"""How a roster stands, in words: its figures, its way from desk to desk, how far the worker is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.queries import level_of
from xueji.access.rules.permissions import ROLE_NAMES, Level, Role
from xueji.changes import jobs
from xueji.changes.models import RosterBatch
from xueji.changes.queries import batches, findings
from xueji.changes.rules import return_reasons
from xueji.changes.rules.roster_steps import ACT_NAMES, STATE_NAMES, Act, State
from xueji.web.rosters import words
from xueji.web.templatetags.xueji import spoken, thousands

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


def is_running(batch: RosterBatch, progress: batches.Progress | None) -> bool:
    """Return whether the worker has the batch: it is being checked, or registered."""
    if batch.state == State.UPLOADED:
        return True
    if batch.state != State.WITH_AUTHORITY or progress is None:
        return False
    return progress.stage in REGISTERING and timezone.now() - progress.at < SILENCE


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
