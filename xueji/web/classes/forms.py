"""What is asked when pupils change class, and when it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.students.queries import ClassCount


class Ticked(forms.Field):
    """The boxes before the rows of a list: ids of pupils."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[UUID]:
        """Return the ids, each once. Raises ValidationError where nobody is ticked."""
        try:
            ids = [UUID(text) for text in dict.fromkeys(value or ())]
        except ValueError:
            ids = []
        if not ids:
            raise forms.ValidationError(_("请先在名单中勾选学生。"))
        return ids


class SplitForm(forms.Form):
    """Into which class the ticked pupils go: an open one of the grade, by its number, or a new one with a name."""

    NEW = "new"

    selected = Ticked()
    target = forms.ChoiceField(
        label=gettext_lazy("把勾选的学生调入"),
        error_messages={"required": gettext_lazy("请选择要调入的班级。"), "invalid_choice": gettext_lazy("请选择要调入的班级。")},
    )  # fmt: skip
    name = forms.CharField(label=gettext_lazy("新班名称"), max_length=40, required=False)
    number = forms.RegexField(r"^[0-9A-Za-z]{1,16}\Z", required=False)
    closes = forms.BooleanField(label=gettext_lazy("调完后关闭本班"), required=False)
    note = forms.CharField(
        label=gettext_lazy("补充说明"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, classes: Sequence[ClassCount]) -> None:
        super().__init__(data, initial={"name": _("%(number)s班") % {"number": len(classes) + 2}})
        self.fields["target"].choices = [  # type: ignore[attr-defined]
            *(
                (one.number, _("%(class)s（%(count)s 人）") % {"class": one.name, "count": one.pupils})
                for one in classes
            ),
            (self.NEW, _("新开一个班")),
        ]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        if found.get("target") == self.NEW and not found.get("name"):
            self.add_error("name", _("请填写新班的名称，例如“4班”。"))
        return found


class DecisionForm(forms.Form):
    """Why it is refused or undone; an approval needs no words."""

    reason = forms.CharField(
        label=gettext_lazy("理由"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
