"""辍学月报: dropouts over a month, office by office and by reason, as a page and as a file. Numbers alone."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from xueji.organisations.queries import name_at, way_to
from xueji.status.actions.reports import dropout_report_taken
from xueji.status.queries.absences import DropoutReport, Movement, dropout_report
from xueji.status.rules.dropout import REASONS
from xueji.web.doors import ActingRequest, door
from xueji.web.overdue.views import area_or_404
from xueji.web.pages import Column, Row, Table, render
from xueji.web.pupils import words
from xueji.web.templatetags.xueji import thousands

MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


def asked(request: ActingRequest) -> DropoutReport:
    """Return the report that an address names: this month and the own area where it says nothing. Raises Http404."""
    today = timezone.localdate()
    text = request.GET.get("month", "")
    named = MONTH.fullmatch(text)
    if text and named is None:
        raise Http404
    month = date(int(named[1]), int(named[2]), 1) if named else today
    if month > today:
        raise Http404
    return dropout_report(
        request.actor, area=area_or_404(request.actor, request.GET.get("area", "")), month=month
    )


def numbers(movement: Movement) -> tuple[str, ...]:
    found = (movement.at_start, movement.new, movement.returned, movement.at_end, movement.unknown)
    return tuple(thousands(one) for one in found)


def headers() -> tuple[str, ...]:
    return (_("月初"), _("本月新增"), _("本月返校"), _("月末"), _("其中去向不明"))


@door("status.view")
def report(request: ActingRequest) -> HttpResponse:
    """The report of a month, with the months beside it."""
    found, today = asked(request), timezone.localdate()
    month = f"{found.first:%Y-%m}"
    way = [one for one in way_to(found.area) if one.place in request.actor.scope]
    columns = tuple(Column(label, "number") for label in headers())
    offices = tuple(
        Row(
            (one.name or str(one.place), *numbers(one.movement)),
            url=address(one.place, found.first) if one.is_area else "",
        )
        for one in found.offices
    )
    reasons = tuple(Row((words.label(REASONS, code), *numbers(one))) for code, one in found.reasons)
    context: dict[str, Any] = {
        "month": month,
        "area": name_at(found.area),
        "total": found.total,
        "offices": Table(_("各单位"), (Column(_("单位")), *columns), offices) if offices else None,
        "reasons": Table(_("按原因"), (Column(_("原因")), *columns), reasons) if reasons else None,
        "earlier": address(found.area, before(found.first)),
        "later": address(found.area, found.next) if found.next <= today else "",
        "file": f"{reverse('dropout-report-file')}?area={found.area}&month={month}",
        "crumbs": [
            (_("学籍变动"), reverse("changes")),
            *((one.name, address(one.place, found.first)) for one in way[:-1]),
            (_("不在校学生"), f"{reverse('absent')}?tab=dropouts&area={found.area}"),
            (_("辍学月报"), ""),
        ],
    }
    return render(request, "absent/report.html", context)


def address(area: int, month: date) -> str:
    return f"{reverse('dropout-report')}?area={area}&month={month:%Y-%m}"


def before(first: date) -> date:
    """Return the first day of the month before."""
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)


@door("status.view")
def report_file(request: ActingRequest) -> HttpResponse:
    """The same as a file that spreadsheets open. Who took it is recorded."""
    found = asked(request)
    month = f"{found.first:%Y-%m}"
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow([_("单位"), *headers()])
    for one in found.offices:
        # A name that begins like a formula stays a name.
        name = one.name or str(one.place)
        lines.writerow([f"'{name}" if name[0] in "=+-@" else name, *plain(one.movement)])
    lines.writerow([_("合计"), *plain(found.total)])
    dropout_report_taken(area=found.area, month=found.first, by=request.actor)
    response = HttpResponse(written.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="dropouts-{found.area}-{month}.csv"'
    response["Cache-Control"] = "no-store, private"
    return response


def plain(movement: Movement) -> tuple[int, ...]:
    return (movement.at_start, movement.new, movement.returned, movement.at_end, movement.unknown)
