"""Tags and filters of our pages: `{% load xueji %}`."""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from django import template
from django.forms import BoundField
from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import Parser, Token
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from xueji.lib import masks
from xueji.lib.codes import CodeList
from xueji.lib.errors import Refused

register = template.Library()

SPRITE = Path(__file__).parents[1] / "static" / "web" / "icons.svg"


class FragmentNode(Node):
    """A named part of a page that htmx can swap alone. In the whole page it is simply there."""

    child_nodelists = ("nodelist",)

    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name = name
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        return self.nodelist.render(context)


@register.tag
def fragment(parser: Parser, token: Token) -> FragmentNode:
    """`{% fragment findings %}<section id="findings">…</section>{% endfragment %}`.

    The name is the id of the element that the fragment consists of.
    """
    words = token.split_contents()
    if len(words) != 2:
        raise TemplateSyntaxError("fragment takes one name: {% fragment findings %}")
    nodelist = parser.parse(("endfragment",))
    parser.delete_first_token()
    return FragmentNode(words[1].strip("\"'"), nodelist)


@cache
def icon_names() -> frozenset[str]:
    """Return the names of the icons in the sprite."""
    symbols = ElementTree.parse(SPRITE).getroot()  # noqa: S314 - our own file
    return frozenset(symbol.attrib["id"] for symbol in symbols)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """`{% icon "search" %}`: a picture beside words. With a label it stands alone and is read out."""
    if name not in icon_names():
        raise TemplateSyntaxError(f"no icon {name} in web/icons.svg (docs/pages.md says how to add one)")
    return picture(f"{sprite()}#{name}", str(label))


@cache
def sprite() -> str:
    """Return the address of all icons; it stays the same as long as the server runs."""
    return static("web/icons.svg")


@lru_cache(maxsize=512)
def picture(address: str, label: str) -> SafeString:
    """Return the markup of an icon; there are few of them, and each is on every page."""
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, address
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', address)


@register.filter
def masked(value: object, kind: str) -> str:
    """`{{ pupil.name|masked:"name" }}`: name, document, student_number, phone or all."""
    return masks.MASKS[kind](str(value or ""))


@register.filter
def day(value: date | datetime | None) -> SafeString:
    """`{{ batch.due_on|day }}`: 2026-09-01, as a <time>."""
    if value is None:
        return SafeString("")
    shown = timezone.localtime(value).date() if isinstance(value, datetime) else value
    return format_html('<time class="nowrap" datetime="{0}">{0}</time>', shown.isoformat())


@register.filter
def minute(value: datetime | None) -> SafeString:
    """`{{ event.at|minute }}`: 2026-09-01 14:03 in local time, as a <time>."""
    if value is None:
        return SafeString("")
    local = timezone.localtime(value)
    return format_html(
        '<time class="nowrap" datetime="{}">{}</time>',
        local.isoformat(timespec="minutes"),
        local.strftime("%Y-%m-%d %H:%M"),
    )


@register.filter
def thousands(value: float | None) -> str:
    """`{{ count|thousands }}`: 1,234,567 in both languages; a dash when there is nothing to count."""
    return "–" if value is None else f"{value:,}"


@register.filter
def percent(value: float | None, places: int = 0) -> str:
    """`{{ share|percent }}`: 0.983 → 98%; `|percent:1` → 98.3%; a dash when there is none."""
    return "–" if value is None else f"{value:.{places}%}"


@register.simple_tag
def share(done: float, total: float) -> float | None:
    """`{% share done total as part %}`: done / total, None of nothing."""
    return done / total if total else None


@register.filter
def magnitude(value: float) -> float:
    """`{{ days_left|magnitude }}`: the number without its sign."""
    return abs(value)


def in_chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


@register.filter
def refused(refusal: Refused) -> str:
    """`{{ refused|refused }}`: the sentence of a Refused in the reader's language."""
    return refusal.zh if in_chinese() else refusal.en


@register.filter
def spoken(pair: tuple[str, str] | Any) -> str:
    """`{{ STATE_NAMES.checked|spoken }}`: of a (Chinese, English) pair the reader's one."""
    return str(pair[0] if in_chinese() else pair[1])


@register.simple_tag
def code_label(codes: CodeList, code: str) -> SafeString:
    """`{% code_label lists.people pupil.people %}`: the label, with list and code on hover.

    A code that the list does not have is shown as it is.
    """
    row = codes.get(code)
    if row is None:
        return format_html("{}", code)
    label = row.zh if in_chinese() else row.en
    return format_html('<span title="{} {}">{}</span>', codes.name, code, label)


@register.filter
def control(field: BoundField) -> SafeString:
    """`{{ field|control }}`: the widget in our look; Django links help and errors to it."""
    widget = field.field.widget
    kind = getattr(widget, "input_type", "")
    if field.use_fieldset and kind in ("checkbox", "radio"):
        css = "choice"
    elif kind in ("checkbox", "radio"):
        css = "form-check-input"
    elif kind == "select":
        css = "form-select"
    else:
        css = "form-control"
    return field.as_widget(attrs={"class": f"{css} {widget.attrs.get('class', '')}".strip()})


@register.filter
def as_json(value: Any) -> str:
    """Return a value as JSON, for a data attribute that a script reads."""
    return json.dumps(value, ensure_ascii=False, default=dict)


@register.simple_tag
def idempotency_field() -> SafeString:
    """`{% idempotency_field %}`: in every form that writes; the second sending changes nothing."""
    return format_html('<input type="hidden" name="idempotency_key" value="{}">', uuid.uuid4())


@register.filter
def before_last(values: list[Any], count: int = 6) -> list[Any]:
    """`{{ entries|before_last:6 }}`: all but the last six, which a long timeline folds away."""
    return values[:-count] if len(values) > count else []


@register.filter
def the_last(values: list[Any], count: int = 6) -> list[Any]:
    """`{{ entries|the_last:6 }}`: the last six."""
    return values[-count:]
