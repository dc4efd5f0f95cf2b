"""Emergency access as the offices see it: the own requests, and those that the own office reviews."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from xueji.access.scope import Actor
from xueji.students.models import EmergencyAccess

MOST_SHOWN: Final = 100


def accesses_of(by: Actor) -> list[EmergencyAccess]:
    """Return the emergency access of the own office, and what it reviews, the newest first, at most MOST_SHOWN."""
    return list(_concerning(by).order_by("-id")[:MOST_SHOWN])


def access_with(access_id: UUID, *, by: Actor) -> EmergencyAccess | None:
    """Return an access that concerns the own office; None for any other."""
    return _concerning(by).filter(pk=access_id).first()


def _concerning(by: Actor) -> QuerySet[EmergencyAccess]:
    own = Q(place=by.place)
    return EmergencyAccess.everywhere.filter(
        own | Q(desk_place=by.place) if by.may("emergency.review") else own
    )


def waiting_for(by: Actor) -> int:
    """Return how many wait for this reader: to be granted, or to be reviewed."""
    if by.may("emergency.grant"):
        return EmergencyAccess.everywhere.filter(place=by.place, is_granted__isnull=True).count()
    if by.may("emergency.review"):
        return EmergencyAccess.everywhere.filter(
            desk_place=by.place, is_granted=True, reviewed_at__isnull=True
        ).count()
    return 0
