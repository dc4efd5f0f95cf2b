"""不在校学生: suspensions that ran out, the ledger of dropouts, the pool of those lost sight of; for the own school or area."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor
from xueji.lib import masks
from xueji.organisations.queries import name_at, way_to
from xueji.status.actions.readings import note_absent
from xueji.status.queries import absences
from xueji.status.queries import absent as queries
from xueji.status.queries.absences import AbsentTally
from xueji.status.queries.absent import Absent, Dropout, Lost, OverdueSuspension
from xueji.status.rules.dropout import REASONS, WHEREABOUTS
from xueji.web.doors import ActingRequest, door
from xueji.web.overdue.views import area_or_404
from xueji.web.pages import Column, Row, Table, part, render
from xueji.web.pupils import words
from xueji.web.rosters.words import key_text, one_of, place_key
from xueji.web.templatetags.xueji import day, thousands

TABS = {
    "suspensions": gettext_lazy("休学期满未复学"),
    "dropouts": gettext_lazy("辍学台账"),
    "pool": gettext_lazy("去向不明"),
}


@door("status.view")
def absent(request: ActingRequest) -> HttpResponse:
    """One of the three lists of an area, and for an authority how many each office has."""
    by, today = request.actor, timezone.localdate()
    tab = one_of(request.GET.get("tab", ""), TABS) or "suspensions"
    area = area_or_404(by, request.GET.get("area", ""))
    after = place_key(request.GET.get("after", ""))
    is_school = by.level is Level.SCHOOL
    if tab == "suspensions":
        overdue = queries.overdue_suspensions(today=today, below=area, after=after)
        table, key = suspensions_table(overdue.items, by, today), overdue.after
        seen = [one.pupil.student_id for one in overdue.items]
    elif tab == "dropouts":
        dropouts = queries.dropouts(below=area, after=after)
        table, key = dropouts_table(dropouts.items, by), dropouts.after
        seen = [one.pupil.student_id for one in dropouts.items]
    else:
        lost = queries.pool(below=area, after=after)
        table, key = pool_table(lost.items, by), lost.after
        seen = [one.pupil.student_id for one in lost.items]
    note_absent(seen, by=by)
    way = [one for one in way_to(area) if one.place in by.scope]
    offices = None if is_school else offices_table(absences.tallies(by, area=area, today=today), tab)
    context: dict[str, Any] = {
        "tabs": [(name, TABS[name], address(area, name), name == tab) for name in TABS],
        "tab": tab,
        "area": name_at(area),
        "table": table,
        "before": "",
        "after": key_text(key),
        "is_first": after is None,
        "is_school": is_school,
        "offices": offices,
        # Of a county these are schools, which lead nowhere: the pupils come first.
        "offices_lead_on": offices is not None and any(row.url for row in offices.rows),
        "may_claim": is_school and by.may("status.file"),
        "report_url": f"{reverse('dropout-report')}?area={area}",
        "crumbs": [
            (_("学籍变动"), reverse("changes")),
            *((one.name, address(one.place, tab)) for one in way[:-1]),
            (_("不在校学生"), ""),
        ],
    }
    return render(request, "absent/list.html", context)


def address(area: int, tab: str) -> str:
    return f"{reverse('absent')}?{urlencode({'tab': tab, 'area': area})}"


def offices_table(found: Sequence[AbsentTally], tab: str) -> Table | None:
    """Return how many each office has; an authority leads to its own page."""
    rows = tuple(
        Row(
            (
                one.name or str(one.place),
                thousands(one.overdue),
                thousands(one.dropouts),
                thousands(one.lost),
            ),
            url=address(one.place, tab) if one.is_area else "",
        )
        for one in found
    )
    columns = (Column(_("单位")), *(Column(str(label), "number") for label in TABS.values()))
    return Table(_("各单位不在校学生数"), columns, rows) if rows else None


def row_of(pupil: Absent, by: Actor, *cells: object) -> Row:
    """Return a row: name, school for an authority, class, then what the list says."""
    is_own = by.place == pupil.place
    return Row(
        (
            pupil.name if is_own else masks.name(pupil.name),
            *([] if by.level is Level.SCHOOL else [pupil.school]),
            words.class_name(pupil.grade, pupil.class_name),
            *cells,
        ),
        url=reverse("student", args=[pupil.student_id]),
    )


def columns_of(by: Actor, *more: Column) -> tuple[Column, ...]:
    school = [] if by.level is Level.SCHOOL else [Column(_("学校"))]
    return (Column(_("姓名")), *school, Column(_("班级")), *more)


def suspensions_table(found: list[OverdueSuspension], by: Actor, today: date) -> Table | None:
    rows = tuple(
        row_of(one.pupil, by, day(one.until), thousands(one.extensions), consequence(one, today))
        for one in found
    )
    columns = columns_of(
        by, Column(_("休学期满"), "nowrap"), Column(_("延期次数"), "number"), Column(_("按本省规定"))
    )
    return Table(_("休学期满未复学的学生，最久的在前"), columns, rows) if rows else None


def consequence(one: OverdueSuspension, today: date) -> Any:
    """Return what the province's rules make of it, in words."""
    if one.from_on is None:
        return _("督促复学或办理延期，学籍保留")
    if one.is_due(today):
        return part("state", tone="late", word=_("已可按退学办理，待学校补正"))
    return _("%(day)s 起按退学办理") % {"day": one.from_on.isoformat()}


def dropouts_table(found: list[Dropout], by: Actor) -> Table | None:
    rows = tuple(
        row_of(
            one.pupil,
            by,
            day(one.pupil.since),
            words.label(REASONS, one.reason),
            words.label(WHEREABOUTS, one.whereabouts),
        )
        for one in found
    )
    columns = columns_of(by, Column(_("辍学日期"), "nowrap"), Column(_("原因")), Column(_("去向")))
    return Table(_("辍学学生，最久的在前"), columns, rows) if rows else None


def pool_table(found: list[Lost], by: Actor) -> Table | None:
    rows = tuple(row_of(one.pupil, by, words.state_mark(one.state), day(one.pupil.since)) for one in found)
    columns = columns_of(by, Column(_("学籍状态")), Column(_("离校日期"), "nowrap"))
    return Table(_("去向不明的学生，最久的在前"), columns, rows) if rows else None
