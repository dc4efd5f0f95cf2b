"""Rule packs over HTTP, to read: what each province decided, in words, its versions, and two of them side by side."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Schema
from ninja.params.functions import Query
from pydantic import Field

from xueji.access.api import LARGEST_NUMBER, READ_ERRORS, ActingRequest, Listing, answer, in_words, router
from xueji.access.scope import Actor
from xueji.lib.errors import Refused
from xueji.organisations import queries_packs as queries
from xueji.organisations.models import RulePackVersion
from xueji.organisations.rules import divisions
from xueji.organisations.rules.pack_parameters import BY_KEY
from xueji.organisations.rules.rule_packs import CONFIDENCES, NATIONAL, difference
from xueji.organisations.rules.rule_packs import in_words as sentences_of

PACKS = ["packs"]


class NoSuchPack(Refused):
    code = "not-found"


def no_such_pack() -> NoSuchPack:
    return NoSuchPack(
        "没有这个省份或版本，请从 /packs 重新查找。",
        "There is no such province or version; look it up at /packs.",
    )


class VersionShown(Schema):
    """A version of what a province decides, without its content."""

    id: int
    province: str = Field(
        description="区划代码前两位；00 国家默认规则 / two digits; 00: the national default"
    )
    version: str
    state: str = Field(description="draft, coming, in_force, ended")
    valid_from: date
    valid_until: date | None
    filed_on: date | None = Field(description="报备日期 / filed with the ministry")
    received_on: date | None
    filing_number: str


class ProvinceShown(Schema):
    """A province with the version in force today; null: the national default holds."""

    province: str
    name_zh: str
    name_en: str
    in_force: VersionShown | None


class ProvincesShown(Listing[ProvinceShown]):
    """Every province, the national default first."""


class VersionsShown(Listing[VersionShown]):
    """Versions of a province, the latest first."""


class SentenceShown(Schema):
    """What a version says of one parameter."""

    parameter: str
    message_zh: str
    message_en: str
    is_own: bool = Field(description="false: as the national default says")
    source: str
    confidence: str
    confidence_zh: str
    confidence_en: str


class PackShown(VersionShown):
    """A version in words, one sentence per parameter."""

    name: str
    source: str
    sentences: list[SentenceShown]
    text: str = Field(description="as the file (TOML) says it")


class DifferenceOfPacks(Schema):
    """One parameter on which two versions say different things."""

    parameter: str
    parameter_zh: str
    parameter_en: str
    before_zh: str
    before_en: str
    after_zh: str
    after_en: str


class ComparedShown(Schema):
    """Two versions side by side: `after` is the one asked for."""

    before: VersionShown
    after: VersionShown
    items: list[DifferenceOfPacks]


def standing(version: RulePackVersion, today: date) -> str:
    if version.state == RulePackVersion.DRAFT:
        return "draft"
    if version.valid_from > today:
        return "coming"
    return "ended" if version.valid_until is not None and version.valid_until < today else "in_force"


def shown(version: RulePackVersion) -> dict[str, Any]:
    return {
        "id": version.pk,
        "province": version.province,
        "version": version.version,
        "state": standing(version, timezone.localdate()),
        "valid_from": version.valid_from,
        "valid_until": version.valid_until,
        "filed_on": version.filed_on,
        "received_on": version.received_on,
        "filing_number": version.filing_number,
    }


def readable(version_id: int, by: Actor) -> RulePackVersion:
    """Return a version that the caller may read. Raises NoSuchPack."""
    found = queries.readable(version_id, by=by) if 0 < version_id <= LARGEST_NUMBER else None
    if found is None:
        raise no_such_pack()
    return found


@router.get(
    "/packs",
    response={200: ProvincesShown, **READ_ERRORS},
    summary="各省规则 / The rules of every province: the version in force",
    tags=PACKS,
    operation_id="listPacks",
)
def provinces(request: ActingRequest) -> HttpResponse:
    request.actor.require("packs.view")
    holding = queries.holding_on(timezone.localdate())
    content = ProvincesShown(
        items=[
            ProvinceShown(
                province=province,
                name_zh="国家默认规则" if province == NATIONAL else divisions.name_of(f"{province}0000"),
                name_en="National default" if province == NATIONAL else divisions.name_en(f"{province}0000"),
                in_force=VersionShown(**shown(holding[province])) if province in holding else None,
            )
            for province in queries.provinces()
        ],
        next=None,
    )
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/packs/{province}/versions",
    response={200: VersionsShown, **READ_ERRORS},
    summary="一省的各版规则 / The versions of a province; drafts for its own authority alone",
    tags=PACKS,
    operation_id="listPackVersions",
)
def versions(request: ActingRequest, province: str) -> HttpResponse:
    request.actor.require("packs.view")
    if province not in queries.provinces():
        raise no_such_pack()
    found = queries.readable_versions(province, by=request.actor)
    content = VersionsShown(items=[VersionShown(**shown(one)) for one in found], next=None)
    return answer(200, content.model_dump(mode="json"))


@router.get(
    "/packs/versions/{version_id}",
    response={200: PackShown, **READ_ERRORS},
    summary="一版规则 / One version in words, each sentence with its source",
    tags=PACKS,
    operation_id="getPack",
)
def one(request: ActingRequest, version_id: int) -> HttpResponse:
    request.actor.require("packs.view")
    version = readable(version_id, request.actor)
    pack = queries.read(version)
    content = PackShown(
        **shown(version),
        name=pack.name,
        source=pack.source,
        sentences=[
            SentenceShown(
                parameter=said.parameter,
                message_zh=said.zh,
                message_en=said.en,
                is_own=said.is_own,
                source=said.source,
                **in_words("confidence", said.confidence, CONFIDENCES[said.confidence]),
            )
            for said in sentences_of(pack)
        ],
        text=version.text,
    )
    return answer(200, content.model_dump(mode="json"))


BESIDE: Any = Query(
    ...,
    alias="with",
    ge=1,
    le=LARGEST_NUMBER,
    description="另一版的编号 / id of the other version, of any province",
)


@router.get(
    "/packs/versions/{version_id}/differences",
    response={200: ComparedShown, **READ_ERRORS},
    summary="两版对照 / What differs from another version, parameter by parameter",
    tags=PACKS,
    operation_id="comparePacks",
)
def compared(request: ActingRequest, version_id: int, beside: int = BESIDE) -> HttpResponse:
    by = request.actor
    by.require("packs.view")
    after, before = readable(version_id, by), readable(beside, by)
    content = ComparedShown(
        before=VersionShown(**shown(before)),
        after=VersionShown(**shown(after)),
        items=[
            DifferenceOfPacks(
                **in_words(
                    "parameter", found.parameter, (BY_KEY[found.parameter].zh, BY_KEY[found.parameter].en)
                ),
                before_zh=found.before[0],
                before_en=found.before[1],
                after_zh=found.after[0],
                after_en=found.after[1],
            )
            for found in difference(queries.read(before), queries.read(after))
        ],
    )
    return answer(200, content.model_dump(mode="json"))
