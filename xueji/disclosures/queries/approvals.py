"""Reads of approvals: those of one's area, and one with who did what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q, Sum

from xueji.access.models import Account
from xueji.access.scope import Actor
from xueji.changes.queries.pages import Page, page_of
from xueji.disclosures.models import Approval, Disclosure
from xueji.disclosures.rules.approvals import ApprovalState
from xueji.organisations.queries import offices_at

SIZE: Final = 50


@dataclass(frozen=True)
class ApprovalView:
    """An approval with the names of office, range and persons, and how many rows left under it."""

    one: Approval
    office: str
    range_name: str
    recorder: str
    reviewers: tuple[str, ...]
    spent: int

    @property
    def left(self) -> int:
        return max(0, self.one.row_cap - self.spent)


def listed(
    *, before: UUID | None = None, after: UUID | None = None, size: int = SIZE
) -> Page[Approval, UUID]:
    """Return a page of the approvals in the reader's scope, the newest first; standing laws are left out."""
    is_back = before is not None and after is None
    rows = Approval.objects.defer("scan", "certificate").filter(is_standing=False)
    if after:
        rows = rows.filter(pk__lt=after)
    elif before:
        rows = rows.filter(pk__gt=before)
    found = list(rows.order_by("id" if is_back else "-id")[: size + 1])
    return page_of(found, size=size, key=lambda one: one.pk, is_after=after is not None, is_before=is_back)


def usable(by: Actor) -> list[Approval]:
    """Return the approvals of the reader's own office that are in force, the newest first; at most a hundred."""
    rows = Approval.objects.defer("scan", "certificate").filter(
        place=by.place, state="in_force", is_standing=False
    )
    return list(rows.order_by("-id")[:100])


def waiting_for_review(by: Actor) -> int:
    """Return how many approvals of the reader's office wait for a review that the reader may give."""
    rows = Approval.objects.filter(place=by.place, state=ApprovalState.UNDER_REVIEW)
    mine = Q(requested_by=by.account_id) | Q(first_reviewer=by.account_id, first_reviewer__isnull=False)
    return rows.exclude(mine).count()


def approval_of(approval_id: UUID) -> ApprovalView | None:
    """Return an approval in the reader's scope; None where there is none."""
    one = Approval.objects.defer("scan").filter(pk=approval_id, is_standing=False).first()
    if one is None:
        return None
    people = names_of([one.requested_by, one.first_reviewer, one.second_reviewer])
    offices = {office.place: office.name for office in offices_at({one.place, one.scope_lo})}
    spent = Disclosure.objects.filter(approval_id=approval_id).aggregate(rows=Sum("rows"))["rows"]
    return ApprovalView(
        one=one,
        office=offices.get(one.place, ""),
        range_name=offices.get(one.scope_lo, ""),
        recorder=people.get(one.requested_by or 0, ""),
        reviewers=tuple(
            people.get(reviewer, "") for reviewer in (one.first_reviewer, one.second_reviewer) if reviewer
        ),
        spent=spent or 0,
    )


def names_of(accounts: Collection[int | None]) -> dict[int, str]:
    """Return the names of accounts by id."""
    wanted = [one for one in accounts if one is not None]
    return dict(Account.objects.filter(pk__in=wanted).values_list("pk", "name"))
