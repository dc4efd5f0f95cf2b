"""Duplicate admission: each school answers whether the child attends, the desk sees all and decides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.changes.actions.admissions import disputes as actions
from xueji.changes.actions.admissions import undoing
from xueji.changes.actions.problems import papers
from xueji.changes.queries import admissions as queries
from xueji.changes.rules.admission_disputes import NOWHERE
from xueji.changes.rules.problem_records import MOST_PAPER_BYTES, OUTCOME_NAMES, CaseState
from xueji.lib.errors import Refused
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, render
from xueji.web.problems.forms import MOST_WORDS
from xueji.web.problems.words import paper_word
from xueji.web.rosters.words import case_mark, due_mark
from xueji.web.templatetags.xueji import spoken


class AnswerForm(forms.Form):
    """Whether the child attends the school."""

    attends = forms.ChoiceField(
        label=gettext_lazy("该生现在是否在本校就读？"),
        choices=(("yes", gettext_lazy("是，在本校就读")), ("no", gettext_lazy("否，不在本校"))),
        widget=forms.RadioSelect,
    )
    since = forms.DateField(
        label=gettext_lazy("到校就读日期"),
        required=False,
        help_text=gettext_lazy("在本校就读的填写。"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    statement = forms.CharField(
        label=gettext_lazy("情况说明"),
        help_text=gettext_lazy("核对了什么，结论是什么。核查单位会看到。"),
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ProofForm(forms.Form):
    """The proof of attendance."""

    file = forms.FileField(
        label=gettext_lazy("选择在校就读证明，或拖到这里"),
        help_text=gettext_lazy("盖章的证明，JPG、PNG 或 PDF，不超过 2 MB。"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,application/pdf"}),
    )


class DecisionForm(forms.Form):
    """Which school the child attends."""

    school = forms.ChoiceField(label=gettext_lazy("学生在哪里就读"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("理由"),
        help_text=gettext_lazy("各相关学校都会看到：请勿写出另一所学校。"),
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, found: queries.Dispute, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(str(one.place), one.office) for one in found.answers if one.attends is not False]
        choices = [*offered, (str(NOWHERE), _("均不在读"))]
        self.fields["school"].choices = choices  # type: ignore[attr-defined]


class UndoForm(forms.Form):
    """Why a decision is taken back."""

    reason = forms.CharField(
        label=gettext_lazy("理由"), max_length=MOST_WORDS, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)


def dispute_or_404(request: ActingRequest, case_id: UUID) -> queries.Dispute:
    """Return the dispute as the reader may see it. Raises Http404."""
    found = queries.dispute_of(case_id, by=request.actor, today=timezone.localdate())
    if found is None:
        raise Http404
    return found


@door("problems.view")
def show(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """A dispute, as the reader's school or desk sees it."""
    return page(request, case_id)


def page(
    request: ActingRequest,
    case_id: UUID,
    *,
    forms_sent: dict[str, Any] | None = None,
    refused: Refused | None = None,
    status: int | None = None,
) -> HttpResponse:
    """Return the page of a dispute, with a refusal and the forms as they were sent."""
    found, today = dispute_or_404(request, case_id), timezone.localdate()
    own = found.answers[0] if found.is_own else None
    context: dict[str, Any] = {
        "found": found,
        "own": own,
        "title": _("重复招生 %(name)s") % {"name": found.name},
        "state": case_mark(found.state),
        "due": "" if found.state is CaseState.CLOSED else due_mark(found.due_on, today),
        "outcome": spoken(OUTCOME_NAMES[found.outcome]) if found.outcome in OUTCOME_NAMES else "",
        "answers": [
            (one, [(paper, paper_word(paper.kind)) for paper in one.papers]) for one in found.answers
        ],
        "answer_form": AnswerForm(),
        "proof_form": ProofForm(),
        "decision_form": DecisionForm(found=found, initial={"version": found.version}),
        "undo_form": UndoForm(initial={"version": found.version}),
        "crumbs": [(_("问题学籍"), reverse("problems")), (_("重复招生"), "")],
    } | (forms_sent or {})
    return render(request, "admissions/dispute.html", context, refused=refused, status=status)


@door("problems.state", methods=("POST",))
def file_paper(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """Keep the proof of attendance of the own school."""
    form = ProofForm(request.POST, request.FILES)
    if not form.is_valid():
        return page(request, case_id, forms_sent={"proof_form": form}, status=UNPROCESSABLE)
    file = form.cleaned_data["file"]
    try:
        papers.file_evidence(
            case_id,
            by=request.actor,
            kind="attendance",
            file_name=file.name or "",
            content=file.read(MOST_PAPER_BYTES + 1),
        )
    except Refused as refused:
        return page(request, case_id, refused=refused)
    messages.success(request, _("已上传在校就读证明。"))
    return HttpResponseRedirect(reverse("admission-dispute", args=[case_id]) + "#answer")


@door("problems.state", methods=("POST",))
def state(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """Keep whether the child attends the own school."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return page(request, case_id, forms_sent={"answer_form": form}, status=UNPROCESSABLE)
    given = form.cleaned_data

    def act() -> str:
        case = actions.state(
            case_id,
            attends=given["attends"] == "yes",
            since=given["since"],
            statement=given["statement"],
            by=request.actor,
            today=timezone.localdate(),
        )
        closed = case.state == CaseState.CLOSED
        messages.success(
            request, _("各校说明一致，已办结。") if closed else _("已提交说明，等待其他学校或核查单位。")
        )
        return reverse("admission-dispute", args=[case_id])

    try:
        return done_once(request, act)
    except Refused as refused:
        return page(request, case_id, forms_sent={"answer_form": form}, refused=refused)


@door("problems.decide", methods=("POST",))
def decide(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """Decide which school the child attends."""
    found = dispute_or_404(request, case_id)
    form = DecisionForm(request.POST, found=found)
    if not form.is_valid():
        return page(request, case_id, forms_sent={"decision_form": form}, status=UNPROCESSABLE)
    given = form.cleaned_data

    def act() -> str:
        actions.decide(
            case_id,
            school=int(given["school"]),
            reason=given["reason"],
            version=given["version"],
            by=request.actor,
            today=timezone.localdate(),
        )
        messages.success(request, _("已作出结论，各相关学校会看到。"))
        return reverse("admission-dispute", args=[case_id])

    try:
        return done_once(request, act)
    except Refused as refused:
        return page(request, case_id, forms_sent={"decision_form": form}, refused=refused)


@door("problems.undo", methods=("POST",))
def undo(request: ActingRequest, case_id: UUID) -> HttpResponse:
    """Take the decision of the desk below back."""
    form = UndoForm(request.POST)
    if not form.is_valid():
        return page(request, case_id, forms_sent={"undo_form": form}, status=UNPROCESSABLE)

    def act() -> str:
        undoing.undo(case_id, **form.cleaned_data, by=request.actor, today=timezone.localdate())
        messages.success(request, _("已撤销结论，重复招生回到原核查单位重新办理。"))
        return reverse("admission-dispute", args=[case_id])

    try:
        return done_once(request, act)
    except Refused as refused:
        return page(request, case_id, forms_sent={"undo_form": form}, refused=refused)
