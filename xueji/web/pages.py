"""How a view answers: a whole page, one fragment of it for htmx, or a refusal in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template, loader
from django.template.context import make_context
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

from xueji.lib.errors import Refused
from xueji.web.templatetags.xueji import FragmentNode

# A refusal is a conflict with what is there, unless its code says something else.
STATUS_OF_REFUSAL = {"not-allowed": 403, "not-found": 404}
CONFLICT, UNPROCESSABLE = 409, 422


@dataclass(frozen=True)
class Remedy:
    """The button under a refusal: what to press, and where it leads."""

    label: str
    url: str


@dataclass(frozen=True)
class Column:
    """A column of a Table. `kind` is a CSS class: "number" aligns right, "nowrap" keeps one line."""

    label: str
    kind: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a Table: one cell per column, as text or as markup made by `part`.

    The first cell becomes the link to `url`, when there is one. `key` is what the box
    in front of the row sends as `name=selected`; without it the row has no box.
    """

    cells: tuple[object, ...]
    url: str = ""
    key: str = ""


@dataclass(frozen=True)
class Table:
    """What parts/table.html shows. `caption` says in words what the list holds.

    A compact one shows a row on phones as one paragraph, without the labels of its facts.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    is_compact: bool = False

    @property
    def lines(self) -> list[tuple[Row, list[tuple[Column, object]]]]:
        return [(row, list(zip(self.columns, row.cells, strict=True))) for row in self.rows]

    @property
    def can_be_picked(self) -> bool:
        return any(row.key for row in self.rows)


class FragmentMissing(LookupError):
    """A view asked for a fragment that its template does not have: a bug."""


def is_htmx(request: HttpRequest) -> bool:
    """Return whether htmx asks and will swap what it gets; a history restore wants a whole page."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in headers


def fragment_wanted(request: HttpRequest) -> str | None:
    """Return the id of the element that htmx is going to replace, or None.

    htmx writes the target as `section#findings`.
    """
    if not is_htmx(request) or request.headers.get("HX-Request-Type") == "full":
        return None
    return request.headers.get("HX-Target", "").rpartition("#")[2] or None


def fragment_of(template: Template, name: str) -> FragmentNode | None:
    """Return the `{% fragment name %}` of a template, wherever in its blocks it stands."""
    found = template.nodelist.get_nodes_by_type(FragmentNode)
    return next((node for node in found if isinstance(node, FragmentNode) and node.name == name), None)


def render(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    fragment: str | None = None,
    status: int | None = None,
    refused: Refused | None = None,
    remedy: Remedy | None = None,
) -> HttpResponse:
    """Return the page, or only its fragment when htmx replaces an element of that name.

    With `refused` the refusal stands above the content, with the remedy's button, and the
    status says so (409, or what STATUS_OF_REFUSAL and `status` say). A view shows its form
    again in this way, so that nothing typed is lost. `fragment` forces one fragment.
    Raises FragmentMissing when the forced fragment is not in the template.
    """
    chosen = loader.get_template(template)
    values: dict[str, Any] = {**(context or {}), "refused": refused, "remedy": remedy}
    if status is None:
        status = status_of(refused) if refused else 200
    compiled: Template = chosen.template  # type: ignore[attr-defined]
    name = fragment or fragment_wanted(request)
    node = fragment_of(compiled, name) if name else None
    if fragment and node is None:
        raise FragmentMissing(f"{template} has no fragment {fragment}")
    if node is None:
        response = HttpResponse(chosen.render(values, request), status=status)
        if name:
            # htmx wanted a part that this page does not have: show the page, not a page in a part.
            response["HX-Retarget"], response["HX-Reswap"] = "body", "outerHTML"
    else:
        response = HttpResponse(_render_node(compiled, node, values, request), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def _render_node(
    template: Template, node: FragmentNode, values: dict[str, Any], request: HttpRequest
) -> SafeString:
    context: Context = make_context(values, request)
    with context.render_context.push_state(template), context.bind_template(template):
        html = node.render(context)
        if values["refused"] or messages.get_messages(request):
            context["swapped"] = True
            html += template.engine.get_template("parts/messages.html").render(context)
    return SafeString(html)


def status_of(refused: Refused) -> int:
    """Return the HTTP status that says what kind of refusal this is."""
    return STATUS_OF_REFUSAL.get(refused.code, CONFLICT)


def refusal_page(request: HttpRequest, refused: Refused) -> HttpResponse:
    """Return the answer for a refusal that no view caught: a page of its own, or a message for htmx.

    The transaction of the request is rolled back: a refused act leaves nothing behind.
    """
    back = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    context = {"refused": refused, "back": back, "swapped": is_htmx(request)}
    name = "parts/messages.html" if is_htmx(request) else "web/refused.html"
    response = HttpResponse(loader.get_template(name).render(context, request), status=status_of(refused))
    if is_htmx(request):
        response["HX-Reswap"] = "none"  # the form stays as typed; the message swaps itself in
    response.rolls_back = True  # type: ignore[attr-defined]
    return response


def part(name: str, **context: object) -> SafeString:
    """Return a partial template as markup, for a cell of a Table: `part("state", tone="good", word=…)`."""
    return SafeString(loader.get_template(f"parts/{name}.html").render(context))
