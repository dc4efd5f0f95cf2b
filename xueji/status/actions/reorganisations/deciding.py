"""The way of a reorganisation from who prepares it to the leader, and the decision."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from xueji.access.scope import Actor, national
from xueji.status.actions.cases import OwnWork
from xueji.status.actions.reorganisations.handing_over import take_effect
from xueji.status.actions.reorganisations.moving import ReorganisationStopped, moving, preview_of, put, stated
from xueji.status.models import Reorganisation
from xueji.status.queries.reorganisations import SETTLES
from xueji.status.rules.graduation import Act, State
from xueji.status.rules.kind import DAYS_TO_UNDO


def propose(request_id: UUID, *, by: Actor, today: date, version: int | None = None) -> Reorganisation:
    """Put a plan before the leader. What is under way at the schools may still be settled until the decision.

    Raises ReorganisationStopped, NotNow, NotYourTurn, NotAllowed.
    """
    with national("status") as using:
        request = moving(request_id, Act.PROPOSE, by=by, version=version, using=using)
        stops = [
            one for one in preview_of(request, today=today, using=using).stops if one.code not in SETTLES
        ]
        if stops:
            raise ReorganisationStopped(stops)
        request.prepared_by, request.prepared_on, request.reason = by.account_id, today, ""
        put(request, State.WITH_LEADER, Act.PROPOSE, by=by, today=today, using=using)
        return request


def withdraw(request_id: UUID, *, by: Actor, today: date, version: int | None = None) -> Reorganisation:
    """Take a request back from the leader; one that is being prepared is given up. Raises NotNow, NotYourTurn, NotAllowed."""
    with national("status") as using:
        request = moving(request_id, Act.WITHDRAW, by=by, version=version, using=using)
        target = State.WITHDRAWN if request.state == State.DRAFT else State.DRAFT
        put(request, target, Act.WITHDRAW, by=by, today=today, using=using)
        return request


def send_back(
    request_id: UUID, *, reason: str, by: Actor, today: date, version: int | None = None
) -> Reorganisation:
    """Return a request to who prepares it. Raises ReasonMissing, NotNow, NotYourTurn, NotAllowed."""
    with national("status") as using:
        request = moving(request_id, Act.RETURN, by=by, version=version, using=using)
        request.reason = stated(reason)
        put(request, State.DRAFT, Act.RETURN, by=by, today=today, using=using, reason=request.reason)
        return request


def approve(request_id: UUID, *, by: Actor, today: date, version: int | None = None) -> Reorganisation:
    """Decide a plan as the authority's leader: all of it happens at once, or nothing.

    Raises OwnWork (who prepared does not decide), ReorganisationStopped, Overtaken where a pupil of the classes
    changed in the same moment, NotNow, NotYourTurn, NotAllowed.
    """
    with national("status") as using:
        request = moving(request_id, Act.APPROVE, by=by, version=version, using=using)
        if by.account_id == request.prepared_by:
            raise OwnWork(
                "准备撤并和作出决定须是两个人，请由另一位同事办理。",
                "Who prepared may not decide; a colleague has to.",
            )
        pupils = take_effect(request, by=by, today=today, using=using)
        request.effect_on, request.undo_until = today, today + timedelta(days=DAYS_TO_UNDO)
        put(
            request,
            State.DONE,
            Act.APPROVE,
            by=by,
            today=today,
            using=using,
            pupils=pupils,
            copies=sum(len(ids) for ids in request.made["copies"].values()),
        )
        return request
