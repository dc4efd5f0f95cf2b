"""One pupil's record, masked by duty, and what is done from it: another class, the formal number, one look in full."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.rules.permissions import Level
from xueji.changes.actions.upgrades import upgrade_number
from xueji.changes.queries.particulars import kindergarten_of
from xueji.changes.rules.roster_columns import FIELDS
from xueji.lib import masks
from xueji.lib.codes import CodeList
from xueji.lib.errors import Refused
from xueji.organisations.rules.divisions import full_name
from xueji.status.queries.cases import open_cases_of
from xueji.status.queries.filing import may_start_any
from xueji.status.rules.kinds import BY_CODE
from xueji.status.rules.reorganisation import REORGANISED
from xueji.status.rules.steps import Act
from xueji.students import queries
from xueji.students.actions import RECORD_FIELDS, ReasonMissing, note_read, unmask
from xueji.students.queries import Happening, Record, Stay
from xueji.students.rules import code_lists as lists
from xueji.students.rules import unmask_reasons
from xueji.students.rules.nationalities import NATIONALITIES
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, render
from xueji.web.pupils import readings, words
from xueji.web.status import words as status_words
from xueji.web.templatetags.xueji import day, spoken

# How a value is masked, by its name in the record. What has no row here shows nothing of itself.
MASKS = {
    "phone": "phone",
    "document_number": "document",
    "auxiliary_number": "document",
    "former_name": "name",
}
PLAIN = frozenset({"postcode", "relation_note", "household_division", "document_type", "ethnicity"})
FIELD_OF = {field.column.key: field for field in FIELDS}
NUMBER_NAMES = {
    "R": gettext_lazy("居民身份证号"),
    "H": gettext_lazy("香港证件号"),
    "M": gettext_lazy("澳门证件号"),
    "T": gettext_lazy("台湾证件号"),
    "F": gettext_lazy("永久居留证号"),
    "P": gettext_lazy("护照号"),
    "O": gettext_lazy("其他证件号"),
    "D": gettext_lazy("有争议的证件号"),
    "S": gettext_lazy("学籍号"),
}
ACTS = {
    "roster.register": gettext_lazy("注册学籍"),
    "class.move": gettext_lazy("调整班级"),
    "number.upgrade": gettext_lazy("学籍号转为正式号"),
    "student.unmask": gettext_lazy("查看完整信息"),
    "problem.correct": gettext_lazy("更正身份信息（问题学籍）"),
    "problem.release": gettext_lazy("撤销误登记的号码（问题学籍）"),
    "problem.cancel": gettext_lazy("取消学籍（问题学籍）"),
    "status.reorganisation.move": gettext_lazy("学校撤并，随班划转"),
    "status.reorganisation.undo": gettext_lazy("学校撤并撤销，回到原校"),
    "status.paper.file": gettext_lazy("收到学籍变动的材料"),
    "status.paper.read": gettext_lazy("打开学籍变动的材料"),
    "status.copy.read": gettext_lazy("查看档案副本"),
}


@dataclass(frozen=True)
class Value:
    """A value under its label. `key` names what is masked, for the eye beside it."""

    label: str
    shown: Any
    key: str = ""
    mask: str = ""


@dataclass(frozen=True)
class Entry:
    """A line of a timeline."""

    what: str
    who: str
    on: Any
    note: str = ""
    state: str = "done"


def record_or_404(student_id: UUID) -> Record:
    found = queries.record_of(student_id)
    if found is None:
        raise Http404
    return found


@door("students.view")
def student(request: ActingRequest, student_id: UUID) -> HttpResponse:
    """The record of one pupil."""
    record = record_or_404(student_id)
    context = page_of(request, record)
    note_read(
        student_id, place=record.student.place, by=request.actor, fields=RECORD_FIELDS, duty="students.view"
    )
    return render(request, "pupils/record.html", context)


def page_of(request: ActingRequest, record: Record) -> dict[str, Any]:
    """Return what the page of a record shows to this reader."""
    actor, pupil, stay = request.actor, record.student, record.stay
    is_own = pupil.place == actor.place
    number = record.number
    is_enrolled = stay is not None and stay.ended_on is None
    return {
        "record": record,
        "pupil": pupil,
        "crumbs": [(_("学生"), reverse("students")), (pupil.name, "")],
        "state": words.state_mark(stay.state if stay else "", is_open=is_enrolled),
        "stay": stay,
        "class_name": words.class_name(stay.grade, stay.class_name) if stay else "",
        "identity": list(identity(record)),
        "schooling": list(schooling(stay)) if stay else [],
        "contact": list(private_values(record.private, "private")),
        "declared": list(declared(record)),
        "family": [
            {
                "relative": relative,
                "relation": words.coded(lists.RELATIONS, relative.relation),
                "values": list(private_values(relative.private, f"member{relative.ordinal}")),
            }
            for relative in record.family
        ],
        "former": list(former(record)),
        "history": list(history(record)),
        "happenings": list(happened(record)),
        "readings": readings.lines(queries.readings_of(pupil.pk, by=actor, limit=5).rows),
        "open_cases": list(under_way(pupil.pk)) if actor.may("status.view") else [],
        "may_change": may_start_any(actor) and (is_own or actor.level is not Level.SCHOOL),
        "may_unmask": is_own and actor.may("students.unmask"),
        "may_move": is_own and is_enrolled and actor.may("status.file"),
        "may_open_problem": is_enrolled and actor.may("problems.open"),
        "may_upgrade": actor.may("numbers.upgrade") and number is not None and number.value[:1] in ("L", "J"),
    }


def mask_of_scheme(scheme: str) -> str:
    return "student_number" if scheme == "S" else "document"


def identity(record: Record) -> Iterator[Value]:
    pupil, number, document = record.student, record.number, record.document
    if number is not None:
        yield Value(_("学籍号"), number.value, "number", "student_number")
    else:
        yield Value(_("学籍号"), _("尚无"))
    yield Value(_("身份证件类型"), words.coded(lists.DOCUMENT_TYPES, pupil.document_type))
    if document is not None:
        label = NUMBER_NAMES["D"] if document.scheme == "D" else _("身份证件号")
        yield Value(str(label), document.value, "document", "document")
    yield Value(_("性别"), words.coded(lists.SEXES, pupil.sex))
    yield Value(_("出生日期"), day(pupil.birth_on))
    yield Value(_("民族"), words.coded(lists.ETHNICITIES, pupil.ethnicity) or "–")
    yield Value(_("国籍/地区"), words.coded(NATIONALITIES, pupil.nationality))
    yield Value(_("港澳台侨外"), words.coded(lists.OVERSEAS, pupil.overseas))


def former(record: Record) -> Iterator[tuple[Value, date]]:
    """Return numbers that are no longer in force, each with the day it ended."""
    for at, one in enumerate(record.numbers):
        if one.until is not None:
            yield (
                Value(str(NUMBER_NAMES[one.scheme]), one.value, f"former-{at}", mask_of_scheme(one.scheme)),
                one.until,
            )


def schooling(stay: Stay) -> Iterator[Value]:
    yield Value(_("学校"), stay.school)
    yield Value(_("班级"), words.class_name(stay.grade, stay.class_name))
    yield Value(_("班号"), stay.class_number)
    if stay.seat_number:
        yield Value(_("班内学号"), stay.seat_number)
    yield Value(_("入学年月"), f"{stay.entered_on:%Y-%m}")
    yield Value(_("入学方式"), words.coded(lists.ENTRY_MODES, stay.entry_mode))
    yield Value(_("就读方式"), words.coded(lists.STUDY_MODES, stay.study_mode))
    if stay.source:
        yield Value(_("学生来源"), words.coded(lists.SOURCES, stay.source))


def private_values(private: dict[str, Any], where: str) -> Iterator[Value]:
    """Return encrypted values under the labels of their columns, in the order of the national set."""
    for field in FIELDS:
        key = field.column.key.removeprefix(f"{where}_")
        if field.where != where or private.get(key) in (None, ""):
            continue
        name = label_of(field.column.key, where)
        if key in PLAIN:
            yield Value(name, value_in_words(private[key], field.code_list, field.kind))
        else:
            yield Value(name, str(private[key]), f"{where}-{key}", MASKS.get(key, "all"))


def label_of(key: str, where: str) -> str:
    column = FIELD_OF[key].column
    zh, en = column.header_zh, column.header_en
    if where.startswith("member"):
        # The headers of the roster say whose: on the page the row does.
        zh, en = zh.removeprefix(f"成员{where[-1]}"), en.rpartition(": ")[2].capitalize()
    return spoken((zh, en))


def declared(record: Record) -> Iterator[Value]:
    linked = record.student.preschool_record
    if linked is not None and (kindergarten := kindergarten_of(linked)):
        yield Value(_("学前教育记录"), kindergarten)
    for field in FIELDS:
        value = record.student.details.get(field.column.key)
        if field.where == "details" and value not in (None, ""):
            yield Value(
                label_of(field.column.key, "details"), value_in_words(value, field.code_list, field.kind)
            )


def value_in_words(value: Any, codes: CodeList | None, kind: str) -> SafeString | str:
    text = str(value)
    if codes is not None:
        return words.coded(codes, text)
    if kind == "division" and text[:6].isdecimal():
        return full_name(text[:6]) or text
    return text


def history(record: Record) -> Iterator[Entry]:
    """Return the enrolments as a timeline: coming in, and going out where it ended."""
    for stay in record.stays:
        is_open = stay.ended_on is None
        yield Entry(
            what=_("入学") if is_open else _("就读"),
            who=stay.school,
            on=stay.started_on,
            note=_("%(entered)s 入学 · %(class)s")
            % {
                "entered": f"{stay.entered_on:%Y-%m}",
                "class": words.class_name(stay.grade, stay.class_name) or stay.class_number,
            },
            state="now" if is_open else "done",
        )
        if not is_open:
            what = _("学校撤并，随班划转") if stay.end_reason == REORGANISED else words.state_name(stay.state)
            yield Entry(what=what, who=stay.school, on=stay.ended_on)


def happened(record: Record) -> Iterator[Entry]:
    """Return the events as a timeline: what, by which office, on which day; never by whom."""
    for one in record.happenings:
        yield Entry(
            what=act_name(one.act),
            who=one.office,
            on=one.at,
            note=note_of(one, record.class_names),
        )


def act_name(act: str) -> str:
    """Return what an event is called; of a change the kind and the step."""
    room, _dot, rest = act.partition(".")
    kind, _dot, step = rest.partition(".")
    if room == "status" and kind in BY_CODE and step in set(Act):
        return f"{status_words.kind_word(BY_CODE[kind])} · {status_words.act_word(step)}"
    return str(ACTS.get(act, act))


def under_way(student_id: UUID) -> Iterator[dict[str, Any]]:
    """Return the open changes of a pupil, each with its desk and until when that has it."""
    today = timezone.localdate()
    for one in open_cases_of(student_id):
        yield {
            "url": reverse("change", args=[one.id]),
            "what": status_words.kind_word(one.kind),
            "state": status_words.state_mark(one.state),
            "desk": status_words.party_word(one.party),
            "due": status_words.due_mark(one.due_on, today),
        }


def note_of(one: Happening, class_names: dict[int, str]) -> str:
    """Return what changed in an event, in a sentence; empty where the act says all."""
    if one.act == "class.move":
        return _("由 %(from)s 调入 %(to)s") % {
            "from": class_names.get(one.before.get("class", 0), "–"),
            "to": class_names.get(one.after.get("class", 0), "–"),
        }
    if one.act == "student.unmask":
        return _("%(field)s；理由：%(reason)s") % {
            "field": field_name(str(one.after.get("field", ""))),
            "reason": spoken(unmask_reasons.in_both(str(one.after.get("reason", "")))),
        }
    if one.act == "roster.register":
        return class_names.get(one.after.get("class", 0), "")
    if one.act.startswith("status.") and one.after.get("effect"):
        return _("已生效")
    if one.act.startswith("status.paper") and one.after.get("kind"):
        return status_words.paper_word(str(one.after["kind"]))
    if one.act == "status.copy.read":
        return _("理由：%(reason)s") % {"reason": one.after.get("reason", "")}
    if one.act == "number.upgrade":
        return f"{one.before.get('number') or '–'} → {one.after.get('number') or '–'}"
    return ""


# One look in full ---------------------------------------------------------------------------------


def hidden_value(record: Record, field: str) -> Value:
    """Return the value that a key of the page names. Raises Http404 when the record has no such value."""
    values = [
        *identity(record),
        *private_values(record.private, "private"),
        *(v for r in record.family for v in private_values(r.private, f"member{r.ordinal}")),
        *(value for value, _until in former(record)),
    ]
    found = next((value for value in values if value.key and value.key == field), None)
    if found is None:
        raise Http404
    return found


def field_name(field: str) -> str:
    """Return the label of what was looked at, for the timeline."""
    if field == "number" or field.startswith("former"):
        return _("学籍号") if field == "number" else _("原号码")
    if field == "document":
        return _("身份证件号")
    where, _dash, key = field.partition("-")
    full = key if where == "private" else f"{where}_{key}"
    return label_of(full, "private") if full in FIELD_OF else field


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("查看理由"), help_text=gettext_lazy("理由会记入该学生的记录。")
    )
    words = forms.CharField(label=gettext_lazy("补充说明"), required=False, max_length=150)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            ("", _("请选择")),
            *((one.code, spoken((one.zh, one.en))) for one in unmask_reasons.REASONS),
        ]


@door("students.view", methods=("GET", "HEAD", "POST"))
def show(request: ActingRequest, student_id: UUID, field: str) -> HttpResponse:
    """Ask for the reason; then show one value in full, once, to the registrar of the pupil's own school."""
    record = record_or_404(student_id)
    request.actor.require("students.unmask", record.student.place)
    value = hidden_value(record, field)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    context = {
        "pupil": record.student,
        "value": value,
        "form": form,
        "crumbs": crumbs_to(record, value.label),
    }
    if request.method == "POST" and form.is_valid():
        try:
            unmask(
                record.student,
                field=field,
                code=form.cleaned_data["reason"],
                words=form.cleaned_data["words"],
                by=request.actor,
                today=timezone.localdate(),
            )
        except Refused as refused:
            status = UNPROCESSABLE if isinstance(refused, ReasonMissing) else None
            return render(request, "pupils/show.html", context, refused=refused, status=status)
        return render(request, "pupils/show.html", context | {"shown": value.shown})
    return render(request, "pupils/show.html", context, status=UNPROCESSABLE if form.errors else None)


