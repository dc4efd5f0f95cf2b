"""What a plan changes, as rows that may be shown: no number, no private value, and no place that the reader may not know yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from xueji.access.scope import Actor
from xueji.organisations.queries import offices_at
from xueji.status.rules.plans import Plan, Table

# Columns that are shown, by table. What is not named here stays inside.
SHOWN: Final[Mapping[Table, frozenset[str]]] = {
    Table.STUDENT: frozenset(
        {"name", "sex", "birth_on", "document_type", "nationality", "ethnicity", "overseas"}
    ),
    Table.IDENTIFIER: frozenset({"scheme", "since", "until"}),
    Table.FAMILY: frozenset({"ordinal", "relation", "is_guardian"}),
    Table.ENROLMENT: frozenset(
        {
            "class_of_id", "stage", "entry_year", "state", "entered_on", "started_on", "ended_on", "end_reason",
            "entry_mode", "study_mode", "source", "seat_number",
        }
    ),
    Table.MARK: frozenset({"kind", "since", "until"}),
    Table.PAPER: frozenset({"kind"}),
}  # fmt: skip
# What tells where a pupil is or was.
TELLING: Final = frozenset({"class_of_id", "seat_number"})


@dataclass(frozen=True)
class ShownRow:
    """One row before and after, by column; `office` is the holder's name where it may be told."""

    record: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def rows_of(plan: Plan, by: Actor, *, hidden: int | None = None) -> tuple[ShownRow, ...]:
    """Return the rows of a plan as the reader may see them. `hidden` is a place that may not be named yet."""
    places = {
        image["place"]
        for write in plan.writes
        for image in (write.before, write.after)
        if image is not None and "place" in image
    }
    names = {one.place: one.name for one in offices_at(places - {hidden})} if places else {}
    return tuple(
        ShownRow(
            write.table.value.partition("_")[2].replace("familymember", "family"),
            _shown(write.table, write.before, write.key, names, hidden),
            _shown(write.table, write.after, write.key, names, hidden),
        )
        for write in plan.writes
        if write.table in SHOWN
    )


def _shown(
    table: Table,
    image: Mapping[str, Any] | None,
    key: Mapping[str, Any],
    names: Mapping[int, str],
    hidden: int | None,
) -> dict[str, Any] | None:
    if image is None:
        return None
    # A row without its place is one that stays where it is: at the place that may not be named.
    is_hidden = hidden is not None and image.get("place", hidden) == hidden
    found = {
        name: _plain(value)
        for name, value in image.items()
        if name in SHOWN[table] and not (is_hidden and name in TELLING)
    }
    if image.get("place") in names:
        found["office"] = names[image["place"]]
    return found


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date | UUID) else value
