"""Looking a pupil up by number: recorded, priced where it finds nothing, and heard by the canaries.

Nobody, somebody elsewhere, and somebody of another name take the same statements and get the same answer.
"""

from __future__ import annotations

import hashlib
from datetime import date
from uuid import UUID

from xueji.access.actions_misses import looker, priced
from xueji.access.rules.misses import Way
from xueji.access.scope import Actor, acting, national
from xueji.lib.id_numbers import normalised
from xueji.lib.names import written
from xueji.students.actions_canaries import listen
from xueji.students.queries.search import PAGE, Found, Question, find, indexes_of, matched


def asked(index: bytes, name: str = "") -> bytes:
    """Return what a look-up in vain is kept under: the keyed hash of the number, with the name that was tried."""
    return hashlib.sha256(index + written(name).encode()).digest()[:16]


def find_by_number(question: Question, *, by: Actor, today: date, page: int = PAGE) -> Found:
    """Return the pupil of the area who has the number of a question; a number of nobody there has its price.

    Raises TooManyMisses.
    """
    if question.term is None:
        raise ValueError("a look-up by number needs a number")
    indexes = [index for _scheme, index in indexes_of(question.term.text)]
    listen(indexes, way=Way.NUMBER, whose=looker(by), day=today)

    def look() -> tuple[Found, list[bytes]]:
        with acting(by.scope):
            found = find(question, page=page)
        return found, [] if found.pupils else [asked(indexes[0])]

    return priced(Way.NUMBER, by=by, today=today, look=look)


def match(number: str, name: str, *, act: str, by: Actor, today: date) -> UUID | None:
    """Return the pupil, wherever enrolled, whom number and name both tell; None of anybody else, at its price.

    `act` is the national act that it is done for. Raises TooManyMisses.
    """
    typed = normalised(number)
    if not typed or not name.strip():
        return None
    pairs = indexes_of(typed)
    listen([index for _scheme, index in pairs], way=Way.NUMBER, whose=looker(by), day=today)

    def look() -> tuple[UUID | None, list[bytes]]:
        with national(act) as using:
            found = matched(pairs, written(name), using)
        return found, [] if found else [asked(pairs[0][1], name)]

    return priced(Way.NUMBER, by=by, today=today, look=look)
