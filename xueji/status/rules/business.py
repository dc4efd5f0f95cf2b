"""What lies on desks: changes of one pupil, what a school asks for a whole grade, and what an authority settles for many.

Lists, tallies and reminders name all of them.
"""

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
    """What lies on a desk for many pupils. Where a case has the pupil's name, it has a grade, a school year or a list's name."""

    code: str
    zh: str
    en: str


GRADUATION: Final = Request("graduation", "毕业办理", "Graduation")  # named by the number of the grade
PROMOTION: Final = Request(
    "promotion", "升级确认", "Promotion to be signed"
)  # by the school year that begins
ADMISSION: Final = Request("admission-list", "录取名单下达", "Admission list to be issued")  # by its own name
REQUESTS: Final = {one.code: one for one in (GRADUATION, PROMOTION, ADMISSION)}


def business(code: str) -> Named:
    """Return the kind of change or of request with a code. Raises KeyError for none."""
    return REQUESTS.get(code) or BY_CODE[code]


def is_request(kind: Named) -> bool:
    return kind.code in REQUESTS


def shown_name(kind: Named, name: str) -> str:
    """Return the name that a list shows: a pupil's masked, the number of a grade as it is."""
    return name if is_request(kind) else masks.name(name)
