"""The wizard that files a change: what fits, whom it is about, what is missing, what would happen. A draft is kept all along."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from xueji.lib.errors import Refused
from xueji.lib.names import written
from xueji.organisations.queries import offices_at
from xueji.status.actions import cases, matching, papers
from xueji.status.actions.cases import FieldsMissing, Preview
from xueji.status.actions.drafts import drop_draft, keep_draft, no_such_draft
from xueji.status.queries import cases as queries
from xueji.status.queries import filing
from xueji.status.queries.cases import CaseView, DraftLine, PaperLine
from xueji.status.rules.kind import Kind, Starter, Weight
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.plans import Plan
from xueji.status.rules.routes import Party
from xueji.status.rules.steps import Act
from xueji.students.queries import record_of
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Remedy, render
from xueji.web.pupils.words import grade_name
from xueji.web.rosters.words import uuid_key
from xueji.web.status import words
from xueji.web.status.case import case_or_404, crumbs_to
from xueji.web.status.forms import ChangeForm, FindForm, PaperForm
from xueji.web.templatetags.xueji import spoken

# Kept in a draft beside the fields: papers that are there and shall not go with this case.
WITHOUT = "_without"
MOST_PAPER_BYTES = 2 * 1024 * 1024
SENDER = frozenset({Party.SENDING_SCHOOL, Party.SENDING_AUTHORITY})


def crumbs(*last: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("学籍变动"), reverse("changes")), *last]


def kind_or_404(code: str) -> Kind:
    kind = BY_CODE.get(code)
    if kind is None:
        raise Http404
    return kind


def begin(
    request: ActingRequest, kind: Kind, student_id: UUID, name: str, match: matching.Match | None = None
) -> str:
    """Return the address of the draft for a pupil; one that is there already is taken up again."""
    found = queries.draft_for(kind.code, student_id, request.actor)
    line = queries.draft_of(found, request.actor) if found else None
    draft_id = found
    if line is None or match is not None:
        draft_id = keep_draft(
            kind.code,
            line.typed if line else {},
            by=request.actor,
            today=timezone.localdate(),
            draft_id=found,
            student_id=student_id,
            name=name,
            match=match,
        )
    return reverse("change-draft", args=[draft_id])


# What fits --------------------------------------------------------------------------------------


@door("status.view", methods=("GET", "HEAD", "POST"))
def choose(request: ActingRequest, student_id: UUID) -> HttpResponse:
    """The kinds of change for one pupil of the own office, and why the others do not fit."""
    record = record_of(student_id)
    if record is None or not filing.may_start_any(request.actor):
        raise Http404
    choices = filing.choices_for(student_id, by=request.actor, today=timezone.localdate()) or ()
    if request.method == "POST":
        wanted = next((c for c in choices if c.kind.code == request.POST.get("kind", "")), None)
        if wanted is None:
            raise Http404
        if not wanted.fits:
            # The button stood on another page: this one says why it does not fit.
            return HttpResponseRedirect(reverse("change-choose", args=[student_id]))
        return HttpResponseRedirect(begin(request, wanted.kind, student_id, record.student.name))
    context = {
        "pupil": record.student,
        "fitting": [(one.kind, words.kind_word(one.kind)) for one in choices if one.fits],
        "others": [
            (words.kind_word(one.kind), [words.obstacle_word(stop) for stop in one.stops])
            for one in choices
            if not one.fits
        ],
        "discreet": [
            (kind.code, words.kind_word(kind))
            for kind in filing.discreet_for(student_id, by=request.actor, today=timezone.localdate())
        ],
        "crumbs": [
            (_("学生"), reverse("students")),
            (record.student.name, reverse("student", args=[student_id])),
            (_("办理学籍变动"), ""),
        ],
    }
    return render(request, "status/choose.html", context)


@door("status.file", methods=("GET", "HEAD", "POST"))
def new(request: ActingRequest) -> HttpResponse:
    """Begin a change: for a pupil who comes from elsewhere by number and name, for one's own from the list of pupils."""
    kinds = filing.starts_from_elsewhere()
    chosen = next((kind for kind in kinds if kind.code == request.GET.get("kind", "")), kinds[0])
    form = FindForm(request.POST if request.method == "POST" else None)
    context = {
        "kinds": [(kind.code, words.kind_word(kind), kind is chosen) for kind in kinds],
        "form": form,
        "crumbs": crumbs((_("办理学籍变动"), "")),
    }
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        try:
            found = matching.match(
                number=form.cleaned_data["number"], name=name, by=request.actor, now=timezone.now()
            )
            return HttpResponseRedirect(begin(request, chosen, found.student_id, written(name), found))
        except Refused as refused:
            remedy = None
            if isinstance(refused, matching.NoMatch) and request.actor.may("roster.upload"):
                remedy = Remedy(_("登记新生"), reverse("roster-one"))
            return render(request, "status/new.html", context, refused=refused, remedy=remedy)
    return render(request, "status/new.html", context, status=UNPROCESSABLE if form.errors else None)


