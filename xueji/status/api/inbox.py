"""The inbox over HTTP."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from pydantic import Field

from xueji.access.api import AFTER, PAGE_SIZE, READ_ERRORS, ActingRequest, answer, router
from xueji.status.api.shapes import STATUS, CaseLines, day_and_case, lines_shown
from xueji.status.queries import cases as queries
from xueji.status.queries import notices
from xueji.status.queries.acts import inbox_numbers


class InboxShown(CaseLines):
    """What waits on the own desk, the most urgent first, with the numbers of the inbox."""

    waiting: int
    due_today: int
    late: int
    returned: int = Field(description="cases of the own office that have to be completed")
    reminders: int = Field(description="unread, 1000 at most")
    graduations: int = Field(
        description="毕业办理 / requests for graduation on the own desk, at /status/graduations"
    )
    class_requests: int = Field(
        description="分班与并班 / class requests for the own leader, at /status/class-requests"
    )


@router.get(
    "/status/inbox",
    response={200: InboxShown, **READ_ERRORS},
    summary="变动待办 / What waits on the own desk, with its numbers",
    tags=STATUS,
    operation_id="readStatusInbox",
)
def inbox(request: ActingRequest, after: str = AFTER, limit: int = PAGE_SIZE) -> HttpResponse:
    by = request.actor
    by.require("status.view")
    page = queries.listed(by, "todo", after=day_and_case(after), size=limit)
    numbers = inbox_numbers(by, today=timezone.localdate())
    content = InboxShown(
        **lines_shown(page.items, page.after).model_dump(),
        waiting=numbers.waiting,
        due_today=numbers.due_today,
        late=numbers.late,
        returned=numbers.returned,
        reminders=notices.unread_count(by),
        graduations=numbers.graduations,
        class_requests=numbers.class_requests,
    )
    return answer(200, content.model_dump(mode="json"))
