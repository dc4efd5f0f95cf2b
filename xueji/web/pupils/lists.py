"""Finding pupils: one box that understands names, pinyin, initials and numbers, and a few filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.actions_misses import TooManyMisses
from xueji.access.queries import level_of, scope_of
from xueji.access.rules.permissions import Level
from xueji.access.scope import Scope
from xueji.lib import masks
from xueji.lib.errors import Refused
from xueji.organisations.queries import name_at
from xueji.students import queries
from xueji.students.actions import LIST_FIELDS, note_listed
from xueji.students.actions_look_ups import find_by_number
from xueji.students.queries import ANY, ENDED, OPEN, Key, Listed, Question, search
from xueji.students.rules import code_lists as lists
from xueji.students.rules.search_terms import SHORTEST_NUMBER, Kind, term_of
from xueji.web import markup
from xueji.web.doors import ActingRequest, door
from xueji.web.pages import fragment_wanted, render
from xueji.web.pupils import words
from xueji.web.templatetags.xueji import thousands


class PupilFilter(forms.Form):
    """What a list of pupils can be narrowed by. `at` is a place below one's own office, chosen by a link."""

    q = forms.CharField(
        label=gettext_lazy("姓名、拼音、首字母或号码"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    grade = forms.TypedChoiceField(label=gettext_lazy("年级"), required=False, coerce=int, empty_value=None)
    class_id = forms.TypedChoiceField(
        label=gettext_lazy("班级"), required=False, coerce=int, empty_value=None
    )
    state = forms.ChoiceField(label=gettext_lazy("学籍状态"), required=False)
    at = forms.CharField(required=False, widget=forms.HiddenInput, max_length=12)

    def __init__(self, data: Any, *, classes: Sequence[queries.ClassCount] | None, has_grades: bool) -> None:
        super().__init__(data)
        all_ = ("", _("全部"))
        if has_grades:
            self.fields["grade"].choices = [all_, *((n, words.grade_name(n)) for n in words.GRADES)]  # type: ignore[attr-defined]
        else:
            del self.fields["grade"]
        if classes is None:
            del self.fields["class_id"]
        else:
            self.fields["class_id"].choices = [  # type: ignore[attr-defined]
                all_,
                *((one.id, words.class_name(one.grade, one.name)) for one in classes),
            ]
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            ("", _("有学籍")),
            *((code, words.state_name(code)) for code in sorted(lists.OPEN_STATES)),
            (ENDED, _("已离校")),
            (ANY, _("全部")),
        ]


@door("students.view")
def students(request: ActingRequest) -> HttpResponse:
    """The pupils of one's area. The count is asked for on its own, so that the list never waits for it."""
    actor = request.actor
    place = place_of(request.GET.get("at", ""), actor.scope, actor.place)
    level = level_of(place)
    is_school = level is Level.SCHOOL
    wants_count = fragment_wanted(request) == "count"
    form = PupilFilter(
        request.GET,
        classes=queries.classes_at(place) if is_school else None,
        # A grade of a whole province would be found by reading through the province.
        has_grades=level is not Level.PROVINCE,
    )
    if not form.is_valid():
        raise Http404
    chosen = form.cleaned_data
    typed = chosen["q"].replace("\0", "")
    term = term_of(typed)
    question = Question(
        scope=scope_of(place),
        term=term,
        state=chosen["state"] or OPEN,
        grade=chosen.get("grade"),
        class_id=chosen.get("class_id"),
        after=key_of(request.GET.get("after", "")),
        before=key_of(request.GET.get("before", "")),
    )
    context: dict[str, Any] = {"form": form, "typed": typed}
    is_number = term is not None and term.kind is Kind.NUMBER
    # A number is one pupil's: counting it apart would be a look-up that costs nothing.
    if not is_number and (wants_count or "count" in request.GET):
        context["counted"] = count_in_words(queries.count(question))
        if wants_count:
            return render(request, "pupils/list.html", context, fragment="count")
    fragmentary = is_number and len(term.text) < SHORTEST_NUMBER  # type: ignore[union-attr]  # there is one
    refused: Refused | None = None
    found = queries.Found((), None, None)
    try:
        if is_number and not fragmentary:
            found = find_by_number(question, by=actor, today=timezone.localdate())
        elif not is_number:
            found = queries.find(question)
    except TooManyMisses as too_many:
        refused = too_many
    note_listed([pupil.id for pupil in found.pupils], by=actor, fields=LIST_FIELDS, duty="students.view")
    if not (question.after or question.before or found.after):
        context["counted"] = count_in_words(len(found.pupils))
    context |= {
        "rows": rows_of(found.pupils, shows_school=not is_school),
        "before": found.before.encoded() if found.before else "",
        "after": found.after.encoded() if found.after else "",
        "shows_school": not is_school,
        "is_school": is_school,
        "place": place,
        # Numbers are kept as hashes and found whole only.
        "fragmentary": fragmentary,
        "is_narrowed": bool(typed or chosen["state"] or chosen.get("grade") or chosen.get("class_id")),
        "at_name": name_at(place) if place != actor.place else "",
    }
    return render(request, "pupils/list.html", context, refused=refused)


def place_of(text: str, scope: Scope, own: int) -> int:
    """Return the place that the address narrows the list to; one's own when it says none. Raises Http404."""
    if not text:
        return own
    if not (text.isascii() and text.isdecimal() and len(text) <= 12) or int(text) not in scope:
        raise Http404
    return int(text)


def key_of(text: str) -> Key | None:
    """Return the key that an address holds; None for none. Raises Http404."""
    if not text:
        return None
    try:
        return Key.decoded(text)
    except ValueError:
        raise Http404 from None


def count_in_words(number: int) -> str:
    """Return 共 38 人, and 共 1,000+ 人 where counting stopped."""
    if number == search.MOST_COUNTED + 1:
        return _("共 %(number)s 人") % {"number": f"{thousands(search.MOST_COUNTED)}+"}
    return _("共 %(number)s 人") % {"number": thousands(number)}


def rows_of(pupils: tuple[Listed, ...], *, shows_school: bool) -> SafeString:
    """Return the rows of the table. As one piece of markup: of a page of fifty this is what is asked for most."""
    base = reverse("students")
    sexes = {code: words.label(lists.SEXES, code) for code in lists.PUPIL_SEXES}
    grades = {number: words.grade_name(number) for number in {p.grade for p in pupils}}
    marks = {
        (state, is_open): words.state_mark(state, is_open=is_open)
        for state, is_open in {(p.state, p.ended_on is None) for p in pupils}
    }
    between = _("、")
    school = format_html('<td data-label="{}">{{}}</td>', _("学校")) if shows_school else "{:.0}"
    row = (
        '<tr data-row><th scope="row"><a href="{}">{}</a></th>'
        + format_html('<td data-label="{}">{{}}</td>', _("性别"))
        + school
        + format_html('<td data-label="{}" class="nowrap">{{}}</td>', _("年级"))
        + format_html('<td data-label="{}">{{}}</td>', _("班级"))
        + format_html('<td data-label="{}">{{}}</td>', _("学籍状态"))
        + format_html('<td data-label="{}" class="nowrap">{{}}</td>', _("学籍号"))
        + format_html('<td data-label="{}">{{}}</td></tr>\n', _("备注"))
    )
    return markup.lines(
        row,
        (
            (
                f"{base}{pupil.id}/",
                pupil.name,
                sexes.get(pupil.sex, pupil.sex),
                pupil.school,
                grades[pupil.grade],
                pupil.class_name,
                marks[pupil.state, pupil.ended_on is None],
                masks.student_number(pupil.number),
                between.join(words.flags(pupil.number, pupil.document_type, pupil.overseas, pupil.details)),
            )
            for pupil in pupils
        ),
    )
