"""Forms of status business, made from the fields of a kind. No kind has a form of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xueji.lib import masks
from xueji.status.queries.cases import SchoolClass
from xueji.status.rules.kind import Field, Input, Kind
from xueji.status.rules.kinds import KINDS
from xueji.status.rules.papers import PAPERS
from xueji.status.rules.steps import STATE_NAMES, State
from xueji.web.pupils.words import class_name
from xueji.web.status.words import kind_word, paper_word
from xueji.web.templatetags.xueji import spoken

MOST_WORDS = 500
ACCEPT = "image/jpeg,image/png,application/pdf"


def field_of(field: Field, classes: Sequence[SchoolClass], grade: int | None) -> forms.Field:
    """Return the form field for a field of a kind. Nothing is required here: the rules say what is missing."""
    shown: dict[str, Any] = {
        "label": spoken((field.zh, field.en)),
        "help_text": spoken((field.help_zh, field.help_en)) if field.help_zh else "",
        "required": False,
    }
    match field.input:
        case Input.DAY:
            # Text, as everywhere: a browser's own picker shows days in the order of another country.
            return forms.CharField(
                **shown, max_length=40, widget=forms.TextInput(attrs={"type": "date", "autocomplete": "off"})
            )
        case Input.CODE:
            codes = field.codes.rows if field.codes else ()
            return forms.ChoiceField(
                **shown, choices=[("", "—"), *((row.code, spoken((row.zh, row.en))) for row in codes)]
            )
        case Input.CLASS:
            return forms.ChoiceField(**shown, choices=[("", "—"), *class_choices(classes, grade)])
        case Input.YES:
            return forms.BooleanField(**shown)
        case Input.SCHOOL:
            shown["help_text"] = shown["help_text"] or _("学校标识码，十位数字。")
            return forms.CharField(**shown, max_length=20)
        case _:
            attrs = {"autocomplete": "off"}
            if field.key == "note":
                return forms.CharField(
                    **shown, max_length=MOST_WORDS, widget=forms.Textarea(attrs={"rows": 2})
                )
            return forms.CharField(**shown, max_length=MOST_WORDS, widget=forms.TextInput(attrs=attrs))


def class_choices(classes: Sequence[SchoolClass], grade: int | None) -> list[tuple[str, str]]:
    """Return the classes to choose from with how many pupils each has; those of the pupil's grade first."""
    ordered = sorted(classes, key=lambda one: one.grade != grade)
    return [
        (
            str(one.id),
            _("%(class)s（%(count)s 人）") % {"class": class_name(one.grade, one.name), "count": one.count},
        )
        for one in ordered
    ]


class ChangeForm(forms.Form):
    """What a kind asks for. A private value that is kept already is shown masked and stays when left empty."""

    def __init__(
        self,
        data: Any,
        *,
        kind: Kind,
        typed: Mapping[str, Any],
        classes: Sequence[SchoolClass] = (),
        grade: int | None = None,
    ) -> None:
        initial = {field.key: typed.get(field.key, "") for field in kind.fields if not field.is_private}
        super().__init__(data, initial=initial)
        self.kind = kind
        self.typed = typed
        for field in kind.fields:
            made = field_of(field, classes, grade)
            if field.is_private and typed.get(field.key):
                made.help_text = _("已填写 %(value)s；不更改的，留空。") % {
                    "value": masks.document(str(typed[field.key]))
                }
            made.widget.attrs["data-required"] = field.is_required
            self.fields[field.key] = made
            if not field.is_required:
                made.label = _("%(label)s（选填）") % {"label": made.label}

    def values(self) -> dict[str, Any]:
        """Return what is typed now, kept private values included, as a draft keeps it."""
        found = {}
        for field in self.kind.fields:
            value = self.cleaned_data.get(field.key, "")
            if field.input is Input.YES:
                value = "1" if value else ""
            elif field.is_private and not value:
                value = self.typed.get(field.key, "")
            found[field.key] = value
        return {key: value for key, value in found.items() if value not in (None, "")}


class FindForm(forms.Form):
    """Whom a family names: the number and the name have to match."""

    number = forms.CharField(
        label=_("学籍号或身份证件号"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=_("姓名"),
        max_length=100,
        help_text=_("与户口簿一致；号码和姓名都对上才能办理。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class PaperForm(forms.Form):
    """One paper: what it is, and the file."""

    paper_kind = forms.ChoiceField(label=_("材料种类"), required=False)
    file = forms.FileField(
        label=_("选择文件，或拖到这里"),
        help_text=_("JPG、PNG 或 PDF，每个不超过 2 MB。"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )

    def __init__(self, *args: Any, first: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = [paper.kind for paper in PAPERS if paper.kind not in first]
        self.fields["paper_kind"].choices = [(kind, paper_word(kind)) for kind in (*first, *others)]  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Words that explain an act."""

    reason = forms.CharField(
        label=_("说明"),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class RefusalForm(forms.Form):
    """A reason of the kind's closed list; words only explain it."""

    reason_code = forms.ChoiceField(label=_("理由"), widget=forms.RadioSelect, required=False)
    reason = forms.CharField(
        label=_("补充说明"),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ListFilter(forms.Form):
    """What a list of changes is narrowed by."""

    kind = forms.ChoiceField(label=_("类型"), required=False)
    state = forms.ChoiceField(label=_("状态"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            ("", _("全部")),
            *((kind.code, kind_word(kind)) for kind in KINDS if not kind.is_discreet),
        ]
        self.fields["state"].choices = [  # type: ignore[attr-defined]
            ("", _("全部")),
            *((state.value, spoken(STATE_NAMES[state])) for state in State),
        ]


class CopyFilter(forms.Form):
    name = forms.CharField(label=_("姓名"), required=False, max_length=100)


class WhyForm(forms.Form):
    reason = forms.CharField(
        label=_("查看理由"), max_length=200, help_text=_("例如：家长来校补开证明。查看会留下记录。")
    )
