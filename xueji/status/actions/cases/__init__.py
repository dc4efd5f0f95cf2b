"""Cases of status business on their way from desk to desk. The only code that moves one.

Every verb is one transaction in the national role, since a change can concern two schools of two
provinces; who may do it is asked of the actor each time, at the moment it is done. The pupil's row is
locked first. A second press, a second tab, a repetition after a lost answer meet the version
they looked at, and are told what happened.
"""

from __future__ import annotations

from xueji.status.actions.cases.deciding import (
    Foreseen,
    answer,
    approve,
    foresee,
    refuse,
    send_back,
    withdraw,
)
from xueji.status.actions.cases.filing import (
    TRACKING_LENGTH,
    TRACKING_SCHEME,
    TRACKING_SIGNS,
    Filed,
    NoSuchKind,
    Preview,
    file_case,
    kind_of,
    look_ahead,
    open_for_school,
    require_starter,
)
from xueji.status.actions.cases.moving import (
    NOBODY,
    Acted,
    CannotUndo,
    FieldsMissing,
    Moving,
    NoSuchCase,
    NotNow,
    NotYourTurn,
    OpenTurn,
    OwnWork,
    ReasonMissing,
    Stopped,
    is_party,
    locked,
    no_such_case,
    no_such_pupil,
    not_now,
    permission_at,
    require_starter_of,
    require_turn,
)
from xueji.status.actions.cases.undoing import undo, undoers_of
from xueji.status.actions.cases.waiting import obstacles_of, release

__all__ = [
    "NOBODY",
    "TRACKING_LENGTH",
    "TRACKING_SCHEME",
    "TRACKING_SIGNS",
    "Acted",
    "CannotUndo",
    "FieldsMissing",
    "Filed",
    "Foreseen",
    "Moving",
    "NoSuchCase",
    "NoSuchKind",
    "NotNow",
    "NotYourTurn",
    "OpenTurn",
    "OwnWork",
    "Preview",
    "ReasonMissing",
    "Stopped",
    "answer",
    "approve",
    "file_case",
    "foresee",
    "is_party",
    "kind_of",
    "locked",
    "look_ahead",
    "no_such_case",
    "no_such_pupil",
    "not_now",
    "obstacles_of",
    "open_for_school",
    "permission_at",
    "refuse",
    "release",
    "require_starter",
    "require_starter_of",
    "require_turn",
    "send_back",
    "undo",
    "undoers_of",
    "withdraw",
]