# The draft ----------------------------------------------------------------------------------------


def draft_or_404(request: ActingRequest, draft_id: UUID) -> tuple[DraftLine, UUID]:
    line = queries.draft_of(draft_id, request.actor)
    if line is None or line.student_id is None:
        raise Http404
    return line, line.student_id


def gone() -> str:
    raise no_such_draft()


class Desk:
    """What is needed to show or file one draft: the pupil's papers, the form, the look ahead."""

    def __init__(self, request: ActingRequest, line: DraftLine, student_id: UUID) -> None:
        self.request, self.line, self.student_id = request, line, student_id
        self.kind = line.kind
        self.today = timezone.localdate()
        self.typed = {key: value for key, value in line.typed.items() if key != WITHOUT}
        self.without = set(line.typed.get(WITHOUT, ()))
        self.held = queries.papers_of(student_id, today=self.today, with_discreet=self.kind.is_discreet)

    def look(self) -> Preview:
        return cases.look_ahead(
            self.kind,
            self.student_id,
            self.typed,
            by=self.request.actor,
            today=self.today,
            papers={one.kind for one in self.picked()},
        )

    def picked(self) -> list[PaperLine]:
        """Return the papers that go with the case: the newest valid one of each kind that was not unticked."""
        newest: dict[str, PaperLine] = {}
        for one in self.held:
            newest.setdefault(one.kind, one)
        return [one for one in newest.values() if str(one.id) not in self.without]

    def form(self, preview: Preview, data: Any = None) -> ChangeForm:
        return form_for(self.kind, preview, self.typed, self.request, data)

    def keep(self) -> None:
        keep_draft(
            self.kind.code,
            {**self.typed, **({WITHOUT: sorted(self.without)} if self.without else {})},
            by=self.request.actor,
            today=self.today,
            draft_id=self.line.id,
            student_id=self.student_id,
            name=self.line.name,
        )


def form_for(
    kind: Kind, preview: Preview, typed: dict[str, Any], request: ActingRequest, data: Any = None
) -> ChangeForm:
    """Return the form of a kind, with the classes of the school that the pupil goes to or is at."""
    facts = preview.facts
    place = request.actor.place if kind.starter is Starter.RECEIVING_SCHOOL else facts.school.place
    classes = queries.classes_of_school(place) if kind.has_target else ()
    return ChangeForm(data, kind=kind, typed=typed, classes=classes, grade=facts.grade)


@door("status.view", methods=("GET", "HEAD", "POST"))
def draft(request: ActingRequest, draft_id: UUID) -> HttpResponse:
    """Fill in, add papers, look at what would happen, file. Every button keeps what was typed."""
    if request.POST.get("act") == "file" and queries.draft_of(draft_id, request.actor) is None:
        # Filed already: the second sending is told so and led to the case.
        return done_once(request, gone)
    line, student_id = draft_or_404(request, draft_id)
    desk = Desk(request, line, student_id)
    preview = desk.look()
    if request.method != "POST":
        return show(request, desk, preview, desk.form(preview))
    form = desk.form(preview, request.POST)
    if not form.is_valid():
        return show(request, desk, preview, form, is_checked=True, status=UNPROCESSABLE)
    desk.typed = form.values()
    offered = {str(one.id) for one in desk.held}
    ticked = set(request.POST.getlist("paper"))
    # Only what stood on the page can have been unticked there.
    desk.without = {one for one in offered & set(request.POST.getlist("offered")) if one not in ticked}
    desk.keep()
    pressed = request.POST.get("act", "")
    try:
        if pressed == "upload":
            upload(request, desk)
            return HttpResponseRedirect(reverse("change-draft", args=[draft_id]) + "#papers")
        if pressed == "file":
            return done_once(request, lambda: file(request, desk))
    except Refused as refused:
        preview = desk.look()
        # What is missing in a field or a paper is shown where it is to be mended.
        shown = None if isinstance(refused, FieldsMissing) else refused
        return show(
            request, desk, preview, desk.form(preview), is_checked=True, refused=shown, status=UNPROCESSABLE if shown is None else None,
        )  # fmt: skip
    if pressed == "keep":
        messages.success(request, _("草稿已保存，只有本单位看得到。"))
        return HttpResponseRedirect(reverse("changes") + "?tab=drafts")
    return HttpResponseRedirect(reverse("change-draft", args=[draft_id]) + "?checked=1#ahead")


