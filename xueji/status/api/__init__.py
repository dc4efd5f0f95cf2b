"""Status business over HTTP, by subject. What a caller may do and see is what the pages show: the same queries, the same
actions, the same refusals.
"""

from xueji.status.api import (
    absent,
    cases,
    class_requests,
    deciding,
    drafts,
    feed,
    filing,
    graduations,
    inbox,
    kinds,
    many,
    notices,
    overdue,
    papers,
    promotions,
    reorganisations,
    tracking,
)

__all__ = (
    "absent",
    "cases",
    "class_requests",
    "deciding",
    "drafts",
    "feed",
    "filing",
    "graduations",
    "inbox",
    "kinds",
    "many",
    "notices",
    "overdue",
    "papers",
    "promotions",
    "reorganisations",
    "tracking",
)
