"""Forms of problem records."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xueji.changes.queries.problems import CODE_LISTS, Record
from xueji.changes.rules.problem_records import (
    BY_HAND,
    CORRECTABLE,
    PAPER_NAMES,
    PROBLEMS,
    Outcome,
)
from xueji.lib import masks
from xueji.students.rules.code_lists import DOCUMENT_TYPES, PUPIL_SEXES, SEXES
from xueji.web.problems.words import field_word, paper_word, problem_word
from xueji.web.templatetags.xueji import spoken

MOST_WORDS = 500


class PaperForm(forms.Form):
    """One paper: what it is, and the file."""

    kind = forms.ChoiceField(label=_("材料种类"))
    file = forms.FileField(
        label=_("选择文件，或拖到这里"),
        help_text=_("JPG、PNG 或 PDF，每个不超过 2 MB。"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,application/pdf"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [(kind, paper_word(kind)) for kind in PAPER_NAMES]  # type: ignore[attr-defined]


class StatementForm(forms.Form):
    """What a school states; with the corrected values where it corrects."""

    statement = forms.CharField(
        label=_("情况说明"),
        help_text=_("核对了什么，结论是什么。核查单位会看到。"),
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, correcting: Record | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.correcting = correcting
        if correcting is None:
            return
        present = correcting.values
        choices = {
            "document_type": [(row.code, spoken((row.zh, row.en))) for row in DOCUMENT_TYPES.rows],
            "sex": [(c, spoken((SEXES.by_code[c].zh, SEXES.by_code[c].en))) for c in PUPIL_SEXES],
            "nationality": [(row.code, spoken((row.zh, row.en))) for row in CODE_LISTS["nationality"].rows],
        }
        for key in CORRECTABLE:
            if key in choices:
                self.fields[key] = forms.ChoiceField(choices=[("", "—"), *choices[key]], required=False)
            else:
                self.fields[key] = forms.CharField(max_length=100, required=False)
            self.fields[key].label = field_word(key)
            self.fields[key].initial = present.get(key, "")
        self.fields["birth_on"].help_text = _("如 2019-09-01")
        if correcting.student_id is not None and present.get("document_number"):
            # A number on record is shown in full only on the pupil's own page, with a reason.
            self.fields["document_number"].initial = ""
            self.fields["document_number"].help_text = _("现登记为 %(number)s；不更改的，留空。") % {
                "number": masks.document(present["document_number"])
            }
        self.order_fields([*CORRECTABLE, "statement"])

    def proposal(self) -> dict[str, str]:
        """Return the corrected values; what was left empty without a word stays as it is."""
        if self.correcting is None:
            return {}
        given = {key: self.cleaned_data.get(key, "") for key in CORRECTABLE}
        has_number = given["document_type"] != "Z"
        if self.correcting.student_id is not None and not given["document_number"] and has_number:
            given.pop("document_number")
        elif not has_number:
            given["document_number"] = ""
        return {key: value for key, value in given.items() if value or key == "document_number"}


class DecisionForm(forms.Form):
    """What a desk decides."""

    outcome = forms.ChoiceField(label=_("结论"), widget=forms.RadioSelect, required=False)
    reason = forms.CharField(
        label=_("理由"),
        help_text=_("各相关学校都会看到：请勿写出另一所学校及其学生。"),
        max_length=MOST_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, *args: Any, outcomes: tuple[Outcome, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = [(o.code, spoken((o.zh, o.en))) for o in outcomes]  # type: ignore[attr-defined]


class OpeningForm(forms.Form):
    """A problem that the population register told."""

    problem = forms.ChoiceField(label=_("问题种类"), widget=forms.RadioSelect)
    statement = forms.CharField(
        label=_("依据"),
        help_text=_("核验日期、来源和反馈内容。学校会看到。"),
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["problem"].choices = [  # type: ignore[attr-defined]
            (problem.kind, problem_word(problem.kind)) for problem in PROBLEMS if problem.kind in BY_HAND
        ]
