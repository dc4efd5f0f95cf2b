"""Preparing a reorganisation: what it says of the schools, and where each class goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from xueji.access.scope import Actor, national
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.status.actions.reorganisations.moving import moving, tell
from xueji.status.models import Reorganisation, ReorganisedClass
from xueji.status.queries.reorganisations import facts_of, schools_of
from xueji.status.rules import reorganisation as rules
from xueji.status.rules.graduation import Act, State
from xueji.status.rules.reorganisation import Entry, Kind, Line, SchoolFacts


class NoSuchSchool(Refused):
    code = "no-such-school"


class NoSuchClass(Refused):
    code = "no-such-class"


@dataclass(frozen=True)
class Said:
    """What a request says beside its classes. Schools by place; `archives_place` a receiving school or the authority."""

    kind: Kind
    sources: Sequence[int]
    targets: Sequence[int]
    effective_on: date
    document: str = ""
    archives_place: int | None = None
    note: str = ""


@dataclass(frozen=True)
class ClassSaid:
    """Where a class goes, as it is said before there is a plan: schools by place, the class by its number."""

    school: int
    number: str
    to: int | None
    new_number: str = ""
    new_name: str = ""


@dataclass(frozen=True)
class AwaitedSaid:
    """Where admitted pupils who have not come are to come, as it is said before there is a plan: schools by place."""

    school: int
    stage: str
    year: int
    to: int | None


def begin(
    said: Said,
    *,
    classes: Sequence[ClassSaid] = (),
    awaited: Sequence[AwaitedSaid] = (),
    by: Actor,
    today: date,
) -> Reorganisation:
    """Open a request. Where only one school receives, all classes are planned to go there, but for a split.

    Raises NoSuchSchool, NoSuchClass, NotAllowed.
    """
    with national("status") as using:
        sources, targets = _schools(said, by=by, using=using)
        request: Reorganisation = Reorganisation.everywhere.using(using).create(
            id=uuid7.new(),
            place=by.place,
            state=State.DRAFT,
            prepared_by=by.account_id,
            prepared_on=today,
            received_on=today,
            awaited=_awaited(awaited, sources, targets),
            **_header(said, sources, targets),
        )
        _keep(request, _lines(request, classes, today=today, using=using), using=using, today=today)
        tell(request, "begin", by=by, today=today, using=using)
        return request


def _lines(
    request: Reorganisation, classes: Sequence[ClassSaid], *, today: date, using: str
) -> dict[int, Line]:
    if not classes:
        return {}
    facts = facts_of(request, today=today, using=using, lines={})
    own = {(facts.sources[one.school_id].place, one.number): one.id for one in facts.classes}
    schools = {one.place: one.id for one in facts.targets.values()}
    found: dict[int, Line] = {}
    for one in classes:
        class_id = own.get((one.school, one.number))
        if class_id is None or (one.to is not None and one.to not in schools):
            raise NoSuchClass(
                f"原校没有班号 {one.number} 的班级，或它的去向不是接收学校，请核对。",
                f"The schools have no open class {one.number}, or it would go to a school that receives none; check it.",
            )
        target = None if one.to is None else schools[one.to]
        found[class_id] = Line(class_id, target, one.new_number, one.new_name)
    return found


def _awaited(
    said: Sequence[AwaitedSaid], sources: Mapping[int, SchoolFacts], targets: Mapping[int, SchoolFacts]
) -> list[Any]:
    own = {one.place: one.id for one in sources.values()}
    schools = {one.place: one.id for one in targets.values()}
    for one in said:
        if one.school not in own or (one.to is not None and one.to not in schools):
            raise NoSuchSchool(
                "待报到学生的原校或接收学校不在这份申请中，请核对。",
                "The school of awaited pupils, or the one they are to come to, is none of this request; check it.",
            )
    return [
        [own[one.school], one.stage, one.year, None if one.to is None else schools[one.to]] for one in said
    ]


def describe(
    request_id: UUID, said: Said, *, by: Actor, today: date, version: int | None = None
) -> Reorganisation:
    """Change what a request says. A class whose school is no longer among the receiving ones has none then.

    Raises NoSuchSchool, NotNow, NotYourTurn, NotAllowed.
    """
    with national("status") as using:
        request = moving(request_id, Act.PROPOSE, by=by, version=version, using=using)
        sources, targets = _schools(said, by=by, using=using)
        for name, value in _header(said, sources, targets).items():
            setattr(request, name, value)
        request.awaited = [
            one for one in request.awaited if one[0] in sources and (one[3] is None or one[3] in targets)
        ]
        lines = {
            one.class_id: Line(one.class_id, one.target_id, one.number, one.name)
            for one in ReorganisedClass.everywhere.using(using).filter(
                reorganisation_id=request.id, target_id__in=list(targets)
            )
        }
        _keep(request, lines, using=using, today=today)
        request.version += 1
        request.save(using=using)
        tell(request, "describe", by=by, today=today, using=using)
        return request


def _schools(said: Said, *, by: Actor, using: str) -> tuple[dict[int, SchoolFacts], dict[int, SchoolFacts]]:
    """Return the schools named, each in the actor's area."""
    by.require(rules.PREPARE)
    found = []
    for wanted in (said.sources, said.targets):
        for place in wanted:
            by.require(rules.PREPARE, place)
        schools = schools_of(places=wanted, using=using)
        if len(schools) != len(set(wanted)) or len(schools) > rules.MOST_SCHOOLS:
            raise NoSuchSchool(
                f"有的学校不存在，请核对标识码；一次最多 {rules.MOST_SCHOOLS} 所。",
                f"Some of the schools do not exist; check the identifiers. At most {rules.MOST_SCHOOLS} at once.",
            )
        found.append(schools)
    return found[0], found[1]


