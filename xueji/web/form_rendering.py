"""Lists to choose from and text fields, written without a template for every option.

A form with the lists of nations and peoples has three hundred options: a template for
each takes longer than everything else on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

PREFIX = "django/forms/widgets/"
INPUTS = frozenset(
    PREFIX + name for name in ("text.html", "hidden.html", "number.html", "search.html", "tel.html")
)


class Renderer(DjangoTemplates):
    """Django's own, except for the widgets of which pages hold many: their markup is the same."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> SafeString:
        if template_name == PREFIX + "select.html":
            return select(context["widget"])
        if template_name in INPUTS:
            return input_(context["widget"])
        return super().render(template_name, context, request)


def attributes(attrs: Mapping[str, Any]) -> str:
    """Return attributes with a blank before each; those that are False are left out, True ones have no value."""
    return "".join(
        f" {conditional_escape(name)}" + ("" if value is True else f'="{conditional_escape(value)}"')
        for name, value in attrs.items()
        if value is not False
    )


def input_(widget: Mapping[str, Any]) -> SafeString:
    """Return a text field."""
    value = widget["value"]
    shown = "" if value is None else f' value="{conditional_escape(value)}"'
    return SafeString(
        f'<input type="{widget["type"]}" name="{conditional_escape(widget["name"])}"{shown}'
        f"{attributes(widget['attrs'])}>"
    )


def select(widget: Mapping[str, Any]) -> SafeString:
    """Return a list to choose from, with its groups if it has any."""
    parts = []
    for group, options, _index in widget["optgroups"]:
        listed = "".join(written(options))
        parts.append(
            f'<optgroup label="{conditional_escape(group)}">{listed}</optgroup>' if group else listed
        )
    name, attrs = conditional_escape(widget["name"]), attributes(widget["attrs"])
    return SafeString(f'<select name="{name}"{attrs}>{"".join(parts)}</select>')


def written(options: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Yield options in the order they stand in."""
    for option in options:
        value, label = conditional_escape(str(option["value"])), conditional_escape(option["label"])
        yield f'<option value="{value}"{attributes(option["attrs"])}>{label}</option>\n'