def crumbs_to(record: Record, last: str) -> list[tuple[str, str]]:
    return [
        (_("学生"), reverse("students")),
        (record.student.name, reverse("student", args=[record.student.pk])),
        (last, ""),
    ]


# The formal number --------------------------------------------------------------------------------


class UpgradeForm(forms.Form):
    document_number = forms.CharField(
        label=gettext_lazy("居民身份证号"),
        help_text=gettext_lazy("18 位，与户口簿或身份证一致；出生日期和性别须与该学生的记录相同。"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    evidence = forms.CharField(
        label=gettext_lazy("核对的证件"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("例如：户口簿。"),
    )


@door("numbers.upgrade", methods=("GET", "HEAD", "POST"))
def upgrade(request: ActingRequest, student_id: UUID) -> HttpResponse:
    """Make the provisional number the formal one; the old one stays as a former number."""
    record = record_or_404(student_id)
    request.actor.require("numbers.upgrade", record.student.place)
    known = record.current("R")
    form = UpgradeForm(request.POST if request.method == "POST" else None)
    if known is not None:
        form.fields["document_number"].required = False
        form.fields["document_number"].help_text = _("已登记 %(number)s；与证件一致的可以不填。") % {
            "number": masks.document(known.value)
        }
    context = {"record": record, "form": form, "crumbs": crumbs_to(record, _("学籍号转为正式号"))}
    if request.method == "POST" and form.is_valid():

        def act() -> str:
            number = upgrade_number(
                student_id,
                document_number=form.cleaned_data["document_number"],
                evidence=form.cleaned_data["evidence"],
                by=request.actor,
                today=timezone.localdate(),
            )
            messages.success(
                request, _("学籍号已转为 %(number)s。") % {"number": masks.student_number(number)}
            )
            return reverse("student", args=[student_id])

        try:
            return done_once(request, act)
        except Refused as refused:
            return render(request, "pupils/upgrade.html", context, refused=refused)
    return render(request, "pupils/upgrade.html", context, status=UNPROCESSABLE if form.errors else None)
