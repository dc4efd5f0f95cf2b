"""What every verb of a reorganisation does: find the request, lock it, look whether its actor may, put it on, tell."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.lib.errors import Refused
from xueji.status.actions.cases import NotNow, NotYourTurn, ReasonMissing
from xueji.status.actions.effects import Overtaken
from xueji.status.models import Reorganisation
from xueji.status.queries.reorganisations import facts_of, schools_of
from xueji.status.rules import reorganisation as rules
from xueji.status.rules.graduation import Act, Finding, State
from xueji.status.rules.reorganisation import Facts


class NoSuchReorganisation(Refused):
    code = "not-found"


class ReorganisationStopped(Refused):
    """Something stands in the way of a plan; `findings` say what."""

    code = "stopped"

    def __init__(self, findings: Collection[Finding]) -> None:
        super().__init__("".join(one.zh for one in findings), " ".join(one.en for one in findings))
        self.findings = tuple(findings)


@dataclass(frozen=True)
class Preview:
    """What an approval would do now: classes and schools before and after, and what stands in the way. Nothing is written."""

    facts: Facts
    findings: tuple[Finding, ...]

    @property
    def stops(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.is_stop)

    @property
    def pupils(self) -> int:
        return sum(one.pupils for one, _line, _target in self.facts.going)


def look_ahead(request_id: UUID, *, by: Actor, today: date) -> tuple[Reorganisation, Preview]:
    """Return a request and what its approval would do now. Writes nothing. Raises NoSuchReorganisation."""
    with national("status") as using:
        request = request_of(request_id, by=by, using=using)
        return request, preview_of(request, today=today, using=using)


def preview_of(request: Reorganisation, *, today: date, using: str) -> Preview:
    """Return what an approval of a request would do now."""
    facts = facts_of(request, today=today, using=using)
    return Preview(facts, rules.findings(facts))


def request_of(request_id: UUID, *, by: Actor, using: str, is_locked: bool = False) -> Reorganisation:
    """Return a request that the actor's office may see: its own area's, and what was done with the own school."""
    by.require(rules.VIEW)
    rows = Reorganisation.everywhere.using(using)
    request: Reorganisation | None = (
        (rows.select_for_update() if is_locked else rows).filter(pk=request_id).first()
    )
    if request is None or not _may_see(request, by, using):
        raise NoSuchReorganisation(
            "没有这份撤并申请，请从列表重新进入。", "There is no such request; open it from the list again."
        )
    return request


def _may_see(request: Reorganisation, by: Actor, using: str) -> bool:
    if request.place == by.place:
        return True
    if request.state == State.DRAFT:
        return False
    if request.place in by.scope:
        return True
    if request.state not in (State.DONE, State.UNDONE):
        return False
    concerned = schools_of(ids=[*request.sources, *request.targets], using=using).values()
    return any(one.place in by.scope for one in concerned)


def moving(request_id: UUID, act: Act, *, by: Actor, version: int | None, using: str) -> Reorganisation:
    """Return a request, locked, that the actor may move by `act`. Raises NotNow, NotYourTurn, NotAllowed."""
    request = request_of(request_id, by=by, using=using, is_locked=True)
    step = rules.step_of(State(request.state), act)
    if step is None or version not in (None, request.version):
        raise NotNow(
            "这份申请刚刚已有变化，请刷新后再办理。",
            "The request has just changed; reload and look again.",
        )
    by.require(step.permission)
    if act is not Act.UNDO and by.place != request.place:
        raise NotYourTurn("这份申请不在本单位办理。", "It is another office's request.")
    return request


def stated(reason: str) -> str:
    """Return a reason without needless blanks. Raises ReasonMissing."""
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise ReasonMissing("请写明理由。", "Say why.")
    return reason


def put(
    request: Reorganisation, state: State, act: Act, *, by: Actor, today: date, using: str, **more: Any
) -> None:
    """Put a request into a state and tell of the act."""
    request.state, request.received_on = state, today
    request.version += 1
    request.save(using=using)
    tell(request, act, by=by, today=today, using=using, **more)


def overtaken() -> Overtaken:
    """Return the refusal where a pupil of the classes changed in the same moment."""
    return Overtaken(
        "这些班级的学生刚刚有了变动，没有办理；请再按一次。",
        "Pupils of these classes changed in this very moment, and nothing was done; press again.",
    )


def tell(request: Reorganisation, act: str, *, by: Actor, today: date, using: str, **more: Any) -> None:
    """Append the event of an act on a request."""
    record(
        f"status.reorganisation.{act}",
        by=by.account_id,
        office=by.place,
        subject_kind="reorganisation",
        subject_id=request.id,
        place=request.place,
        after={"state": str(request.state), "kind": str(request.kind), "on": str(today), **more},
        using=using,
    )
