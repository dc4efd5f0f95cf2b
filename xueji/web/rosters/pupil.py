"""One new pupil through a form, checked while it is filled in by the same rules as a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from xueji.changes.actions import preschool, rosters
from xueji.changes.actions.admissions import arrivals
from xueji.changes.queries import findings
from xueji.changes.queries.schools import checked_school
from xueji.changes.rules.roster_columns import BY_KEY, SHORT, Field
from xueji.changes.rules.roster_steps import State
from xueji.lib.errors import Refused
from xueji.organisations.models import School
from xueji.organisations.rules.school_kinds import KINDS, Stage
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, fragment_wanted, render
from xueji.web.rosters.uploads import own_school
from xueji.web.rosters.words import uuid_key
from xueji.web.templatetags.xueji import in_chinese

MEMBER_PARTS = ("name", "relation", "phone", "document_type", "document_number")
GROUPS: tuple[tuple[str, ...], ...] = (
    ("name", "document_type", "document_number", "sex", "birth_on", "ethnicity", "nationality", "overseas"),
    ("class_number", "entered_on", "entry_mode", "study_mode"),
    ("present_address", "household_division", "phone"),
    tuple(f"member1_{part}" for part in MEMBER_PARTS),
    tuple(f"member2_{part}" for part in MEMBER_PARTS),
)
# What most pupils have; shown chosen, and to be looked at like everything else.
USUAL = {"document_type": "1", "nationality": "CHN", "ethnicity": "01", "overseas": "00"}
# Not called optional, though there are children without: the help text says when.
NEARLY_ALWAYS = frozenset({"document_number", "member1_name", "member1_relation"})
LONGEST = 500  # characters that anybody would type into a field
# A field is judged for being empty only when the form is sent.
OF_EMPTINESS = frozenset({"missing", "guardian-missing"})


def headings() -> tuple[str, ...]:
    return _("身份"), _("就读"), _("住址和电话"), _("监护人"), _("第二名家庭成员")


def teaches_primary(school: School) -> bool:
    """Return whether a school has first graders who come from kindergarten."""
    return Stage.PRIMARY in KINDS[school.kind].stages


class PupilForm(forms.Form):
    """The fields of the short layout. What is right is not judged here but by the checks of a roster."""

    use_required_attribute = False

    def __init__(self, data: Any, *, classes: list[str]) -> None:
        super().__init__(data, initial=USUAL, label_suffix="")
        for f in SHORT:
            self.fields[f.column.key] = field_of(f, classes)


def field_of(f: Field, classes: list[str]) -> forms.CharField:
    """Return the form field of a column, with a list to choose from where there is one."""
    column, is_zh = f.column, in_chinese()
    widget: forms.Widget
    if f.kind == "class":
        widget = forms.Select(choices=[("", _("请选择")), *((number, number) for number in classes)])
    elif f.code_list is not None:
        offered = column.choices or f.code_list.labels()
        codes = [
            f.code_list.by_code[code] for label in offered if (code := f.code_list.code_of(label)) is not None
        ]
        widget = forms.Select(
            choices=[("", _("请选择")), *((row.code, row.zh if is_zh else row.en) for row in codes)]
        )
    else:
        kind = "tel" if f.kind == "phone" else "text"
        widget = forms.TextInput(attrs={"type": kind})
    return forms.CharField(
        label=column.header_zh if is_zh else column.header_en,
        help_text=column.note_zh if is_zh else column.note_en,
        required=False,
        strip=False,
        widget=widget,
    )


def typed_in(request: ActingRequest) -> dict[str, str]:
    """Return what was typed, without what was left empty. Raises Http404 for what no browser sends."""
    values = {key: text for f in SHORT if (text := request.POST.get(key := f.column.key, ""))}
    if any("\0" in text or len(text) > LONGEST for text in values.values()):
        raise Http404
    return values


@door("roster.submit", methods=("GET", "HEAD", "POST"))
def one(request: ActingRequest) -> HttpResponse:
    """The form; under htmx its check while it is filled in; sent, the pupil as a roster of one."""
    school = own_school(request)
    if request.method != "POST":
        return form_page(request, school, values=admitted(request) or None)
    values = typed_in(request)
    if request.POST.get("look") == "preschool":
        return picked_up(request, school, values)
    if fragment_wanted(request) != "fields":
        return sent(request, school, values)
    try:
        found = rosters.check_one(values, school=school, by=request.actor, today=timezone.localdate())
    except Refused as refused:
        return form_page(request, school, refused=refused)
    told = [
        one
        for one in findings.of_checked(found.checked)
        if one.code not in OF_EMPTINESS and (one.key in values or one.severity == "warning")
    ]
    return form_page(request, school, told=told)


def admitted(request: ActingRequest) -> dict[str, str]:
    """Return what is known of the admitted pupil that an address names; nothing where it names none.

    Raises Http404 for one who is not awaited at the own school.
    """
    asked = request.GET.get("admission", "")
    if not asked:
        return {}
    request.actor.require("admission.report")
    found = uuid_key(asked)
    values = arrivals.known_of(found, by=request.actor) if found is not None else None
    if values is None:
        raise Http404
    return values


def picked_up(request: ActingRequest, school: School, values: dict[str, str]) -> HttpResponse:
    """Show the form with what the kindergarten knew of the child; what was typed stands."""
    try:
        found, known = preschool.find(
            name=values.get("name", ""),
            document_number=values.get("document_number", ""),
            by=request.actor,
            today=timezone.localdate(),
        )
    except Refused as refused:
        return form_page(request, school, refused=refused)
    messages.success(
        request,
        _("已调取“%(kindergarten)s”的记录，请核对后补齐其余内容。") % {"kindergarten": found.kindergarten},
    )
    return form_page(request, school, values=known | values)


class NotAccepted(Exception):
    """The checks found faults: nothing was kept. A signal within this door."""

    def __init__(self, told: list[findings.Told]) -> None:
        self.told = told


def sent(request: ActingRequest, school: School, values: dict[str, str]) -> HttpResponse:
    """Submit the pupil, once however often the form is sent; or show what has to be put right."""

    def act() -> str:
        batch, found = rosters.enrol_one(
            values, school=school, by=request.actor, today=timezone.localdate(), door="form"
        )
        if batch is None:
            raise NotAccepted(findings.of_checked(found.checked))
        if batch.state == State.WITH_LEADER and batch.accepted:
            messages.success(request, _("已提交，待学校审核。主管部门核准之前可以撤回。"))
        elif batch.state == State.WITH_LEADER:
            messages.warning(request, _("已登记为问题学籍，核查之前不会注册。"))
        return reverse("roster", args=[batch.id])

    try:
        return done_once(request, act)
    except NotAccepted as faults:
        return form_page(request, school, told=faults.told, is_sent=True, status=UNPROCESSABLE)
    except Refused as refused:
        return form_page(request, school, refused=refused)


def as_chosen(values: dict[str, str]) -> dict[str, str]:
    """Return values as the form shows them: the code where there is a list to choose from."""
    shown = dict(USUAL) | values
    for f in SHORT:
        text = shown.get(f.column.key, "")
        if f.code_list is not None and text:
            shown[f.column.key] = f.code_list.code_of(text) or text
    return shown


def form_page(
    request: ActingRequest,
    school: School,
    *,
    told: list[findings.Told] | None = None,
    values: dict[str, str] | None = None,
    is_sent: bool = False,
    refused: Refused | None = None,
    status: int | None = None,
) -> HttpResponse:
    """Return the form with each fault at its field, and with the faults listed on top once it was sent."""
    classes = list(checked_school(school).classes)
    typed = request.POST if request.method == "POST" else None
    form = PupilForm(typed if values is None else as_chosen(values), classes=classes)
    # Now, while no field is called required: an empty one is judged by the checks, not by the form.
    form.is_valid()
    wrong, hints = [], []
    for fault in told or []:
        label = fault.column if in_chinese() else fault.column_en
        sentence = fault.message_zh if in_chinese() else fault.message_en
        if fault.severity == "warning":
            hints.append((label, sentence))
            continue
        if fault.key in form.fields:
            form.add_error(fault.key, sentence)
        if is_sent:
            wrong.append(
                (form[fault.key].id_for_label if fault.key in form.fields else "one", label, sentence)
            )
    for f in SHORT:
        form.fields[f.column.key].required = f.column.required or f.column.key in NEARLY_ALWAYS
    context = {
        "form": form,
        "groups": [
            (heading, [form[key] for key in keys if key in BY_KEY])
            for heading, keys in zip(headings(), GROUPS, strict=True)
        ],
        "wrong": wrong,
        "hints": hints,
        "has_classes": bool(classes),
        "may_pick_up": request.actor.may("preschool.find") and teaches_primary(school),
        "crumbs": [(_("新生名册"), reverse("rosters")), (_("录入一名新生"), "")],
    }
    return render(request, "rosters/one.html", context, refused=refused, status=status)
