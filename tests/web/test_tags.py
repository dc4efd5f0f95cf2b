"""Tags and filters of the pages."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation

from xueji.config.environment import REPOSITORY
from xueji.config.translations import compile_if_stale
from xueji.lib.codes import Code, CodeList
from xueji.web.pages import part

SEX = CodeList("GB/T 2261.1", "国家标准", (Code("1", "男", "Male"), Code("2", "女", "Female")))


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    compile_if_stale(REPOSITORY)


def show(source: str, language: str = "zh-hans", **context: object) -> str:
    with translation.override(language):
        return Template("{% load xueji %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("source", "value", "shown"),
    [
        ("{{ value|thousands }}", 1234567, "1,234,567"),
        ("{{ value|thousands }}", None, "–"),
        ("{{ value|percent }}", 0.983, "98%"),
        ("{{ value|percent:1 }}", 0.983, "98.3%"),
        ('{{ value|masked:"name" }}', "张小涵", "张*涵"),
        ("{{ value|day }}", date(2026, 9, 1), '<time class="nowrap" datetime="2026-09-01">2026-09-01</time>'),
        ("{{ value|spoken }}", ("待提交", "To be submitted"), "待提交"),
    ],
)
def test_values_are_shown_as_the_pages_write_them(source: str, value: object, shown: str) -> None:
    assert show(source, value=value) == shown


def test_an_instant_is_shown_on_the_day_it_has_here() -> None:
    late_evening = datetime(2026, 8, 31, 17, 30, tzinfo=UTC)
    assert ">2026-09-01<" in show("{{ value|day }}", value=late_evening)
    assert ">2026-09-01 01:30<" in show("{{ value|minute }}", value=late_evening)


@pytest.mark.parametrize(("language", "label"), [("zh-hans", "男"), ("en", "Male")])
def test_a_code_is_shown_as_its_label_with_the_code_on_hover(language: str, label: str) -> None:
    shown = show("{% code_label sex '1' %}", language, sex=SEX)
    assert shown == f'<span title="GB/T 2261.1 1">{label}</span>'


def test_a_code_that_no_list_knows_is_shown_itself() -> None:
    assert show("{% code_label sex code %}", sex=SEX, code="<9>") == "&lt;9&gt;"


@pytest.mark.parametrize(
    ("days", "language", "words"),
    [
        (4, "zh-hans", "还剩 4 个工作日"),
        (0, "zh-hans", "今日到期"),
        (-2, "zh-hans", "逾期 2 个工作日"),
        (1, "en", "1 working day left"),
        (-1, "en", "1 working day late"),
        (-2, "en", "2 working days late"),
    ],
)
def test_what_is_due_is_said_in_working_days(days: int, language: str, words: str) -> None:
    with translation.override(language):
        assert words in part("due", on=date(2026, 9, 1), days_left=days)


def test_an_unknown_icon_is_a_bug_of_the_page() -> None:
    with pytest.raises(TemplateSyntaxError, match="no icon"):
        show("{% icon 'unicorn' %}")


def test_every_form_carries_a_key_of_its_own() -> None:
    assert show("{% idempotency_field %}") != show("{% idempotency_field %}")


def test_an_error_is_linked_to_its_field() -> None:
    class Born(forms.Form):
        born = forms.DateField(label="出生日期", help_text="如 2018-09-01")

    with translation.override("zh-hans"):
        html = str(part("field", field=Born({"born": "x"})["born"]))
    assert 'aria-describedby="id_born_helptext id_born_error"' in html
    assert 'id="id_born_error"' in html
    assert 'id="id_born_helptext"' in html
    assert 'aria-invalid="true"' in html
    assert '<label for="id_born">' in html


def test_a_long_timeline_folds_all_but_its_last_six_entries() -> None:
    entries = [{"what": f"第 {n} 步", "who": "学校", "on": None} for n in range(9)]
    with translation.override("zh-hans"):
        html = str(part("timeline", entries=entries))
    folded, shown = html.split("</details>")
    assert "较早的 3 条" in folded
    assert "第 2 步" in folded
    assert "第 3 步" in shown
