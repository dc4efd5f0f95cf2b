"""The change feed over HTTP: what became otherwise of pupils, in pages that go on where the last one ended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from ninja import Schema
from ninja.params.functions import Query
from pydantic import Field

from xueji.access.api import (
    AFTER,
    READ_ERRORS,
    ActingRequest,
    Problem,
    answer,
    cursor_of,
    in_words,
    key_of,
    router,
)
from xueji.status.api.shapes import OfKind
from xueji.status.queries import feed
from xueji.status.queries.feed import FeedFact
from xueji.status.rules.feed_facts import CAMPAIGN_NAMES, FACT_NAMES
from xueji.status.rules.kinds import BY_CODE

MOST_FACTS = 1000


class FactShown(OfKind):
    """One fact about one pupil. What is true now is read at /pupils/{pupil}, as far as the caller may."""

    fact: str = Field(
        description="registered, changed, promoted, left, undone, corrected, cancelled, moved, reorganised"
    )
    fact_zh: str
    fact_en: str
    kind: str = Field(description="变动种类 / kind of change, of /status/kinds; empty for other facts")
    change_code: str = Field(description="JY/T 1001 学籍异动类别; empty where the standard has none")
    pupil: UUID
    at: datetime
    case: UUID | None
    roster: UUID | None
    school: str = Field(description="学校标识码 / the school that held the pupil; empty for an authority")
    to_school: str = Field(
        description="转入学校 / the school that holds the pupil after a transfer or reorganisation"
    )


class FactsShown(Schema):
    """A page of the feed. `next` is always there: keep it, and go on from it, at once if `more`, else later."""

    items: list[FactShown]
    next: str
    more: bool = Field(description="true: ask again at once; false: this is all there is at present")


def shown(fact: FeedFact) -> FactShown:
    kind = BY_CODE.get(fact.kind)
    words = (kind.zh, kind.en) if kind else CAMPAIGN_NAMES.get(fact.kind, ("", ""))
    return FactShown(
        **in_words("fact", fact.fact, FACT_NAMES[fact.fact]),
        **in_words("kind", fact.kind, words),
        change_code=kind.change_code if kind else "",
        pupil=fact.student_id,
        at=fact.at,
        case=fact.case_id,
        roster=fact.roster_id,
        school=fact.school,
        to_school=fact.to_school,
    )


@router.get(
    "/feed",
    response={200: FactsShown, **READ_ERRORS, 409: Problem},
    summary="变动订阅 / What became otherwise of pupils, oldest first",
    description="按提交先后给出本范围内的注册、变动生效、撤销和更正；不漏、不重，可随时从 next 续读。"
    "\n\nRegistrations, changes that took effect, their undoing and corrections in the caller's area, in an order in"
    " which nothing is overtaken: none is lost and none comes twice. Go on from `next` at any time.",
    tags=["feed"],
    operation_id="readFeed",
)
def read(
    request: ActingRequest,
    after: str = AFTER,
    limit: int = Query(200, ge=1, le=MOST_FACTS, description="每页条数 / facts per page"),
) -> HttpResponse:
    key = key_of(after, int, int)
    page = feed.page(request.actor, after=None if key is None else (key[0], key[1]), limit=limit)
    content = FactsShown(
        items=[shown(one) for one in page.facts], next=cursor_of(page.key) or "", more=page.has_more
    )
    return answer(200, content.model_dump(mode="json"))
