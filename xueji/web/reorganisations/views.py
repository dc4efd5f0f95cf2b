"""学校撤并: a request with its plan, the dry run, the leader's decision, and what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from xueji.access.rules.permissions import Level
from xueji.changes.rules.admissions import STAGE_NAMES
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.organisations.queries import name_at, offices_at, place_of_identifier, school_at
from xueji.status.actions import reorganisations as actions
from xueji.status.actions.reorganisations import NoSuchReorganisation, Preview, Said
from xueji.status.models import Reorganisation
from xueji.status.queries import reorganisations as queries
from xueji.status.rules import reorganisation as rules
from xueji.status.rules.graduation import Act, State
from xueji.status.rules.kinds import BY_CODE as CHANGES
from xueji.status.rules.reorganisation import KIND_ROWS, Awaited, Facts, Kind, Line, SchoolFacts
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, part, render
from xueji.web.pupils import words as pupil_words
from xueji.web.reorganisations import words
from xueji.web.status import words as change_words
from xueji.web.templatetags.xueji import day, spoken, thousands

RECEIVER, AUTHORITY = "receiver", "authority"
PLACE = re.compile(r"[0-9]{12}")
STAYS = "stay"


@door(rules.VIEW)
def reorganisations(request: ActingRequest) -> HttpResponse:
    """The requests of one's area, the newest first; for a school those that concerned it."""
    key = request.GET.get("before", "")
    try:
        before = UUID(key) if key else None
    except ValueError:
        raise Http404 from None
    found = queries.listed(request.actor, before=before)
    rows = tuple(
        Row(
            (
                "、".join(one.sources),
                words.kind_word(one.kind),
                "、".join(one.targets) or "–",
                day(one.effective_on),
                words.state_mark(one.state),
                one.office,
            ),
            url=reverse("reorganisation", args=[one.id]),
        )
        for one in found
    )
    columns = (
        Column(_("原校")),
        Column(_("方式"), "nowrap"),
        Column(_("接收学校")),
        Column(_("生效日期"), "nowrap"),
        Column(_("状态")),
        Column(_("办理单位")),
    )
    context = {
        "table": Table(_("学校撤并，新的在前"), columns, rows) if rows else None,
        "may_begin": request.actor.may(rules.PREPARE),
        "is_school": request.actor.level is Level.SCHOOL,
        "after": found[-1].id if len(found) == queries.PAGE else "",
    }
    return render(request, "reorganisations/list.html", context)


# A request -------------------------------------------------------------------------------------


class SchoolsField(forms.CharField):
    """Schools by identifier, present or former, or by place: one a line. Cleaned to places in the order typed."""

    widget = forms.Textarea(attrs={"rows": 3})

    def clean(self, value: Any) -> list[int]:
        found: list[int] = []
        for text in re.split(r"[\s,，、;；]+", super().clean(value).strip()):
            if not text:
                continue
            place = int(text) if PLACE.fullmatch(text) else place_of_identifier(text[:10])
            school = None if place is None else school_at(place)
            if school is None:
                raise forms.ValidationError(_("没有标识码为 %(id)s 的学校，请核对。") % {"id": text[:20]})
            if school.place not in found:
                found.append(school.place)
        if len(found) > rules.MOST_SCHOOLS:
            raise forms.ValidationError(_("一次最多 %(most)s 所学校。") % {"most": rules.MOST_SCHOOLS})
        return found


class RequestForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("方式"), widget=forms.RadioSelect)
    sources = SchoolsField(
        label=gettext_lazy("原校"),
        help_text=gettext_lazy("学校标识码，每行一所；合并可以有几所，分立和撤销只能一所。"),
    )
    targets = SchoolsField(
        label=gettext_lazy("接收学校"),
        help_text=gettext_lazy("学校标识码，每行一所；新学校请先在“机构”中开设。合并只能一所。"),
    )
    effective_on = forms.DateField(
        label=gettext_lazy("生效日期"),
        help_text=gettext_lazy("原学籍在这一天结束，新学籍在这一天开始；主管领导到那天才能决定。"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    document = forms.CharField(
        label=gettext_lazy("批准文号"), max_length=100, help_text=gettext_lazy("例如：浙教发〔2026〕1号。")
    )
    archives = forms.ChoiceField(
        label=gettext_lazy("原校留存的档案由谁接收"),
        required=False,
        help_text=gettext_lazy("指以前离校学生的存档；在校学生的档案随学生走。分立的原校继续保管，不用选。"),
    )
    note = forms.CharField(
        label=gettext_lazy("说明"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            (
                "kind",
                [
                    (row.kind.value, f"{spoken((row.zh, row.en))}：{spoken((row.says_zh, row.says_en))}")
                    for row in KIND_ROWS
                ],
            ),
            (
                "archives",
                [
                    ("", _("请选择")),
                    (RECEIVER, _("接收学校（有几所的，填在最前面的一所）")),
                    (AUTHORITY, _("本主管部门")),
                ],
            ),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def said(self, office: int) -> Said:
        """Return what was filled in, for the action."""
        chosen = self.cleaned_data
        taker = {RECEIVER: (chosen["targets"] or [None])[0], AUTHORITY: office}.get(chosen["archives"])
        return Said(
            kind=Kind(chosen["kind"]),
            sources=chosen["sources"],
            targets=chosen["targets"],
            effective_on=chosen["effective_on"],
            document=chosen["document"],
            archives_place=taker,
            note=chosen["note"],
        )


def crumbs(title: str, *between: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("学校撤并"), reverse("reorganisations")), *between, (title, "")]


@door(rules.PREPARE, methods=("GET", "HEAD", "POST"))
def new(request: ActingRequest) -> HttpResponse:
    """Begin a request, from a school's page with that school filled in."""
    typed = request.GET.get("school", "")
    initial = {
        "kind": Kind.MERGE.value,
        "effective_on": timezone.localdate(),
        "sources": mark_of(int(typed)) if PLACE.fullmatch(typed) else "",
    }
    form = RequestForm(request.POST if request.method == "POST" else None, initial=initial)

    def do() -> str:
        made = actions.begin(form.said(request.actor.place), by=request.actor, today=timezone.localdate())
        return reverse("reorganisation-plan", args=[made.id])

    context = {
        "form": form,
        "title": _("办理学校撤并"),
        "crumbs": crumbs(_("办理学校撤并")),
        "back": reverse("reorganisations"),
    }
    return filled_in(request, form, do, context)


def mark_of(place: int) -> str:
    """Return how a form names a school: by its identifier, else by its place."""
    school = school_at(place)
    return "" if school is None else school.identifier or f"{school.place:012d}"


@door(rules.PREPARE, methods=("GET", "HEAD", "POST"))
def edit(request: ActingRequest, request_id: UUID) -> HttpResponse:
    """Change what a request says beside its classes."""
    asked, preview = own_draft(request, request_id)
    facts = preview.facts
    taker = AUTHORITY if asked.archives_place == asked.place else RECEIVER if asked.archives_place else ""
    receivers = sorted(facts.targets.values(), key=lambda one: one.place != asked.archives_place)
    initial = {
        "kind": asked.kind,
        "sources": "\n".join(mark_of(one.place) for one in facts.sources.values()),
        "targets": "\n".join(mark_of(one.place) for one in receivers),
        "effective_on": asked.effective_on,
        "document": asked.document,
        "archives": taker,
        "note": asked.note,
    }
    form = RequestForm(request.POST if request.method == "POST" else None, initial=initial)

    def do() -> str:
        actions.describe(request_id, form.said(asked.place), by=request.actor, today=timezone.localdate())
        return reverse("reorganisation-plan", args=[request_id])

    context = {
        "form": form,
        "title": _("修改申请"),
        "crumbs": crumbs(
            _("修改申请"), (title_of(asked, facts), reverse("reorganisation", args=[request_id]))
        ),
        "back": reverse("reorganisation", args=[request_id]),
    }
    return filled_in(request, form, do, context)


def own_draft(request: ActingRequest, request_id: UUID) -> tuple[Reorganisation, Preview]:
    """Return a request that the reader's office prepares. Raises NoSuchReorganisation."""
    asked, preview = actions.look_ahead(request_id, by=request.actor, today=timezone.localdate())
    if asked.place != request.actor.place or asked.state != State.DRAFT:
        raise Http404
    return asked, preview


def filled_in(
    request: ActingRequest, form: RequestForm, do: Callable[[], str], context: dict[str, Any]
) -> HttpResponse:
    """Show the form, or do what it asks once; a refusal stands above the form as typed."""
    if request.method == "POST" and form.is_valid():
        try:
            return done_once(request, do)
        except Refused as refused:
            return render(request, "reorganisations/form.html", context, refused=refused)
    return render(
        request, "reorganisations/form.html", context, status=UNPROCESSABLE if form.errors else None
    )


# The plan --------------------------------------------------------------------------------------


@door(rules.PREPARE, methods=("GET", "HEAD", "POST"))
def plan(request: ActingRequest, request_id: UUID) -> HttpResponse:
    """Where each class goes, by class or by grade, and its number there."""
    asked, preview = own_draft(request, request_id)
    facts = preview.facts
    refused: Refused | None = None
    if request.method == "POST":

        def do() -> str:
            actions.assign(
                request_id,
                lines_sent(request, facts),
                awaited=awaited_sent(request, facts),
                by=request.actor,
                today=timezone.localdate(),
                version=asked.version,
            )
            messages.success(request, _("计划已保存，班号已核对。"))
            return reverse("reorganisation", args=[request_id])

        try:
            return done_once(request, do)
        except Refused as found:
            if found.code == "not-found":
                raise
            refused = found
    title = _("安排班级")
    context = {
        "asked": asked,
        "title": title,
        "crumbs": crumbs(title, (title_of(asked, facts), reverse("reorganisation", args=[request_id]))),
        "targets": list(facts.targets.values()),
        "may_stay": not facts.row.closes,
        "has_choice": len(facts.targets) > 1 or not facts.row.closes,
        "groups": groups_of(facts),
        "awaited": awaited_asked(facts),
    }
    return render(request, "reorganisations/plan.html", context, refused=refused)


def groups_of(facts: Facts) -> list[dict[str, Any]]:
    """Return the classes grade by grade for the plan's form."""
    found = []
    for (school_id, year, number), group in groupby(
        facts.classes, key=lambda one: (one.school_id, one.entry_year, one.grade)
    ):
        classes = list(group)
        found.append(
            {
                "school": facts.sources[school_id].name,
                "grade": pupil_words.grade_name(number),
                "year": year,
                "key": f"grade-{classes[0].id}",
                "classes": [
                    {"one": one, "line": facts.lines.get(one.id) or Line(one.id, None)} for one in classes
                ],
            }
        )
    return found


def awaited_asked(facts: Facts) -> list[dict[str, Any]]:
    """Return for the plan's form whom the schools await, with what was said of them."""
    return [
        {
            "key": f"awaited-{at}",
            "who": awaited_words(facts, one),
            "pupils": one.pupils,
            "said": facts.awaited_said.get(one.entry),
            "stays": one.entry in facts.awaited_said and facts.awaited_said[one.entry] is None,
        }
        for at, one in enumerate(facts.awaited)
    ]


def awaited_words(facts: Facts, one: Awaited) -> str:
    entry = _("%(year)s 年%(stage)s") % {"year": one.entry_year, "stage": spoken(STAGE_NAMES[one.stage])}
    return f"{facts.sources[one.school_id].name} {entry}" if len(facts.sources) > 1 else entry


def awaited_sent(request: ActingRequest, facts: Facts) -> dict[rules.Entry, int | None]:
    """Return what was sent of awaited pupils; of whom nothing was chosen, their classes say it."""
    sent: dict[rules.Entry, int | None] = {}
    for at, one in enumerate(facts.awaited):
        chosen = request.POST.get(f"awaited-{at}", "")
        target = number_in(chosen)
        if target in facts.targets or (chosen == STAYS and not facts.row.closes):
            sent[one.entry] = target
    return sent


def number_in(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def lines_sent(request: ActingRequest, facts: Facts) -> dict[int, Line]:
    """Return what was sent of each class: the school of its grade where one was chosen, else its own."""
    sent: dict[int, Line] = {}
    for _key, group in groupby(facts.classes, key=lambda one: (one.school_id, one.entry_year, one.grade)):
        classes = list(group)
        of_grade = request.POST.get(f"grade-{classes[0].id}", "")
        for one in classes:
            chosen = of_grade or request.POST.get(f"class-{one.id}", "")
            target = number_in(chosen)
            sent[one.id] = Line(
                one.id,
                target if target in facts.targets else None,
                request.POST.get(f"number-{one.id}", "").strip()[:16],
                " ".join(request.POST.get(f"name-{one.id}", "").replace("\0", "").split())[:40],
            )
    return sent


# The dry run, the decision, the result ---------------------------------------------------------


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("理由"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


@door(rules.VIEW)
def show(request: ActingRequest, request_id: UUID) -> HttpResponse:
    """A request: what it would do or did, what stands in the way, and what the reader's desk does with it."""
    return page_of(request, request_id)


def page_of(
    request: ActingRequest,
    request_id: UUID,
    *,
    refused: Refused | None = None,
    reason_form: ReasonForm | None = None,
    status: int | None = None,
) -> HttpResponse:
    actor, today = request.actor, timezone.localdate()
    asked, preview = actions.look_ahead(request_id, by=actor, today=today)
    facts, state = preview.facts, State(asked.state)
    is_open, is_own = state in rules.OPEN, actor.place == asked.place
    went = queries.went(asked.id)
    cases = queries.open_cases_of(facts) if is_open and actor.level is not Level.SCHOOL else ()
    context = {
        "asked": asked,
        "title": title_of(asked, facts),
        "crumbs": crumbs(title_of(asked, facts)),
        "state": words.state_mark(state),
        "facts": facts_shown(asked, facts),
        "returned": asked.reason if state is State.DRAFT else "",
        "is_open": is_open,
        "findings": [(one.is_stop, words.sentence(one)) for one in preview.findings] if is_open else [],
        "figures": figures_ahead(preview) if is_open else figures_over(asked, went),
        "sentences": sentences_ahead(facts) if is_open else [],
        "schools": schools_table(facts) if is_open else None,
        "classes": classes_ahead(facts) if is_open else classes_over(went, actor.scope),
        "awaited": awaited_ahead(facts) if is_open else awaited_over(asked, facts),
        "cases": cases_table(cases),
        "entries": entries_of(asked),
        "may_edit": is_own and state is State.DRAFT and actor.may(rules.PREPARE),
        "may_withdraw": is_own and state is State.WITH_LEADER and actor.may(rules.PREPARE),
        "decides": is_own and state is State.WITH_LEADER and actor.may(rules.DECIDE),
        "may_undo": may_undo(request, asked),
        "undo_until": asked.undo_until if state is State.DONE else None,
        "has_archives": asked.archives_place == actor.place
        and state is State.DONE
        and actor.may("status.copies"),
        "reason_form": reason_form or ReasonForm(),
    }
    return render(request, "reorganisations/show.html", context, refused=refused, status=status)


def title_of(asked: Reorganisation, facts: Facts) -> str:
    names = "、".join(one.name for one in facts.sources.values())
    return _("%(schools)s（%(kind)s）") % {"schools": names, "kind": words.kind_word(Kind(asked.kind))}


def facts_shown(asked: Reorganisation, facts: Facts) -> list[tuple[str, Any]]:
    shown: list[tuple[str, Any]] = [
        (_("方式"), words.kind_word(facts.kind)),
        (_("原校"), "、".join(one.name for one in facts.sources.values())),
        (_("接收学校"), "、".join(one.name for one in facts.targets.values()) or "–"),
        (_("生效日期"), day(asked.effective_on)),
        (_("批准文号"), asked.document or "–"),
        (_("办理单位"), name_at(asked.place)),
    ]
    if facts.row.closes:
        taker = name_at(asked.archives_place) if asked.archives_place is not None else _("尚未选择")
        shown.append((_("原校留存档案"), taker))
    if asked.note:
        shown.append((_("说明"), asked.note))
    return shown


def may_undo(request: ActingRequest, asked: Reorganisation) -> bool:
    """Return whether the reader's office may take the effect back today."""
    is_in_time = asked.undo_until is not None and timezone.localdate() <= asked.undo_until
    return (
        asked.state == State.DONE
        and is_in_time
        and request.actor.may("status.undo")
        and request.actor.place == actions.undoer_of(asked)
    )


def figures_ahead(preview: Preview) -> list[tuple[str, str, str]]:
    facts = preview.facts
    stops = len(preview.stops)
    coming = sum(line.awaited.pupils for line in rules.awaited_lines(facts) if line.target_id)
    return [
        (_("划转班级"), thousands(len(facts.going)), ""),
        (_("随班划转的学生"), thousands(preview.pupils), ""),
        (_("其中不在读"), thousands(sum(one.away for one, _line, _target in facts.going)), ""),
        *([(_("改到接收学校报到的新生"), thousands(coming), "")] if coming else []),
        (_("有事项妨碍"), thousands(stops), "late" if stops else "good"),
    ]


def figures_over(asked: Reorganisation, went: tuple[queries.Went, ...]) -> list[tuple[str, str, str]]:
    gone = [one for one in went if one.new_class_id is not None]
    coming = sum(one.pupils for one, _target in queries.awaited_moved(asked))
    return [
        (_("划转班级"), thousands(len(gone)), ""),
        (_("随班划转的学生"), thousands(sum(one.pupils for one in gone)), ""),
        *([(_("改到接收学校报到的新生"), thousands(coming), "")] if coming else []),
    ]


def sentences_ahead(facts: Facts) -> list[str]:
    """Return in words what the decision does beside moving the classes."""
    said = [
        _("同意后全部同时生效：班级连同学生划到接收学校，休学、出国（境）等不在读的学生一并随班划转。"),
    ]
    if any(line.target_id for line in rules.awaited_lines(facts)):
        said.append(_("录取到原校、还没有报到的新生，改到下面列出的学校报到。"))
    if facts.row.closes:
        said.append(_("原校撤销，校名和标识码以后仍可查到；原校账号的任职随之结束。"))
    said.append(_("30 日内可以由上一级主管部门撤销，恢复原样。"))
    return said


def schools_table(facts: Facts) -> Table:
    rows = tuple(
        Row(
            (
                one.school.name,
                f"{one.classes_before} → {one.classes_after}",
                f"{thousands(one.pupils_before)} → {thousands(one.pupils_after)}",
                part("state", tone="past", word=_("撤销"))
                if one.is_closed
                else part("state", tone="good", word=_("继续办学")),
            ),
            url=reverse("school", args=[one.school.place]),
        )
        for one in rules.school_counts(facts)
    )
    columns = (
        Column(_("学校")),
        Column(pgettext("several", "班级"), "number"),
        Column(_("学生"), "number"),
        Column(_("生效后")),
    )
    return Table(_("各校撤并前后的班级和学生"), columns, rows)


CLASS_COLUMNS = (
    gettext_lazy("原班级"),
    gettext_lazy("年级"),
    gettext_lazy("学生"),
    pgettext_lazy("class", "去向"),
    gettext_lazy("新班号"),
    gettext_lazy("新班名"),
)


def class_columns() -> tuple[Column, ...]:
    return tuple(Column(str(label), "number" if at == 2 else "") for at, label in enumerate(CLASS_COLUMNS))


def classes_ahead(facts: Facts) -> Table:
    rows = []
    for one in facts.classes:
        line = facts.lines.get(one.id)
        target = facts.targets.get(line.target_id) if line and line.target_id else None
        stays = _("随校关闭（空班）") if one.is_empty and facts.row.closes else _("留在原校")
        missing = part("state", tone="late", word=_("尚未安排"))
        rows.append(
            Row(
                (
                    class_name(facts.sources[one.school_id], one.name, one.number, facts),
                    pupil_words.grade_name(one.grade),
                    thousands(one.pupils),
                    target.name if target else (missing if facts.row.closes and not one.is_empty else stays),
                    line.number if target and line else "",
                    line.name if target and line else "",
                )
            )
        )
    return Table(_("每个班级去哪里"), class_columns(), tuple(rows))


AWAITED_COLUMNS = (gettext_lazy("待报到的新生"), gettext_lazy("人数"), gettext_lazy("报到学校"))


def awaited_columns() -> tuple[Column, ...]:
    return tuple(Column(str(label), "number" if at == 1 else "") for at, label in enumerate(AWAITED_COLUMNS))


def awaited_ahead(facts: Facts) -> Table | None:
    """Return where admitted pupils who have not come are to come; None where nobody is awaited."""
    rows = tuple(
        Row(
            (
                awaited_words(facts, line.awaited),
                thousands(line.awaited.pupils),
                part("state", tone="late", word=_("尚未安排"))
                if line.is_unsaid
                else facts.targets[line.target_id].name
                if line.target_id
                else _("留在原校"),
            )
        )
        for line in rules.awaited_lines(facts)
    )
    return Table(_("待报到的新生到哪里报到"), awaited_columns(), rows) if rows else None


def awaited_over(asked: Reorganisation, facts: Facts) -> Table | None:
    """Return where the admitted pupils were sent; None where there were none."""
    rows = tuple(
        Row((awaited_words(facts, one), thousands(one.pupils), facts.targets[target_id].name))
        for one, target_id in queries.awaited_moved(asked)
    )
    return Table(_("待报到的新生到哪里报到"), awaited_columns(), rows) if rows else None


def class_name(school: SchoolFacts, name: str, number: str, facts: Facts) -> str:
    own = f"{name}（{number}）"
    return f"{school.name} {own}" if len(facts.sources) > 1 else own


def classes_over(went: tuple[queries.Went, ...], scope: Any) -> Table:
    has_many = len({one.source for one in went}) > 1
    rows = tuple(
        Row(
            (
                f"{one.source} {own}" if has_many else own,
                pupil_words.grade_name(one.grade),
                thousands(one.pupils),
                one.target or _("留在原校"),
                one.new_number,
                one.new_name,
            ),
            url=reverse("class", args=[one.new_class_id])
            if one.new_class_id is not None and one.target_place in scope
            else "",
        )
        for one in went
        if one.target or one.pupils
        for own in (f"{one.name}（{one.number}）",)
    )
    return Table(_("每个班级去了哪里"), class_columns(), rows)


def cases_table(found: tuple[queries.OpenCase, ...]) -> Table | None:
    """Return the cases to be settled first; None where there are none."""
    if not found:
        return None
    rows = tuple(
        Row(
            (
                change_words.kind_word(CHANGES[one.kind]),
                masks.name(one.name),
                one.desk,
                day(one.filed_on),
            ),
            url=reverse("change", args=[one.id]),
        )
        for one in found
    )
    columns = (Column(_("业务")), Column(_("学生")), Column(_("现在在")), Column(_("提交"), "nowrap"))
    return Table(_("须先办结的业务"), columns, rows)


def entries_of(asked: Reorganisation) -> list[dict[str, Any]]:
    """Return the way of a request for a timeline."""
    steps = [one for one in queries.history(asked.id) if one.act not in ("describe", "assign")]
    offices = {one.place: one.name for one in offices_at({one.office for one in steps} | {asked.place})}
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
        word = spoken(rules.STATE_NAMES[State(asked.state)])
        entries.append({"what": word, "who": offices.get(asked.place, ""), "on": None, "state": "now"})
    return entries


TOLD = {
    Act.PROPOSE: gettext_lazy("已提交，等待主管领导决定。"),
    Act.APPROVE: gettext_lazy("已同意，学校撤并生效。"),
    Act.RETURN: gettext_lazy("已退回修改。"),
    Act.WITHDRAW: gettext_lazy("已撤回。"),
    Act.UNDO: gettext_lazy("已撤销，学校和学籍恢复原样。"),
}


@door(rules.VIEW, methods=("POST",))
def act(request: ActingRequest, request_id: UUID) -> HttpResponse:
    """Propose, approve, return, withdraw or undo a request, as the button says."""
    try:
        wanted = Act(request.POST.get("act", ""))
    except ValueError:
        raise Http404 from None
    text = request.POST.get("version", "")
    known: dict[str, Any] = {
        "by": request.actor,
        "today": timezone.localdate(),
        "version": int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None,
    }
    reasoned = ReasonForm(request.POST)
    if wanted in (Act.RETURN, Act.UNDO):
        if not reasoned.is_valid():
            return page_of(request, request_id, reason_form=reasoned, status=UNPROCESSABLE)
        known["reason"] = reasoned.cleaned_data["reason"]
    verbs: dict[Act, Callable[..., Reorganisation]] = {
        Act.PROPOSE: actions.propose,
        Act.APPROVE: actions.approve,
        Act.RETURN: actions.send_back,
        Act.WITHDRAW: actions.withdraw,
        Act.UNDO: actions.undo,
    }

    def do() -> str:
        verbs[wanted](request_id, **known)
        messages.success(request, TOLD[wanted])
        return reverse("reorganisation", args=[request_id])

    try:
        return done_once(request, do)
    except NoSuchReorganisation:
        raise
    except Refused as refused:
        if refused.code == "not-allowed":
            raise
        return page_of(request, request_id, refused=refused)