def _header(said: Said, sources: Mapping[int, Any], targets: Mapping[int, Any]) -> dict[str, Any]:
    return {
        "kind": said.kind,
        "sources": list(sources),
        "targets": list(targets),
        "effective_on": said.effective_on,
        "document": " ".join(said.document.split())[:100],
        "archives_place": said.archives_place if rules.BY_KIND[said.kind].closes else None,
        "note": " ".join(said.note.split())[:500],
    }


def assign(
    request_id: UUID,
    wanted: Mapping[int, Line],
    *,
    awaited: Mapping[Entry, int | None] | None = None,
    by: Actor,
    today: date,
    version: int | None = None,
) -> Reorganisation:
    """Say of classes where they go, all others keep what was said. Numbers and names that are taken get the next free ones.

    `awaited` says where admitted pupils who have not come are to come, in place of what was said of them.

    Raises NotNow, NotYourTurn, NotAllowed.
    """
    with national("status") as using:
        request = moving(request_id, Act.PROPOSE, by=by, version=version, using=using)
        lines = {
            one.class_id: Line(one.class_id, one.target_id, one.number, one.name)
            for one in ReorganisedClass.everywhere.using(using).filter(reorganisation_id=request.id)
        }
        targets = set(request.targets)
        lines |= {
            class_id: line if line.target_id in targets else Line(class_id, None)
            for class_id, line in wanted.items()
        }
        if awaited is not None:
            sources = set(request.sources)
            request.awaited = [
                [*entry, target]
                for entry, target in sorted(awaited.items())
                if entry[0] in sources and (target is None or target in targets)
            ]
        _keep(request, lines, using=using, today=today)
        request.version += 1
        request.save(using=using)
        tell(request, "assign", by=by, today=today, using=using)
        return request


def _keep(request: Reorganisation, lines: Mapping[int, Line], *, using: str, today: date) -> None:
    """Keep a line for each open class of the sources, numbered so that nothing collides."""
    facts = facts_of(request, today=today, using=using, lines={})
    row = rules.BY_KIND[Kind(request.kind)]
    only = request.targets[0] if row.closes and len(request.targets) == 1 else None
    classes = {one.id: one for one in facts.classes}
    planned = [lines.get(one.id) or Line(one.id, None if one.is_empty else only) for one in facts.classes]
    numbered = rules.numbered(planned, classes, facts.taken)
    ReorganisedClass.everywhere.using(using).filter(reorganisation_id=request.id).delete()
    ReorganisedClass.everywhere.using(using).bulk_create(
        ReorganisedClass(
            reorganisation_id=request.id,
            place=request.place,
            class_id=class_id,
            source_id=classes[class_id].school_id,
            target_id=line.target_id,
            number=line.number,
            name=line.name,
        )
        for class_id, line in numbered.items()
    )
