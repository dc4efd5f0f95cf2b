"""Reads of exports: those of one's area, and one with who did what and what was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from xueji.access.scope import Actor
from xueji.changes.queries.pages import Page, page_of
from xueji.disclosures.models import Disclosure, Export
from xueji.disclosures.queries.approvals import names_of
from xueji.disclosures.rules.approvals import ExportState
from xueji.organisations.queries import offices_at

SIZE: Final = 50


@dataclass(frozen=True)
class ExportView:
    """An export with the names of office, range and persons, and the entry of the register once it is made."""

    one: Export
    office: str
    range_name: str
    requester: str
    decider: str
    disclosure: Disclosure | None


def listed(*, before: UUID | None = None, after: UUID | None = None, size: int = SIZE) -> Page[Export, UUID]:
    """Return a page of the exports in the reader's scope with their approvals, the newest first."""
    is_back = before is not None and after is None
    rows = Export.objects.select_related("approval").defer("approval__scan", "approval__certificate")
    if after:
        rows = rows.filter(pk__lt=after)
    elif before:
        rows = rows.filter(pk__gt=before)
    found = list(rows.order_by("id" if is_back else "-id")[: size + 1])
    return page_of(found, size=size, key=lambda one: one.pk, is_after=after is not None, is_before=is_back)


def export_of(export_id: UUID) -> ExportView | None:
    """Return an export in the reader's scope; None where there is none."""
    one = (
        Export.objects.select_related("approval")
        .defer("approval__scan", "approval__certificate")
        .filter(pk=export_id)
        .first()
    )
    if one is None:
        return None
    people = names_of([one.requested_by, one.decided_by])
    offices = {office.place: office.name for office in offices_at({one.place, one.scope_lo})}
    return ExportView(
        one=one,
        office=offices.get(one.place, ""),
        range_name=offices.get(one.scope_lo, ""),
        requester=people.get(one.requested_by, ""),
        decider=people.get(one.decided_by or 0, ""),
        disclosure=Disclosure.objects.defer("seed").filter(export_id=export_id).first(),
    )


def waiting_for_release(by: Actor) -> int:
    """Return how many exports of the reader's office somebody else asked for and nobody released yet."""
    rows = Export.objects.filter(place=by.place, state=ExportState.REQUESTED)
    return rows.exclude(requested_by=by.account_id).count()
