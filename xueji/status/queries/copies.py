"""The sealed copies that stay with a school (离校学生): lists, and one in the clear. Everything in the reader's scope."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.access.scope import Actor
from xueji.changes.queries.pages import Page, page_of
from xueji.students.encryption import associated

Key = tuple[date, UUID]


@dataclass(frozen=True)
class CopyLine:
    """A copy in the list of its school: whose, since when, and whether the move was undone."""

    id: UUID
    student_id: UUID
    name: str
    made_on: date
    void_on: date | None

    @property
    def key(self) -> Key:
        return self.made_on, self.id


@dataclass(frozen=True)
class Copy:
    """A copy in the clear: the record as it stood that day. `numbers` and private values are opened."""

    id: UUID
    student_id: UUID
    case_id: UUID
    place: int
    name: str
    made_on: date
    void_on: date | None
    sha256: str
    student: dict[str, Any]
    private: dict[str, Any]
    numbers: tuple[tuple[str, str, str | None], ...]
    enrolments: tuple[dict[str, Any], ...]
    family: tuple[dict[str, Any], ...]


COLUMNS = "id, student_id, name, made_on, void_on"


def copies(
    by: Actor, *, name: str = "", after: Key | None = None, before: Key | None = None, size: int = 50
) -> Page[CopyLine, Key]:
    """Return a page of the copies of the reader's school, the newest first. `name` is the beginning of one. One statement."""
    is_back = before is not None and after is None
    key = after or before
    window = "" if key is None else f"AND (made_on, id) {'>' if is_back else '<'} (%s, %s)"
    order = "ASC" if is_back else "DESC"
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM status_sealedcopy WHERE place = %s AND (%s = '' OR starts_with(name, %s)) {window}"
            f" ORDER BY made_on {order}, id {order} LIMIT %s",
            [by.place, name, name, *(key or ()), size + 1],
        )
        found = [CopyLine(*row) for row in cursor.fetchall()]
    return page_of(found, size=size, key=lambda one: one.key, is_after=after is not None, is_before=is_back)


def line_of(copy_id: UUID, by: Actor) -> CopyLine | None:
    """Return which copy of the reader's school this is, without its content."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM status_sealedcopy WHERE id = %s AND place = %s", [copy_id, by.place]
        )
        row = cursor.fetchone()
    return CopyLine(*row) if row else None


def opened(copy_id: UUID, by: Actor) -> Copy | None:
    """Return a copy of the reader's school in the clear. Reading it is an action of its own."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """SELECT id, student_id, case_id, place, name, made_on, void_on, sha256, content FROM status_sealedcopy
               WHERE id = %s AND place = %s""",
            [copy_id, by.place],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    content = json.loads(bytes(row[8]).decode())
    student_id, student = row[1], content["student"]
    ring = settings.XUEJI_KEY_RING
    numbers = tuple(
        (
            one["scheme"],
            ring.decrypt(_bytes(one["value"]), associated("identifier", _bytes(one["index"]))).rpartition(
                "|"
            )[2],
            one["until"],
        )
        for one in content["identifiers"]
    )
    family = tuple(
        one | {"private": _private(one["private"], f"family{one['ordinal']}", student_id)}
        for one in content["family"]
    )
    id_, _student, case_id, place, name, made_on, void_on, sha256, _content = row
    return Copy(
        id=id_,
        student_id=student_id,
        case_id=case_id,
        place=place,
        name=name,
        made_on=made_on,
        void_on=void_on,
        sha256=sha256,
        student=student,
        private=_private(student["private"], "student", student_id),
        numbers=numbers,
        enrolments=tuple(content["enrolments"]),
        family=family,
    )


def _bytes(text: str) -> bytes:
    """Return bytes as to_jsonb writes them: \\x and hexadecimal."""
    return bytes.fromhex(text[2:])


def _private(value: str | None, column: str, student_id: UUID) -> dict[str, Any]:
    if value is None:
        return {}
    found: dict[str, Any] = json.loads(
        settings.XUEJI_KEY_RING.decrypt(_bytes(value), associated(column, student_id))
    )
    return found
