"""Problem records: opened with a roster that has doubtful rows, stated by schools, decided at a desk.

What a roster does with them is here; `problems.statements`, `problems.papers`,
`problems.decisions` and `problems.by_hand` are asked by their own names, because they build
rosters themselves.
"""

from xueji.changes.actions.problems.opening import (
    close_for,
    doubtful,
    draft_for,
    forget_drafts,
    has_drafts,
    open_for,
)

__all__ = ["close_for", "doubtful", "draft_for", "forget_drafts", "has_drafts", "open_for"]
