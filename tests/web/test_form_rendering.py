"""Fields look as Django itself would write them."""

from __future__ import annotations

import re

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

from xueji.web.form_rendering import Renderer

PLAIN = [("", "请选择"), ("01", "汉族"), ("02", '"蒙古" <族>')]
GROUPED = [("小学", [("1", "一年级"), ("2", "二年级")]), ("3", "七年级")]


class Sample(forms.Form):
    name = forms.CharField(max_length=20, help_text="姓名")
    phone = forms.CharField(
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}), required=False
    )
    count = forms.IntegerField(min_value=1)
    people = forms.ChoiceField(choices=PLAIN, widget=forms.Select(attrs={"autofocus": True, "hidden": False}))
    grade = forms.ChoiceField(choices=GROUPED)
    at = forms.CharField(widget=forms.HiddenInput)
    note = forms.CharField(widget=forms.Textarea)


DATA = {
    "name": '<b>"甲"&',
    "phone": "",
    "count": "1234",
    "people": "02",
    "grade": "2",
    "at": "330902",
    "note": "x",
}


def markup(text: str) -> str:
    """Return markup without the line breaks that Django puts between elements."""
    return re.sub(r">\s+<", "><", text.strip())


@pytest.mark.parametrize("name", list(Sample.base_fields))
@pytest.mark.parametrize("data", [pytest.param(None, id="empty"), pytest.param(DATA, id="filled")])
def test_a_field_is_written_as_django_writes_it(name: str, data: dict[str, str] | None) -> None:
    ours = Sample(data, renderer=Renderer())[name].as_widget(attrs={"class": "form-control"})
    theirs = Sample(data, renderer=DjangoTemplates())[name].as_widget(attrs={"class": "form-control"})
    assert markup(ours) == markup(theirs)


def test_what_was_typed_cannot_become_markup() -> None:
    assert "&lt;b&gt;&quot;甲&quot;&amp;" in str(Sample(DATA, renderer=Renderer())["name"])