@door("status.discreet", methods=("GET", "HEAD", "POST"))
def discreet(request: ActingRequest, student_id: UUID, code: str) -> HttpResponse:
    """File what is discreet: at once, for nothing of it is kept as a draft."""
    kind, record = kind_or_404(code), record_of(student_id)
    if not kind.is_discreet or record is None:
        raise Http404
    now = timezone.now()
    line = DraftLine(student_id, kind, student_id, record.student.name, {}, timezone.localdate(), now)
    desk = Desk(request, line, student_id)
    preview = desk.look()
    if request.method != "POST":
        return show(request, desk, preview, desk.form(preview), is_draft=False)
    form = desk.form(preview, request.POST)
    if not form.is_valid():
        return show(request, desk, preview, form, is_checked=True, is_draft=False, status=UNPROCESSABLE)
    desk.typed = form.values()
    desk.without = set(request.POST.getlist("offered")) - set(request.POST.getlist("paper"))
    refused: Refused | None = None
    try:
        if request.POST.get("act") == "upload":
            upload(request, desk)
            desk.held = queries.papers_of(student_id, today=desk.today, with_discreet=True)
        elif request.POST.get("act") == "file":
            return done_once(request, lambda: file(request, desk))
    except Refused as stopped:
        refused = None if isinstance(stopped, FieldsMissing) else stopped
    preview = desk.look()
    return show(request, desk, preview, desk.form(preview), is_checked=True, is_draft=False, refused=refused)


def upload(request: ActingRequest, desk: Desk) -> None:
    """Keep a paper of the pupil; it is ticked. Raises PaperUnfit."""
    sent = request.FILES.get("file")
    content = sent.read(MOST_PAPER_BYTES + 1) if sent is not None else b""
    kept = papers.file_paper(
        desk.student_id,
        kind=request.POST.get("paper_kind", ""),
        file_name=(sent.name or "") if sent is not None else "",
        content=content,
        by=request.actor,
        today=desk.today,
    )
    desk.without.discard(str(kept))
    messages.success(request, _("材料已收到，加密保存。"))


def file(request: ActingRequest, desk: Desk) -> str:
    """File what the draft says, delete the draft, and say where the family's code is."""
    filed = cases.file_case(
        desk.kind.code,
        desk.student_id,
        desk.typed,
        by=request.actor,
        today=desk.today,
        paper_ids=[one.id for one in desk.picked()],
        is_from_paper=request.POST.get("is_from_paper") == "1",
    )
    if not desk.kind.is_discreet:
        drop_draft(desk.line.id, by=request.actor)
    if filed.waits_for:
        messages.warning(request, _("已提交，等待有关单位清理障碍；清理之后自动开始办理。"))
    else:
        messages.success(request, _("已提交。"))
    return reverse("change-slip" if filed.tracking_code else "change", args=[filed.id])


def show(
    request: ActingRequest,
    desk: Desk,
    preview: Preview,
    form: ChangeForm,
    *,
    is_checked: bool = False,
    is_draft: bool = True,
    refused: Refused | None = None,
    status: int | None = None,
) -> HttpResponse:
    is_checked = is_checked or "checked" in request.GET or bool(desk.typed)
    kind, facts = desk.kind, preview.facts
    is_outside = kind.starter is Starter.RECEIVING_SCHOOL
    if is_checked:
        add_faults(form, preview)
    plan = preview.plan
    chosen = desk.typed.get("class_id")
    classes = queries.classes_in(plan or Plan(()), chosen)
    speaker = words.Speaker(classes, hides=facts.school.place if is_outside else None)
    needs = kind.papers(facts, preview.payload)
    asked = [need.kind for need in needs]
    missing = [one.field.removeprefix("paper-") for one in preview.obstacles if one.code == "paper-missing"]
    picked = {one.id for one in desk.picked()}
    newest: dict[str, PaperLine] = {}
    for one in desk.held:
        newest.setdefault(one.kind, one)
    offices = {one.place: one.name for one in offices_at({desk_.place for desk_ in preview.route})}
    due = [
        {
            "party": words.party_word(one.party),
            # Where the pupil is now is told when the receiving authority has approved.
            "office": "" if is_outside and one.party in queries.SENDING else offices.get(one.place, ""),
            "days": one.days,
            "purpose": words.purpose_word(one),
        }
        for one in preview.route
    ]
    context = {
        "line": desk.line,
        "is_draft": is_draft,
        "kind": kind,
        "title": f"{words.kind_word(kind)} · {desk.line.name}",
        "crumbs": crumbs((f"{words.kind_word(kind)} · {desk.line.name}", "")),
        "form": form,
        "grade": grade_name(facts.grade),
        "is_outside": is_outside,
        "is_checked": is_checked,
        "needed": [
            {
                "kind": need.kind,
                "word": words.paper_word(need.kind),
                "is_required": need.is_required,
                "paper": newest.get(need.kind),
                "is_picked": need.kind in newest and newest[need.kind].id in picked,
            }
            for need in needs
        ],
        "others": [
            (one, words.paper_word(one.kind), one.id in picked)
            for one in newest.values()
            if one.kind not in asked and one.office == request.actor.place
        ],
        "missing": missing,
        "paper_form": PaperForm(first=[*missing, *(one for one in asked if one not in missing)]),
        "obstacles": [
            {
                "text": words.obstacle_word(one),
                "owner": words.party_word(one.owner),
                "weight": one.weight,
            }
            for one in preview.obstacles
            if one.code != "paper-missing"
            and (one.field not in form.fields or one.weight is not Weight.STOPS)
        ],
        "faults": bool(preview.faults),
        "stops": bool(preview.stops),
        "waits": bool(preview.waits) and not preview.stops and not preview.faults,
        "is_ready": plan is not None,
        "sentences": speaker.sentences(plan) if plan else [],
        "desks": due,
        "source": kind.source,
    }
    return render(request, "status/draft.html", context, refused=refused, status=status)


