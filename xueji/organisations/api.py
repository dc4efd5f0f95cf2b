"""Schools over HTTP. Identifiers and names that a school once had still lead to it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from ninja.params.functions import Query
from pydantic import ConfigDict, Field

from xueji.access.api import (
    AFTER,
    PAGE_SIZE,
    READ_ERRORS,
    WRITE_ERRORS,
    ActingRequest,
    Identifier,
    Listing,
    Sent,
    Text,
    answer,
    cursor_of,
    done_once,
    key_of,
    router,
    writes,
)
from xueji.access.rules import places
from xueji.access.scope import Actor
from xueji.lib.errors import Refused
from xueji.organisations import actions, queries
from xueji.organisations.models import School
from xueji.organisations.queries import ListedSchool
from xueji.organisations.rules import divisions
from xueji.organisations.rules.school_kinds import KINDS

SCHOOLS = ["schools"]
SEARCH: Any = Query("", max_length=60, description="名称的一部分或标识码 / part of a name, or an identifier")


class NoSuchSchool(Refused):
    code = "no-such-school"


EXAMPLE: dict[str, Any] = {
    "identifier": "2133000001",
    "name": "示例区第一小学",
    "county": "330902",
    "county_name": "浙江省舟山市定海区",
    "place": 330902000001,
    "kind": "211",
    "stages": ["primary"],
    "state": "open",
}
SINCE: dict[str, Any] = {"since": "2000-09-01", "until": None}


class SchoolListed(Schema):
    """A school in a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    identifier: str
    name: str
    county: str
    county_name: str
    place: int
    kind: str = Field(description="办学类型 / kind of school (JY/T 1001)")
    stages: list[str]
    state: str = Field(description="open, suspended or closed")


class Schools(Listing[SchoolListed]):
    """Schools."""


class InForce(Schema):
    """A name or identifier for the days it was in force."""

    text: str
    since: date | None
    until: date | None


class SchoolShown(SchoolListed):
    """A school with every name and identifier it ever had."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE,
                    "system": "6-3-3",
                    "identifiers": [{"text": "2133000001", **SINCE}],
                    "names": [{"text": "示例区第一小学", **SINCE}],
                }
            ]
        }
    )

    system: str = Field(description="学制 / years of the stages", examples=["6-3-3"])
    identifiers: list[InForce]
    names: list[InForce]


def school_content(school: ListedSchool) -> dict[str, Any]:
    county = places.division_of(school.place)
    return SchoolListed(
        identifier=school.identifier,
        name=school.name,
        county=county,
        county_name=divisions.full_name(county),
        place=school.place,
        kind=school.kind,
        stages=[stage.value for stage in KINDS[school.kind].stages],
        state=school.state,
    ).model_dump(mode="json")


def school_in_scope(actor: Actor, identifier: str, act: str) -> School:
    """Return the school that bears, or ever bore, an identifier. Raises NoSuchSchool, NotAllowed."""
    place = queries.place_of_identifier(identifier)
    school = None if place is None else queries.school_at(place)
    if school is None:
        raise NoSuchSchool(
            f"没有标识码为 {identifier} 的学校，请核对十位学校标识码。",
            f"There is no school with the identifier {identifier}; check its ten digits.",
        )
    actor.require(act, school.place)
    return school


@router.get(
    "/schools",
    response={200: Schools, **READ_ERRORS},
    summary="学校列表 / Schools of one's area",
    description="按区划顺序。带 q 时按现名、曾用名或标识码查找，一次答复最多 200 所。 In order of division; with q by present or"
    " former name or identifier, at most 200 in one answer.",
    tags=SCHOOLS,
    operation_id="listSchools",
)
def listed(
    request: ActingRequest,
    q: Text = SEARCH,
    after: str = AFTER,
    limit: int = PAGE_SIZE,
) -> HttpResponse:
    actor = request.actor
    actor.require("organisations.view")
    key = key_of(after, int)
    lo, hi = actor.scope.lo, actor.scope.hi
    if q.strip():
        found = queries.schools_named(q.strip(), lo, hi, limit=limit)
        return answer(200, {"items": [school_content(school) for school in found], "next": None})
    found = queries.schools_between(lo, hi, limit=limit + 1, after=key[0] if key else None)
    shown = found[:limit]
    following = (shown[-1].place,) if len(found) > limit else None
    return answer(200, {"items": [school_content(school) for school in shown], "next": cursor_of(following)})


@router.get(
    "/schools/{identifier}",
    response={200: SchoolShown, **READ_ERRORS},
    summary="一所学校 / One school, by its present or a former identifier",
    tags=SCHOOLS,
    operation_id="getSchool",
)
def one(request: ActingRequest, identifier: Identifier) -> HttpResponse:
    school = school_in_scope(request.actor, identifier, "organisations.view")
    return answer(200, school_shown(school))


class IdentifierSent(Sent):
    """The new identifier, from the certificate of the school's code."""

    identifier: Identifier
    document: Annotated[
        Text, Field(max_length=100, description="批准文号 / document", examples=["浙教发〔2026〕1号"])
    ] = ""


@router.post(
    "/schools/{identifier}/identifier",
    response={200: SchoolShown, **WRITE_ERRORS},
    summary="更换学校标识码 / Give a school a new identifier",
    description="自今日起使用新标识码；原标识码停用，不再分配，仍可用它查到该校。 In force from today; the old identifier is never"
    " given again and leads to the school for ever.",
    tags=SCHOOLS,
    operation_id="giveSchoolIdentifier",
    openapi_extra=writes(200),
)
def give_identifier(request: ActingRequest, identifier: Identifier, sent: IdentifierSent) -> HttpResponse:
    def act() -> tuple[int, Any]:
        school = school_in_scope(request.actor, identifier, "organisations.manage")
        changed = actions.give_identifier(
            school,
            identifier=sent.identifier,
            document=sent.document,
            by=request.actor,
            today=timezone.localdate(),
        )
        return 200, school_shown(changed)

    return done_once(request, sent, act)


def school_shown(school: School) -> dict[str, Any]:
    """Return a school with its history as the API shows it."""
    listed_as = ListedSchool(
        school.place, school.identifier, school.organisation.name, school.kind, school.state
    )
    return {
        **school_content(listed_as),
        "system": school.system,
        "identifiers": [in_force(one) for one in queries.identifiers_of(school)],
        "names": [in_force(one) for one in queries.names_of(school)],
    }


def in_force(named: queries.Named) -> dict[str, Any]:
    return InForce(text=named.text, since=named.since, until=named.until).model_dump(mode="json")
