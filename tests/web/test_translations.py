"""Both languages are complete: Chinese in the source, English in the catalogue."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import ngettext, pgettext

from xueji.config.environment import REPOSITORY
from xueji.config.translations import catalogues, compile_if_stale
from xueji.web import translations
from xueji.web.translations import Message

PAGE = "{% load i18n %}{% translate '名册' %}{% blocktranslate %}{{ done }} 行{% endblocktranslate %}"
ENGLISH = {"名册": "Roster", "%(done)s 行": "%(done)s rows"}


def product(root: Path, page: str, english: dict[str, str]) -> Path:
    """Lay out a product of one page and a catalogue."""
    template = root / "xueji/web/templates/page.html"
    template.parent.mkdir(parents=True)
    template.write_text(page, encoding="utf-8")
    catalogue = translations.updated(root)
    for text, translated in english.items():
        entry = catalogue.get(text)
        if entry is None:
            catalogue.add(text, translated)
        else:
            entry.string = translated
    translations.write(root, catalogue)
    return root


def test_every_text_of_the_screens_has_its_english() -> None:
    assert translations.messages(REPOSITORY)
    assert translations.faults(REPOSITORY) == []


@pytest.mark.parametrize("path", translations.templates(REPOSITORY), ids=lambda path: path.name)
def test_no_template_says_anything_in_chinese_outside_a_translation_tag(path: Path) -> None:
    assert translations.untranslatable(path) == []


def test_the_catalogue_is_as_extraction_writes_it(tmp_path: Path) -> None:
    kept = (REPOSITORY / translations.CATALOGUE).read_text(encoding="utf-8")
    shutil.copytree(REPOSITORY / "locale", tmp_path / "locale")
    translations.write(tmp_path, translations.updated(REPOSITORY))
    assert (tmp_path / translations.CATALOGUE).read_text(encoding="utf-8") == kept


@pytest.mark.parametrize(
    ("english", "reason"),
    [
        pytest.param({"名册": ""}, "has no English translation", id="missing"),
        pytest.param({"名册": "名 roster"}, "has Chinese in its English translation", id="half-translated"),
        pytest.param(
            {"%(done)s 行": "rows"}, "has other placeholders in its English translation", id="lost-number"
        ),
        pytest.param({"旧": "Old"}, "is asked for by no screen any more", id="obsolete"),
    ],
)
def test_a_fault_in_the_catalogue_is_named(tmp_path: Path, english: dict[str, str], reason: str) -> None:
    root = product(tmp_path, PAGE, ENGLISH | english)
    assert [fault.reason for fault in translations.faults(root)] == [reason]


def test_a_complete_catalogue_has_no_fault(tmp_path: Path) -> None:
    assert translations.faults(product(tmp_path, PAGE, ENGLISH)) == []


@pytest.mark.parametrize(
    ("page", "loose"),
    [
        pytest.param("<p>名册</p>", ["<p>名册</p>"], id="plain-text"),
        pytest.param("{% include 'x' with label='名册' %}", ["include 'x' with label='名册'"], id="argument"),
        pytest.param("{{ name|default:'无' }}", ["name|default:'无'"], id="filter"),
        pytest.param(
            "{% include 'x' with label=_('名册') %}{# 注 #}{% translate '名册' %}", [], id="translated"
        ),
        pytest.param("{% blocktranslate %}共 {{ n }} 行{% endblocktranslate %}", [], id="block"),
    ],
)
def test_chinese_that_could_not_be_translated_is_found(tmp_path: Path, page: str, loose: list[str]) -> None:
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    assert translations.untranslatable(path) == loose


def test_texts_of_python_are_found_with_context_and_plural() -> None:
    code = (
        'from x import ngettext\n_("甲")\npgettext_lazy("处", "乙")\nngettext("%(n)s 人", "%(n)s 人们", n)\n'
    )
    assert set(translations.messages_of(code)) == {
        Message("甲"),
        Message("乙", context="处"),
        Message("%(n)s 人", plural="%(n)s 人们"),
    }


def test_a_translation_survives_the_next_extraction(tmp_path: Path) -> None:
    root = product(tmp_path, PAGE, ENGLISH)
    assert {str(entry.id): entry.string for entry in translations.updated(root) if entry.id} == ENGLISH


def test_catalogues_are_compiled_when_they_are_stale_and_only_then(tmp_path: Path) -> None:
    root = product(tmp_path, PAGE, ENGLISH)
    (compiled,) = compile_if_stale(root)
    assert compiled.read_bytes()[:4] == bytes.fromhex("de120495")
    assert compile_if_stale(root) == []
    (po,) = catalogues(root)
    os.utime(po, ns=(later := compiled.stat().st_mtime_ns + 1_000_000, later))
    assert compile_if_stale(root) == [compiled]


def test_screens_speak_the_chosen_language() -> None:
    compile_if_stale(REPOSITORY)
    with translation.override("en"):
        assert pgettext("产品名", "学籍") == "Xueji"
        assert ngettext("还剩 %(days)s 个工作日", "还剩 %(days)s 个工作日", 1) == "%(days)s working day left"
    with translation.override("zh-hans"):
        assert pgettext("产品名", "学籍") == "学籍"
        assert ngettext("还剩 %(days)s 个工作日", "还剩 %(days)s 个工作日", 2) == "还剩 %(days)s 个工作日"
