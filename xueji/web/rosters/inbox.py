"""The inbox: what waits on the desk of one's office, what is late, and several things approved at once."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xueji.access.queries_misses import open_alarms
from xueji.access.rules import places
from xueji.access.rules.permissions import Level
from xueji.changes import jobs
from xueji.changes.actions import rosters
from xueji.changes.models import RosterBatch
from xueji.changes.queries import batches
from xueji.changes.queries.inbox import (
    OverdueKey,
    OverdueSchool,
    overdue_schools,
    waiting_states,
)
from xueji.changes.queries.pages import Page
from xueji.changes.rules import problem_records, return_reasons
from xueji.changes.rules.roster_steps import STEPS, Act, State
from xueji.disclosures.actions.approvals import REVIEW
from xueji.disclosures.actions.exports import RELEASE
from xueji.disclosures.queries.approvals import waiting_for_review
from xueji.disclosures.queries.exports import waiting_for_release
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.organisations.queries import authority_codes
from xueji.organisations.rules import divisions
from xueji.status.actions import many
from xueji.status.queries.cases import classes_in
from xueji.status.queries.inbox import (
    CHANGE,
    CLASSES,
    GRADUATION,
    LATE_BELOW,
    PACK,
    Waiting,
    decides_changes,
    numbers_waiting,
    picked,
    waiting,
)
from xueji.status.queries.notices import unread_count
from xueji.status.queries.reorganisations import number_waiting_at as reorganisations_waiting_at
from xueji.status.rules.business import business
from xueji.status.rules.graduation import State as Graduating
from xueji.status.rules.kinds import BY_CODE as CHANGES
from xueji.status.rules.steps import State as ChangeState
from xueji.students.queries.emergencies import waiting_for
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.packs.words import province_name
from xueji.web.pages import Column, Row, Table, part, render
from xueji.web.pupils.words import grade_name
from xueji.web.rosters import words
from xueji.web.status import words as change_words
from xueji.web.status_words import address_of, title_of
from xueji.web.templatetags.xueji import refused as sentence_of
from xueji.web.templatetags.xueji import spoken, thousands

MOST_AT_ONCE = 100
OVERDUE_PAGE = 50


class InboxFilter(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("类型"),
        required=False,
        choices=[
            ("", gettext_lazy("全部")),
            ("roster", gettext_lazy("新生名册")),
            ("problem", gettext_lazy("问题学籍")),
            ("change", gettext_lazy("学籍变动")),
            ("graduation", gettext_lazy("毕业办理")),
            ("classes", gettext_lazy("分班与并班")),
            ("pack", gettext_lazy("省级规则")),
            ("late", gettext_lazy("下级逾期")),
        ],
    )
    due = forms.ChoiceField(
        label=gettext_lazy("期限"),
        required=False,
        choices=[
            ("", gettext_lazy("全部")),
            ("late", gettext_lazy("已逾期")),
            ("today", gettext_lazy("今日到期")),
        ],
    )
    office = forms.CharField(label=gettext_lazy("学校"), required=False, max_length=50)


@door()
def inbox(request: ActingRequest) -> HttpResponse:
    """What waits for the office one acts for, what is due first first; for an authority the overdue schools as well."""
    actor, today = request.actor, timezone.localdate()
    form = InboxFilter(request.GET)
    is_authority = actor.level is not Level.SCHOOL
    if not is_authority:
        del form.fields["office"]
    if not form.is_valid():
        raise Http404
    chosen = form.cleaned_data
    page = waiting(
        actor,
        today=today,
        kind=chosen["kind"],
        due=chosen["due"],
        office=chosen.get("office", ""),
        after=words.place_key(request.GET.get("after", "")),
        before=words.place_key(request.GET.get("before", "")),
    )
    numbers = numbers_waiting(actor, today=today)
    is_shown = is_authority and actor.may("roster.view")
    overdue = overdue_schools(today=today) if is_shown else Page[OverdueSchool, OverdueKey]([])
    context = {
        "form": form,
        "is_filtered": any(chosen.values()),
        "numbers": numbers,
        "table": waiting_table(
            page.items,
            approvable=approvable_states(request),
            decides=decides_changes(actor),
            is_authority=is_authority,
            today=today,
        ),
        "before": words.key_text(page.before),
        "after": words.key_text(page.after),
        "may_upload": actor.may("roster.upload"),
        "has_desk": bool(waiting_states(actor)),
        "decides_problems": actor.may("problems.decide"),
        "decides_changes": decides_changes(actor),
        "is_authority": is_authority,
        "emergencies": waiting_for(actor) if actor.may("emergency.view") else 0,
        "alarms": open_alarms() if actor.may("alarms.view") else 0,
        "reminders": unread_count(actor) if actor.may("status.view") else 0,
        "overdue": overdue_table(overdue.items, today=today),
        "reorganisations": reorganisations_waiting_at(actor.place)
        if actor.may("reorganisation.decide")
        else 0,
        "exports": waiting_for_release(actor) if actor.may(RELEASE) else 0,
        "approvals": waiting_for_review(actor) if actor.may(REVIEW) else 0,
        "has_more_overdue": overdue.after is not None or actor.level is not Level.COUNTY,
    }
    return render(request, "rosters/inbox.html", context)


@door()
def count(request: ActingRequest) -> HttpResponse:
    """The number beside the word in the bar: nothing when nothing waits."""
    numbers = numbers_waiting(request.actor, today=timezone.localdate())
    text = f"{thousands(numbers.waiting)}{'+' if numbers.is_capped else ''}" if numbers.waiting else ""
    return HttpResponse(text)


def approvable_states(request: ActingRequest) -> frozenset[State]:
    """Return the states from which the reader approves."""
    return frozenset(
        step.source for step in STEPS if step.act is Act.APPROVE and request.actor.may(step.permission)
    )


def waiting_table(
    found: list[Waiting], *, approvable: frozenset[State], decides: bool, is_authority: bool, today: date
) -> Table:
    """Return the lines of the inbox. What can be approved has a box for approving several."""
    columns = [Column(_("事项"))]
    if is_authority:
        columns.append(Column(_("学校")))
    columns += [
        Column(_("人数"), "number"),
        Column(_("环节")),
        Column(_("收到"), "nowrap"),
        Column(_("期限"), "nowrap"),
    ]
    rows = []
    for one in found:
        if one.kind == "roster":
            name: Any = words.title_of(one.name, one.door)
            note = spoken(return_reasons.in_both(one.returned)) if one.returned else ""
            state = words.state_mark(one.state, one.version)
            address = reverse("roster", args=[one.id])
            key = f"{one.id}:{one.version}" if one.state in approvable else ""
        elif one.kind == CLASSES:
            name = f"{_('分班与并班')} {grade_name(int(one.name))}"
            note, key, address = "", "", reverse("class-request", args=[one.id])
            state = part("state", tone="waiting", word=_("待审核"))
        elif one.kind == PACK:
            name = _("%(province)s规则 %(version)s") % {
                "province": province_name(one.what),
                "version": one.name,
            }
            note, key = "", ""
            address = f"{reverse('pack', args=[one.what])}?version={one.id.int}"
            state = part(
                "state", tone="waiting", word=_("待公布") if one.state == "draft" else _("待登记备案")
            )
        elif one.kind == GRADUATION:
            name, note, key = title_of(business(one.what), one.name), "", ""
            address = reverse("graduation", args=[one.id])
            is_back = one.state == Graduating.DRAFT
            state = part(
                "state",
                tone="late" if is_back else "waiting",
                word=_("待补正") if is_back else _("待核办"),
            )
        elif one.kind in (CHANGE, LATE_BELOW):
            change = business(one.what)
            name, note, address = title_of(change, one.name), "", address_of(change, one.id)
            if one.kind == LATE_BELOW:
                state = part("state", tone="late", word=_("下级逾期"))
                key = ""
            else:
                state = change_words.state_mark(ChangeState(one.state))
                may_approve = decides and one.state == ChangeState.WITH_DESK
                key = f"{CHANGE}:{one.id}:{one.version}" if may_approve else ""
        else:
            problem = problem_records.BY_KIND[one.what]
            name = f"{spoken((problem.zh, problem.en))} {masks.name(one.name)}"
            note, state, address, key = "", words.case_mark(one.state), problem_address(one.id), ""
        cells: list[object] = [name]
        if is_authority:
            cells.append(one.office)
        cells += [
            thousands(one.pupils) if one.kind != PACK else "",
            with_note(state, note),
            words.day_mark(one.since),
            change_words.due_mark(one.due_on, today)
            if one.kind in (CHANGE, LATE_BELOW, GRADUATION)
            else words.due_mark(one.due_on, today),
        ]
        rows.append(Row(tuple(cells), url=address, key=key))
    return Table(_("待办事项，先到期的在前"), tuple(columns), tuple(rows))


def with_note(mark: Any, note: str) -> Any:
    """Return a mark with a sentence under it."""
    return part("noted", mark=mark, note=note) if note else mark


def problem_address(case_id: UUID) -> str:
    """Return where a problem record is handled; nothing while this installation has no such page."""
    try:
        return reverse("problem", args=[case_id])
    except NoReverseMatch:
        return ""


def overdue_table(found: list[OverdueSchool], *, today: date, with_county: bool = False) -> Table:
    """Return the schools with rosters that are late, with the division of each when it is wanted."""
    rows = tuple(
        Row(
            (
                one.name,
                *([divisions.full_name(places.division_of(one.place))] if with_county else []),
                thousands(one.batches),
                thousands(one.pupils),
                words.due_mark(one.due_on, today),
            ),
            url=f"{reverse('rosters')}?office={one.identifier}&late=on",
        )
        for one in found
    )
    columns = (
        Column(_("学校")),
        *([Column(_("区划"))] if with_county else []),
        Column(_("名册"), "number"),
        Column(_("人数"), "number"),
        Column(_("最早期限"), "nowrap"),
    )
    return Table(_("两个月内未完成注册的学校，最早到期的在前"), columns, rows)


class OverdueFilter(forms.Form):
    """Which of the counties below; a county has none to choose from."""

    at = forms.ChoiceField(label=gettext_lazy("区县"), required=False)

    def __init__(self, data: Any, *, place: int) -> None:
        super().__init__(data)
        low, high = places.scope(place)
        codes = sorted(code for code in authority_codes() if low < places.place(code) < high)
        self.fields["at"].choices = [  # type: ignore[attr-defined]
            ("", _("全部")),
            *((code, f"{divisions.full_name(code)} {code}") for code in codes),
        ]


@door("roster.view")
def overdue(request: ActingRequest) -> HttpResponse:
    """The schools whose pupils are not registered two months after entry, by county if one is chosen."""
    form = OverdueFilter(request.GET, place=request.actor.place)
    if not form.is_valid():
        raise Http404
    today, at = timezone.localdate(), form.cleaned_data["at"]
    page = overdue_schools(
        today=today,
        below=places.place(at) if at else None,
        after=overdue_key(request.GET.get("after", "")),
        size=OVERDUE_PAGE,
    )
    context = {
        "form": form if len(form.fields["at"].choices) > 1 else None,  # type: ignore[attr-defined]
        "is_filtered": bool(at) or "after" in request.GET,
        "table": overdue_table(page.items, today=today, with_county=True),
        "after": f"{page.after[0]:%Y%m%d}-{page.after[1]}" if page.after else "",
        "crumbs": [(_("待办"), reverse("inbox")), (_("逾期未注册的学校"), "")],
    }
    return render(request, "rosters/overdue.html", context)


def overdue_key(text: str) -> OverdueKey | None:
    """Return the key that the list goes on from; None for none. Raises Http404."""
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{8})-([0-9]{1,12})", text)
    if found is None:
        raise Http404
    try:
        return date.fromisoformat(found[1]), int(found[2])
    except ValueError:
        raise Http404 from None


# Several at once ------------------------------------------------------------------------


def chosen_batches(request: ActingRequest) -> list[tuple[RosterBatch, int]]:
    """Return the ticked batches with the version that was looked at. Raises Http404 for what is no box."""
    wanted: dict[UUID, int] = {}
    for key in request.POST.getlist("selected")[:MOST_AT_ONCE]:
        if key.startswith(f"{CHANGE}:"):
            continue
        identity, _separator, version = key.partition(":")
        batch_id, number = words.uuid_key(identity), words.row_key(version)
        if batch_id is None or number is None:
            raise Http404
        wanted[batch_id] = number
    return [(batch, wanted[batch.id]) for batch in batches.batches_with(list(wanted))]


def wanted_changes(request: ActingRequest) -> dict[UUID, int]:
    """Return the ticked cases with the version that was looked at. Raises Http404 for what is no box."""
    wanted: dict[UUID, int] = {}
    for key in request.POST.getlist("selected")[:MOST_AT_ONCE]:
        mark, _first, rest = key.partition(":")
        identity, _second, version = rest.partition(":")
        if mark != CHANGE:
            continue
        case_id, number = words.uuid_key(identity), words.row_key(version)
        if case_id is None or number is None:
            raise Http404
        wanted[case_id] = number
    return wanted


@door(methods=("POST",))
def approve_several(request: ActingRequest) -> HttpResponse:
    """Show what approving what was ticked means; when confirmed, approve one after the other."""
    changes = wanted_changes(request)
    chosen = chosen_batches(request) if request.actor.may("roster.view") else []
    if not chosen and not changes:
        messages.warning(request, _("没有选择：请先勾选要同意的事项。"))
        return HttpResponseRedirect(reverse("inbox"))
    if request.POST.get("confirmed") == "yes":
        return done_once(request, lambda: approve_all(request, chosen, changes))
    pupils = sum(batch.accepted - batch.excepted for batch, _version in chosen)
    warnings = sum(batch.warnings for batch, _version in chosen)
    figures: list[tuple[str, str, str]] = []
    if chosen:
        figures += [
            (_("名册"), thousands(len(chosen)), ""),
            (_("学生"), thousands(pupils), ""),
            (_("提示"), thousands(warnings), "waiting" if warnings else ""),
        ]
    foreseen = foreseen_of(request, changes)
    if changes:
        stopped = sum(not one.can for one in foreseen)
        figures += [
            (_("学籍变动"), thousands(len(foreseen)), ""),
            (_("其中同意后生效"), thousands(sum(one.takes_effect for one in foreseen)), ""),
            (_("不能同意"), thousands(stopped), "late" if stopped else ""),
        ]
    if changes:
        label = ngettext("同意 %(number)s 项", "同意 %(number)s 项", len(chosen) + len(changes)) % {
            "number": len(chosen) + len(changes)
        }
    else:
        label = ngettext("同意 %(number)s 份名册", "同意 %(number)s 份名册", len(chosen)) % {
            "number": len(chosen)
        }
    question = _("同意所选事项") if changes else _("同意所选名册")
    context = {
        "question": question,
        "figures": figures,
        "consequences": [
            consequence_of(State(batch.state), several=True)
            for batch, _version in {b.state: (b, v) for b, v in chosen}.values()
        ],
        "names": [
            (
                batch.school.organisation.name,
                words.title_of(batch.file_name, batch.door),
                batch.accepted - batch.excepted,
            )
            for batch, _version in chosen
        ],
        "changes": foreseen,
        "label": label,
        "action": request.path,
        "hidden": [
            *(("selected", f"{batch.id}:{version}") for batch, version in chosen),
            *(("selected", f"{CHANGE}:{case}:{version}") for case, version in changes.items()),
        ],
        "back": reverse("inbox"),
        "crumbs": [(_("待办"), reverse("inbox")), (question, "")],
    }
    return render(request, "rosters/confirm.html", context)


@dataclass(frozen=True)
class ForeseenLine:
    """A ticked case and what its approval would do, in sentences; or why it cannot be approved."""

    title: str
    sentences: list[str]
    can: bool
    takes_effect: bool


def foreseen_of(request: ActingRequest, changes: dict[UUID, int]) -> list[ForeseenLine]:
    """Return the dry run of ticked cases, those on the own desk alone, in order of their due day."""
    if not changes:
        return []
    by, today = request.actor, timezone.localdate()
    lines = {one.id: one for one in picked(by, list(changes))}
    found = []
    for one in many.foresee_many(list(lines), by=by, today=today):
        line = lines[one.case_id]
        title = f"{change_words.kind_word(CHANGES[line.kind])} {masks.name(line.name)}"
        if one.done is None:
            said = sentence_of(one.refused) if one.refused else ""
            found.append(ForeseenLine(title, [said], can=False, takes_effect=False))
            continue
        sentences = (
            [_("同意后转到%(desk)s。") % {"desk": change_words.party_word(one.done.next_desk.party)}]
            if one.done.next_desk
            else []
        )
        if one.done.plan is not None:
            speaker = change_words.Speaker(classes_in(one.done.plan))
            sentences = [*speaker.sentences(one.done.plan), *sentences]
        found.append(ForeseenLine(title, sentences, can=True, takes_effect=one.done.plan is not None))
    return found


def approve_all(
    request: ActingRequest, chosen: list[tuple[RosterBatch, int]], changes: dict[UUID, int]
) -> str:
    """Approve rosters and changes, each in a transaction of its own; say which could not be. Returns where to go on."""
    address = approve_each(request, chosen)
    done = 0
    for one in many.approve_many(
        list(changes), by=request.actor, today=timezone.localdate(), versions=changes
    ):
        if one.refused is not None:
            messages.error(request, sentence_of(one.refused))
        else:
            done += 1
    if done:
        messages.success(
            request,
            ngettext("已同意 %(number)s 项学籍变动。", "已同意 %(number)s 项学籍变动。", done)
            % {"number": done},
        )
    return address


def consequence_of(state: State, *, several: bool = False) -> str:
    """Return what the next approval brings about."""
    if state is State.WITH_AUTHORITY:
        return _("核准后学生即注册学籍、取得学籍号，不能整体撤回。")
    if several:
        return _("同意后转交主管部门核准；核准之前学校可以撤回。")
    return _("同意后转交主管部门核准；核准之前学校可以整体撤回。")


def approve_each(request: ActingRequest, chosen: list[tuple[RosterBatch, int]]) -> str:
    """Approve each roster in a transaction of its own; say which could not be. Returns where to go on."""
    done = left = later = 0
    rows = 0
    for batch, version in chosen:
        pupils = batch.accepted - batch.excepted
        try:
            if batch.state == State.WITH_AUTHORITY and rows + pupils > jobs.ROWS_AT_ONCE:
                leave_to_worker(request, batch, version=version)
                later += 1
                continue
            rosters.decide(
                batch.id, act=Act.APPROVE, by=request.actor, today=timezone.localdate(), version=version
            )
            done += 1
            rows += pupils if batch.state == State.WITH_AUTHORITY else 0
        except Refused as refused:
            left += 1
            name = words.title_of(batch.file_name, batch.door)
            messages.error(request, f"{batch.school.organisation.name} {name}: {sentence_of(refused)}")
    if done:
        messages.success(
            request,
            ngettext("已同意 %(number)s 份名册。", "已同意 %(number)s 份名册。", done) % {"number": done},
        )
    if later:
        messages.info(
            request,
            ngettext(
                "%(number)s 份名册人数较多，正在后台注册。",
                "%(number)s 份名册人数较多，正在后台注册。",
                later,
            )
            % {"number": later},
        )
    return reverse("inbox")


def leave_to_worker(
    request: ActingRequest,
    batch: RosterBatch,
    *,
    version: int,
    except_rows: Collection[int] = (),
    reason: str = "",
) -> None:
    """Hand the last approval to the worker, after the same questions that the act itself asks.

    Raises NotNow, OwnWork, NotAllowed as the act would; the worker asks again.
    """
    rosters.may_decide(batch, Act.APPROVE, by=request.actor, version=version)
    jobs.register_later(batch, by=request.actor, except_rows=except_rows, reason=reason)
