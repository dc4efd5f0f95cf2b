"""Lists to choose from and text fields, written without a template for every option.

A form with the lists of nations and peoples has three hundred options: a template for
each takes longer than everything else on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.safestring import SafeString

from xueji.web.markup import lines, safe

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
        return SafeString(super().render(template_name, context, request))


def attributes(attrs: Mapping[str, Any]) -> SafeString:
    """Return attributes with a blank before each; those that are False are left out, True ones have no value."""
    return SafeString(
        "".join(
            f" {safe(name)}" + ("" if value is True else f'="{safe(value)}"')
            for name, value in attrs.items()
            if value is not False
        )
    )


def input_(widget: Mapping[str, Any]) -> SafeString:
    """Return a text field."""
    value = widget["value"]
    shown = "" if value is None else f' value="{safe(value)}"'
    return SafeString(
        f'<input type="{widget["type"]}" name="{safe(widget["name"])}"{shown}{attributes(widget["attrs"])}>'
    )


def select(widget: Mapping[str, Any]) -> SafeString:
    """Return a list to choose from, with its groups if it has any."""
    parts = []
    for group, options, _index in widget["optgroups"]:
        listed = lines('<option value="{}"{}>{}</option>\n', cells(options))
        parts.append(f'<optgroup label="{safe(group)}">{listed}</optgroup>' if group else listed)
    name, attrs = safe(widget["name"]), attributes(widget["attrs"])
    return SafeString(f'<select name="{name}"{attrs}>{"".join(parts)}</select>')


def cells(options: Iterable[Mapping[str, Any]]) -> Iterable[tuple[object, ...]]:
    """Yield value, attributes and label of each option."""
    for option in options:
        yield option["value"], attributes(option["attrs"]), option["label"]
