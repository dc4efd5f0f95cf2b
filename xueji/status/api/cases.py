"""Cases over HTTP: lists of the own office, and one with its desks, days, decisions and papers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja.params.functions import Query

from xueji.access.api import AFTER, PAGE_SIZE, READ_ERRORS, ActingRequest, answer, router
from xueji.status.api.shapes import (
    KIND_FILTER,
    STATE_FILTER,
    STATUS,
    CaseLines,
    CaseShown,
    KindName,
    StateName,
    TabName,
    content_of,
    day_and_case,
    lines_shown,
)
from xueji.status.queries import cases as queries

TAB: Any = Query(
    "todo",
    description="todo: 本单位待办；filed: 本单位提交；clear: 等待本校清理；closed: 已办结 / todo: waits for the own office; filed by"
    " it; clear: waits for the own school to clear the way; closed",
)


@router.get(
    "/status/cases",
    response={200: CaseLines, **READ_ERRORS},
    summary="变动列表 / Changes of the own office, by desk, kind and state",
    tags=STATUS,
    operation_id="listStatusCases",
)
def listed(
    request: ActingRequest,
    tab: TabName = TAB,
    kind: KindName = KIND_FILTER,
    state: StateName = STATE_FILTER,
    after: str = AFTER,
    limit: int = PAGE_SIZE,
) -> HttpResponse:
    request.actor.require("status.view")
    page = queries.listed(request.actor, tab, kind=kind, state=state, after=day_and_case(after), size=limit)
    return answer(200, lines_shown(page.items, page.after).model_dump(mode="json"))


@router.get(
    "/status/cases/{uuid:case_id}",
    response={200: CaseShown, **READ_ERRORS},
    summary="一项变动 / A change: its desks, days, decisions, papers, and what is possible now",
    tags=STATUS,
    operation_id="getStatusCase",
)
def one_case(request: ActingRequest, case_id: UUID) -> HttpResponse:
    request.actor.require("status.view")
    content = content_of(request, case_id, is_reading=True)
    return answer(200, content)
