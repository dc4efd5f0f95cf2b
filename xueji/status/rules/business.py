"""What lies on desks: changes of one pupil, and what a school asks for a whole grade. Lists, tallies and reminders name both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from xueji.lib import masks
from xueji.status.rules.kinds import BY_CODE


class Named(Protocol):
    """A kind of change or of request: its code and its names."""

    @property
    def code(self) -> str: ...
    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


@dataclass(frozen=True)
class Request:
    """What a school asks for a grade. Where a case has the pupil's name, it has the number of the grade."""

    code: str
    zh: str
    en: str


GRADUATION: Final = Request("graduation", "毕业办理", "Graduation")
REQUESTS: Final = {GRADUATION.code: GRADUATION}


def business(code: str) -> Named:
    """Return the kind of change or of request with a code. Raises KeyError for none."""
    return REQUESTS.get(code) or BY_CODE[code]


def is_request(kind: Named) -> bool:
    return kind.code in REQUESTS


def shown_name(kind: Named, name: str) -> str:
    """Return the name that a list shows: a pupil's masked, the number of a grade as it is."""
    return name if is_request(kind) else masks.name(name)