def add_faults(form: ChangeForm, preview: Preview) -> None:
    """Show what is missing or wrong beside its field."""
    if not form.is_bound:
        form.is_bound, form.data = True, form.initial
        form.full_clean()
    for fault in preview.faults:
        if fault.key in form.fields:
            form.add_error(fault.key, spoken((fault.zh, fault.en)))
    for one in preview.obstacles:
        if one.field in form.fields and one.weight is Weight.STOPS:
            form.add_error(one.field, words.obstacle_word(one))


@door("status.view", methods=("POST",))
def drop(request: ActingRequest, draft_id: UUID) -> HttpResponse:
    """Delete a draft of the own office."""
    drop_draft(draft_id, by=request.actor)
    messages.success(request, _("草稿已删除。"))
    return HttpResponseRedirect(reverse("changes") + "?tab=drafts")


# Completing what was returned ----------------------------------------------------------------------


@door("status.view", methods=("GET", "HEAD", "POST"))
def answer(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """Complete a case that a desk returned: correct what was stated, add papers, send it back."""
    case = case_or_404(request, case_id)
    if Act.ANSWER not in case.acts and request.method != "POST":
        raise Http404
    preview = cases.look_ahead(
        case.kind, case.student_id, case.payload, by=request.actor, today=timezone.localdate()
    )
    form = form_for(
        case.kind, preview, case.payload, request, request.POST if request.method == "POST" else None
    )
    if request.method == "POST" and form.is_valid():
        typed = form.values()
        try:
            if request.POST.get("act") == "upload":
                keep_paper(request, case)
                return HttpResponseRedirect(reverse("change-answer", args=[case_id]) + "#papers")
            return done_once(request, lambda: send_answer(request, case, typed))
        except FieldsMissing as missing:
            for fault in missing.faults:
                if fault.key in form.fields:
                    form.add_error(fault.key, spoken((fault.zh, fault.en)))
            return render(request, "status/answer.html", answer_context(case, form), status=UNPROCESSABLE)
        except Refused as refused:
            return render(request, "status/answer.html", answer_context(case, form), refused=refused)
    return render(
        request, "status/answer.html", answer_context(case, form), status=422 if form.errors else None
    )


def keep_paper(request: ActingRequest, case: CaseView) -> None:
    sent = request.FILES.get("file")
    papers.file_paper(
        case.student_id,
        kind=request.POST.get("paper_kind", ""),
        file_name=(sent.name or "") if sent is not None else "",
        content=sent.read(MOST_PAPER_BYTES + 1) if sent is not None else b"",
        by=request.actor,
        today=timezone.localdate(),
    )
    messages.success(request, _("材料已收到，加密保存。"))


def send_answer(request: ActingRequest, case: CaseView, typed: dict[str, Any]) -> str:
    cases.answer(
        case.id,
        by=request.actor,
        today=timezone.localdate(),
        typed=typed,
        paper_ids=[key for text in request.POST.getlist("paper") if (key := uuid_key(text)) is not None],
        reason=request.POST.get("reason", "")[:500],
        version=words.version_in(request.POST.get("version", "")),
    )
    messages.success(request, _("已补正，交回办理单位，计时继续。"))
    return reverse("change", args=[case.id])


def answer_context(case: CaseView, form: ChangeForm) -> dict[str, Any]:
    going = {one.id for one in case.papers}
    held = queries.papers_of(case.student_id, today=timezone.localdate(), with_discreet=case.is_discreet)
    asked_back = [one for one in case.said if one.act == Act.RETURN]
    return {
        "case": case,
        "crumbs": crumbs_to(case, _("补正")),
        "form": form,
        "asked": asked_back[-1].reason if asked_back else "",
        "papers": [
            (one, words.paper_word(one.kind))
            for one in held
            if one.id not in going and one.office == case.starter_place
        ],
        "paper_form": PaperForm(),
    }
