"""Many cases decided in one sitting: each in a transaction of its own, so that a bad one never stops the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

from xueji.access.scope import Actor
from xueji.lib.errors import Refused
from xueji.status.actions import cases
from xueji.status.actions.cases import Acted, Foreseen

# One page of the inbox; more in one request would let the browser wait too long.
MOST_AT_ONCE = 200
T = TypeVar("T")


class TooManyAtOnce(Refused):
    code = "too-many-at-once"


@dataclass(frozen=True)
class OfMany(Generic[T]):
    """What happened to one case of many: what came of it, or why it was refused. Exactly one of the two is there."""

    case_id: UUID
    done: T | None = None
    refused: Refused | None = None


def approve_many(
    case_ids: Sequence[UUID],
    *,
    by: Actor,
    today: date,
    reason: str = "",
    versions: Mapping[UUID, int] | None = None,
) -> tuple[OfMany[Acted], ...]:
    """Approve cases at the desk whose turn it is; return what happened to each, in their order, each once.

    `versions` are those that were looked at. Raises TooManyAtOnce before anything is done.
    """
    seen = versions or {}
    return _each(
        case_ids,
        lambda case: cases.approve(case, by=by, today=today, reason=reason, version=seen.get(case)),
    )


def refuse_many(
    case_ids: Sequence[UUID],
    *,
    reason_code: str,
    reason: str = "",
    by: Actor,
    today: date,
    versions: Mapping[UUID, int] | None = None,
) -> tuple[OfMany[Acted], ...]:
    """Refuse cases for one reason of the closed lists; return what happened to each, in their order, each once."""
    seen = versions or {}
    return _each(
        case_ids,
        lambda case: cases.refuse(
            case, reason_code=reason_code, reason=reason, by=by, today=today, version=seen.get(case)
        ),
    )


def foresee_many(case_ids: Sequence[UUID], *, by: Actor, today: date) -> tuple[OfMany[Foreseen], ...]:
    """Return what would happen if each case were approved now. Writes nothing.

    Each is looked at as things stand, not as the approval of the one before it would leave them.
    """
    return _each(case_ids, lambda case: cases.foresee(case, by=by, today=today))


def _each(case_ids: Iterable[UUID], do: Callable[[UUID], T]) -> tuple[OfMany[T], ...]:
    wanted = tuple(dict.fromkeys(case_ids))
    if len(wanted) > MOST_AT_ONCE:
        raise TooManyAtOnce(
            f"一次最多办理 {MOST_AT_ONCE} 件，请分次办理。",
            f"At most {MOST_AT_ONCE} cases can be decided at once; do it in several goes.",
        )
    return tuple(_one(case_id, do) for case_id in wanted)


def _one(case_id: UUID, do: Callable[[UUID], T]) -> OfMany[T]:
    try:
        return OfMany(case_id, done=do(case_id))
    except Refused as refused:
        return OfMany(case_id, refused=refused)
