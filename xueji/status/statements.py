"""How business talks to the database: what an act writes is sent together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

from xueji.access.scope import PLANNED_ONCE, national
from xueji.access.statements import prepared
from xueji.lib.errors import Refused

# The class, the state, the place: what head counts are kept by.
Seat = tuple[int, str, int]

HEADCOUNT = """
INSERT INTO students_headcount AS h (class_of_id, state, place, count)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::int[]) AS w (class_of_id, state, place, count)
ORDER BY class_of_id, state
ON CONFLICT (class_of_id, state) DO UPDATE SET count = h.count + EXCLUDED.count
"""


@dataclass
class Writing:
    """The statements of one act, kept in order until they are sent, in one message.

    Each still sees what the one before it wrote. A read that must see them comes after `send`. Head counts alone
    wait until the end: however much an act writes and takes back, it takes the counts it changes once and in
    order, so that two acts never wait for each other crosswise.
    """

    using: str
    said: list[tuple[str, Sequence[Any], Refused | None]] = field(default_factory=list)
    seats: dict[Seat, int] = field(default_factory=dict)

    def count(self, changes: Mapping[Seat, int]) -> None:
        """Note by how much head counts change."""
        for seat, by in changes.items():
            self.seats[seat] = self.seats.get(seat, 0) + by

    def finish(self) -> None:
        """Send what is left of the act, its head counts last of all."""
        changes = [(*seat, by) for seat, by in sorted(self.seats.items()) if by]
        self.seats.clear()
        if changes:
            self.say(HEADCOUNT, [list(column) for column in zip(*changes, strict=True)])
        self.send()

    def say(self, statement: str, values: Sequence[Any], *, unless_one_row: Refused | None = None) -> None:
        """Keep a statement; `unless_one_row` is raised at the sending where it changes none or several."""
        self.said.append((statement, values, unless_one_row))

    def send(self) -> None:
        """Send what was said. Raises the refusal of the first statement that did not change its one row."""
        if not self.said:
            return
        said, self.said = self.said, []
        connection = connections[self.using]
        with connection.cursor() as cursor:
            cursor.execute(
                ";\n".join(cursor.mogrify(prepared(connection, one), values) for one, values, _ in said)
            )
            for _statement, _values, refusal in said:
                if refusal is not None and cursor.rowcount != 1:
                    raise refusal
                cursor.nextset()


@contextmanager
def business() -> Iterator[Writing]:
    """Open the transaction of an act in the national role; what was said in it is sent at its end."""
    with national("status", PLANNED_ONCE) as using:
        writing = Writing(using)
        yield writing
        writing.finish()
