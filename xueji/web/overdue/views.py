"""逾期情况: the table of offices, and from each number the list it counts."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.rules import places
from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor
from xueji.organisations.queries import name_at, way_to
from xueji.status.queries import overdue as queries
from xueji.status.queries.overdue import OfficeTally, Overdue, Tally, TurnAtDesk
from xueji.status.rules.business import REQUESTS, Named
from xueji.status.rules.kinds import BY_CODE, KINDS
from xueji.status.rules.routes import PARTY_NAMES
from xueji.web.doors import ActingRequest, door
from xueji.web.pages import Column, Row, Table, part, render
from xueji.web.rosters.words import key_text, place_key
from xueji.web.schools.views import number_key
from xueji.web.status_words import address_of, due_mark, title_of
from xueji.web.templatetags.xueji import day, spoken, thousands

STATE_WORDS = {
    "open": gettext_lazy("在办"),
    "due": gettext_lazy("今日到期"),
    "late": gettext_lazy("已逾期"),
    "paused": gettext_lazy("等待补正"),
}


class KindFilter(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("业务"), required=False)
    area = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        shown: list[Named] = [*(kind for kind in KINDS if not kind.is_discreet), *REQUESTS.values()]
        kinds = [(kind.code, spoken((kind.zh, kind.en))) for kind in shown]
        self.fields["kind"].choices = [("", _("全部")), *kinds]  # type: ignore[attr-defined]


@door("status.view")
def overdue(request: ActingRequest) -> HttpResponse:
    """The table of the reader's area, or of one below it."""
    by = request.actor
    form = KindFilter(request.GET)
    if not form.is_valid():
        raise Http404
    area = area_or_404(by, request.GET.get("area", ""))
    kind = form.cleaned_data["kind"]
    found = queries.table(by, area=area, today=timezone.localdate(), kind=kind)
    way = [one for one in way_to(area) if one.place in by.scope]
    context = {
        "form": form,
        "area": name_at(area),
        "found": found,
        "total": found.total,
        "offices": offices_table(found, kind),
        "kinds": kinds_table(found),
        "is_filtered": bool(kind),
        "crumbs": [
            (one.name, "" if one.place == area else f"{reverse('overdue')}?area={one.place}") for one in way
        ]
        if len(way) > 1
        else [],
        "late_url": list_address(area, "late", kind, is_alone=False),
        "due_url": list_address(area, "due", kind, is_alone=False),
        "open_url": list_address(area, "open", kind, is_alone=False),
    }
    return render(request, "overdue/table.html", context)


def area_or_404(by: Actor, typed: str) -> int:
    """Return the area an address names, the reader's own for none. Raises Http404 for one that is not theirs."""
    wanted = number_key(typed) if typed else None
    area = None if typed and wanted is None else queries.area_of(by, wanted)
    if area is None:
        raise Http404
    return area


def list_address(place: int, state: str, kind: str, *, is_alone: bool) -> str:
    chosen = {"office": place, "state": state, "kind": kind, "alone": "1" if is_alone else ""}
    return f"{reverse('overdue-list')}?{urlencode({name: one for name, one in chosen.items() if one})}"


COLUMNS = (
    (gettext_lazy("在办"), "number"),
    (gettext_lazy("今日到期"), "number"),
    (gettext_lazy("已逾期"), "number"),
    (gettext_lazy("等待补正"), "number"),
    (gettext_lazy("本学期办结"), "number"),
    (gettext_lazy("其中逾期"), "number"),
    (gettext_lazy("用时中位数"), "number"),
    (gettext_lazy("最长用时"), "number"),
)


def offices_table(found: Overdue, kind: str) -> Table | None:
    rows = tuple(
        Row(
            (one.name or str(one.place), *numbers(one.tally, office=one, kind=kind)),
            url=f"{reverse('overdue')}?{urlencode({'area': one.place, 'kind': kind})}" if one.is_area else "",
        )
        for one in found.offices
    )
    columns = (Column(_("单位")), *(Column(str(label), css) for label, css in COLUMNS))
    return Table(_("各单位办理期限情况，逾期多的在前"), columns, rows) if rows else None


def kinds_table(found: Overdue) -> Table | None:
    rows = tuple(Row((spoken((one.kind.zh, one.kind.en)), *numbers(one.tally))) for one in found.kinds)
    columns = (Column(_("业务")), *(Column(str(label), css) for label, css in COLUMNS))
    return Table(_("按业务分"), columns, rows) if rows else None


def numbers(tally: Tally, *, office: OfficeTally | None = None, kind: str = "") -> tuple[object, ...]:
    """Return the cells of a line; of an office each open number leads to the list it counts."""

    def linked(state: str, number: int) -> object:
        css = "late" if state == "late" and number else ""
        if office is None or not number:
            return (
                format_html('<span class="{}">{}</span>', css, thousands(number))
                if css
                else thousands(number)
            )
        address = list_address(office.place, state, kind, is_alone=not office.is_area)
        return format_html('<a class="{}" href="{}">{}</a>', css or "plain", address, thousands(number))

    return (
        linked("open", tally.open),
        linked("due", tally.due),
        linked("late", tally.late),
        linked("paused", tally.paused),
        thousands(tally.ended),
        thousands(tally.ended_late),
        "–" if tally.median is None else f"{tally.median:g}",
        "–" if tally.longest is None else thousands(tally.longest),
    )


# From a number to its list -------------------------------------------------------------------


@door("status.view")
def listing(request: ActingRequest) -> HttpResponse:
    """The open turns that a number of the table counts, the most urgent first."""
    by, today = request.actor, timezone.localdate()
    place = number_key(request.GET.get("office", "")) if "office" in request.GET else by.place
    state = request.GET.get("state", "open")
    kind = request.GET.get("kind", "")
    if place is None or place not in by.scope or state not in queries.STATES:
        raise Http404
    if kind and kind not in {*BY_CODE, *REQUESTS}:
        raise Http404
    page = queries.turns(
        by,
        place=place,
        state=state,
        today=today,
        alone=request.GET.get("alone") == "1",
        kind=kind,
        after=place_key(request.GET.get("after", "")),
        before=place_key(request.GET.get("before", "")),
    )
    office = name_at(place)
    context = {
        "office": office,
        "state": STATE_WORDS[state],
        "table": turns_table(page.items),
        "before": key_text(page.before),
        "after": key_text(page.after),
        "crumbs": [(_("逾期情况"), table_address(by, place)), (f"{office} {STATE_WORDS[state]}", "")],
    }
    return render(request, "overdue/list.html", context)


def table_address(by: Actor, place: int) -> str:
    """Return the table that a list was reached from: that of the authority at or above the place."""
    above = place if places.serial_of(place) == 0 else place - places.serial_of(place)
    address = reverse("overdue")
    return f"{address}?area={above}" if above in by.scope and by.level is not Level.SCHOOL else address


def turns_table(found: list[TurnAtDesk]) -> Table | None:
    today = timezone.localdate()
    rows = tuple(
        Row(
            (
                title_of(one.kind, one.name),
                f"{spoken(PARTY_NAMES[one.party])} {one.office}",
                day(one.received_on),
                part("state", tone="waiting", word=_("等待补正"))
                if one.is_paused
                else due_mark(one.due_on, today),
            ),
            url=address_of(one.kind, one.case_id),
        )
        for one in found
    )
    columns = (
        Column(_("业务")),
        Column(_("所在环节")),
        Column(_("收到"), "nowrap"),
        Column(_("期限"), "nowrap"),
    )
    return Table(_("在办业务，最急的在前"), columns, rows) if rows else None
