"""How a view answers: the page, a fragment of it, or a refusal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import RequestFactory, override_settings
from django.utils import translation

from xueji.lib.errors import Refused
from xueji.web.middleware import PageMiddleware
from xueji.web.pages import Column, FragmentMissing, Remedy, Row, Table, part, render

TAKEN = Refused("该学生已有学籍，请发起转学。", "This pupil is enrolled already; start a transfer.")
PAGE = """{% extends "base.html" %}{% load xueji %}
{% block content %}<p>around</p>
{% fragment list %}<section id="list">{{ word }}</section>{% endfragment %}{% endblock %}"""


@pytest.fixture(autouse=True)
def _page(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    engine = {**settings.TEMPLATES[0], "DIRS": [tmp_path]}
    with override_settings(TEMPLATES=[engine]), translation.override("zh-hans"):
        yield


def ask(target: str = "", **headers: str) -> HttpRequest:
    if target:
        headers |= {"HX-Request": "true", "HX-Target": target, "HX-Request-Type": "partial"}
    return RequestFactory().get("/page", headers=headers)


def text(response: HttpResponse) -> str:
    return response.content.decode()


def test_a_browser_gets_the_whole_page() -> None:
    page = text(render(ask(), "page.html", {"word": "43"}))
    assert page.startswith("<!doctype html>")
    assert '<section id="list">43</section>' in page


def test_htmx_gets_the_fragment_it_replaces_and_nothing_around_it() -> None:
    response = render(ask("section#list"), "page.html", {"word": "43"})
    assert text(response) == '<section id="list">43</section>'
    assert "HX-Target" in response["Vary"]


def test_going_back_in_the_history_gets_the_whole_page() -> None:
    request = ask("section#list", **{"HX-History-Restore-Request": "true"})
    assert "around" in text(render(request, "page.html"))


def test_a_page_never_lands_inside_a_part_of_itself() -> None:
    response = render(ask("div#unknown"), "page.html")
    assert response["HX-Retarget"] == "body"


def test_a_fragment_that_does_not_exist_is_a_bug() -> None:
    with pytest.raises(FragmentMissing):
        render(ask(), "page.html", fragment="unknown")


@pytest.mark.parametrize(("language", "sentence"), [("zh-hans", TAKEN.zh), ("en", TAKEN.en)])
def test_a_refusal_stands_above_the_form_in_the_language_of_the_reader(language: str, sentence: str) -> None:
    with translation.override(language):
        response = render(ask(), "page.html", refused=TAKEN, remedy=Remedy("start", "/transfers/new"))
    assert response.status_code == 409
    assert sentence in text(response)
    assert 'href="/transfers/new"' in text(response)


def test_a_swapped_fragment_brings_the_refusal_and_the_messages_along() -> None:
    request = ask("section#list")
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    messages.success(request, "saved")
    page = text(render(request, "page.html", refused=TAKEN))
    assert page.index('<section id="list">') < page.index('id="messages"')
    assert 'hx-swap-oob="true"' in page
    assert TAKEN.zh in page
    assert "saved" in page


def through(view: Callable[[HttpRequest], HttpResponse], request: HttpRequest) -> HttpResponse:
    """Answer as Django does: the middleware sees the view's exception first."""

    def get_response(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except Exception as exception:
            answer = middleware.process_exception(request, exception)
            if answer is None:
                raise
            return answer

    middleware = PageMiddleware(get_response)
    return middleware(request)


def refusing(_request: HttpRequest) -> HttpResponse:
    raise TAKEN


def test_a_refusal_that_no_view_caught_becomes_a_page_and_leaves_nothing_behind() -> None:
    response: Any = through(refusing, ask(Referer="http://testserver/form"))
    assert response.status_code == 409
    assert response.rolls_back
    assert TAKEN.zh in text(response)
    assert 'href="http://testserver/form"' in text(response)


def test_the_way_back_never_leads_to_a_stranger() -> None:
    assert "elsewhere" not in text(through(refusing, ask(Referer="https://elsewhere.example/")))


def test_under_htmx_a_refusal_is_a_message_and_the_form_stays_as_typed() -> None:
    response = through(refusing, ask("section#list"))
    assert response["HX-Reswap"] == "none"
    assert text(response).startswith('<div id="messages"')


def test_a_bug_is_not_mistaken_for_a_refusal() -> None:
    def broken(_request: HttpRequest) -> HttpResponse:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        through(broken, ask())


def test_what_is_not_allowed_is_403() -> None:
    refused = Refused("无权办理。", "Not allowed.", code="not-allowed")
    assert render(ask(), "page.html", refused=refused).status_code == 403


def test_under_htmx_a_redirect_moves_the_whole_page() -> None:
    response = through(lambda _request: HttpResponseRedirect("/sign-in?next=/"), ask("section#list"))
    assert (response.status_code, response["HX-Redirect"]) == (200, "/sign-in?next=/")


def test_pages_allow_no_script_and_no_style_of_their_own() -> None:
    response = through(lambda request: render(request, "page.html"), ask())
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    page = text(response)
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page
    assert page.count("<script ") == page.count("<script src=") > 0


def test_a_table_labels_every_cell_for_the_phone_and_escapes_what_it_shows() -> None:
    columns = (Column("姓名"), Column("状态"), Column("人数", "number"))
    row = Row(("<b>李", part("state", tone="good", word="在读"), 43), url="/students/1", key="7")
    html = str(part("table", table=Table("学生", columns, (row,))))
    assert '<a href="/students/1">&lt;b&gt;李</a>' in html
    assert '<td data-label="人数" class="number">43</td>' in html
    assert '<span class="state good">' in html
    assert 'name="selected" value="7"' in html


def test_a_row_of_the_wrong_length_is_a_bug() -> None:
    with pytest.raises(ValueError, match="zip"):
        _ = Table("学生", (Column("姓名"),), (Row(("李", "二")),)).lines


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_error_pages_need_nothing_and_show_the_way_home(name: str, language: str) -> None:
    from django.template.loader import get_template

    with translation.override(language):
        page = get_template(name).render()
    assert '<a class="btn btn-primary" href="/">' in page
    assert f'lang="{"en" if language == "en" else "zh-Hans"}"' in page
