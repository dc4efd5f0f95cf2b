"""A marked file with its entry in the register: rows in their order and spelling, codes, invented pupils, clues."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import connections

from xueji.audit.actions import record
from xueji.audit.readings import read_list
from xueji.disclosures.models import Canary, Disclosure
from xueji.disclosures.queries.rows import Leaving
from xueji.disclosures.rules import canaries, marks, traces
from xueji.disclosures.rules.fields import BY_KEY
from xueji.lib import uuid7
from xueji.spreadsheets.writer import write_list
from xueji.students.encryption import associated
from xueji.students.rules.schemes import DOCUMENT_SCHEMES

# What the keyed hash of a clue is computed under: apart from the schemes of numbers.
SCHEME: Final = "disclosure"
CODE_HEADER: Final = "核对码"

INSERT_CLUES: Final = """
INSERT INTO disclosures_clue (tag, disclosure_id, ordinal, is_canary, place)
SELECT tag, %s, ordinal, is_canary, %s FROM unnest(%s::bytea[], %s::int[], %s::boolean[]) AS c (tag, ordinal, is_canary)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Made:
    """A workbook with the seed of its marks, the invented pupils in it by number of row, and its count of real rows."""

    id: UUID
    seed: bytes
    workbook: bytes
    rows: int
    canaries: Mapping[int, canaries.Canary]
    clues: Sequence[tuple[traces.Clue, int, bool]]


def make(
    leaving: Sequence[Leaving],
    *,
    fields: Sequence[str],
    header: str,
    title: str,
    with_canaries: bool,
    in_own_order: bool,
) -> Made:
    """Return the workbook of some pupils with its marks, new ones each time.

    Without invented pupils and in the given order for lists that people work with day by day.
    """
    seed = os.urandom(marks.SEED_BYTES)
    real = [dict(one.values) for one in leaving]
    invented: dict[int, canaries.Canary] = {}
    together: list[tuple[dict[str, str], canaries.Canary | None]] = [(one, None) for one in real]
    if with_canaries and leaving:
        drawn = marks.draws(seed, "like")
        for number in range(canaries.count_for(len(leaving))):
            at = next(drawn) % len(leaving)
            like = {"birth_on": "2015-01-01"} | real[at] | {"division": leaving[at].division}
            one = canaries.invent(seed, number, like)
            together.append(({key: one.values.get(key, "") for key in fields}, one))
    indexes = list(range(len(together)))
    if in_own_order:
        indexes = marks.order(seed, [at.to_bytes(4, "big") for at in indexes])
    lines, clues = [], []
    for ordinal, at in enumerate(indexes):
        values, canary = together[at]
        if canary is not None:
            invented[ordinal] = canary
        cells = marks.marked(seed, ordinal, [(key, values.get(key, "")) for key in fields])
        code = marks.code(seed, ordinal)
        lines.append([*cells, code])
        found = {traces.Clue(traces.CODE, code), *_clues(values)}
        clues += [(clue, ordinal, canary is not None) for clue in found]
    workbook = write_list(
        [*((BY_KEY[key].zh, BY_KEY[key].width) for key in fields), (CODE_HEADER, 14)],
        lines,
        title=title,
        notice=header,
    )
    return Made(uuid7.new(), seed, workbook, len(real), invented, clues)


def _clues(values: Mapping[str, str]) -> set[traces.Clue]:
    """Return by what a row can be recognised again, however it is spelled."""
    name = traces.plain(values.get("name", ""))
    found = {traces.Clue(traces.NAME, name)} if name else set()
    if name and values.get("birth_on"):
        found.add(traces.person(name, values["birth_on"].replace("-", "")))
    for key in ("document_number", "student_number"):
        if number := traces.plain(values.get(key, "")):
            found.add(traces.Clue(traces.NUMBER, number))
    return found


def tags_of(clues: Sequence[traces.Clue], *, is_capped: bool) -> list[bytes]:
    """Return the keyed hash of each clue. What somebody uploads is hashed no faster than the cap allows."""
    ring = settings.XUEJI_KEY_RING if is_capped else settings.XUEJI_KEY_RING.uncapped()
    found: list[bytes] = ring.blind_indexes(SCHEME, [f"{clue.kind}|{clue.text}" for clue in clues])
    return found


def register(
    made: Made,
    *,
    approval_id: UUID,
    export_id: UUID | None,
    place: int,
    recipient: str,
    subject: str,
    fields: Sequence[str],
    sha256: str,
    has_own_order: bool,
    students: Sequence[UUID],
    duty: str,
    by: int,
    today: date,
) -> Disclosure:
    """Write a file into the register with what it can be traced by, and that its pupils were read."""
    kept: Disclosure = Disclosure.everywhere.create(
        id=made.id,
        place=place,
        approval_id=approval_id,
        export_id=export_id,
        recipient=recipient,
        subject=subject,
        fields=list(fields),
        rows=made.rows,
        canaries=len(made.canaries),
        sha256=sha256,
        seed=settings.XUEJI_KEY_RING.encrypt(made.seed, associated("disclosure seed", made.id)),
        has_own_order=has_own_order,
        by=by,
    )
    for ordinal, canary in made.canaries.items():
        canary_id = uuid7.new()
        Canary.everywhere.create(
            id=canary_id,
            place=place,
            disclosure=kept,
            ordinal=ordinal,
            name=canary.values["name"],
            index=settings.XUEJI_KEY_RING.blind_index(DOCUMENT_SCHEMES[0], canary.number),
            content=settings.XUEJI_KEY_RING.encrypt(
                json.dumps(dict(canary.values), ensure_ascii=False), associated("canary", canary_id)
            ),
        )
    tags = tags_of([clue for clue, _ordinal, _is_canary in made.clues], is_capped=False)
    with connections["default"].cursor() as cursor:
        cursor.execute(
            INSERT_CLUES,
            [
                made.id,
                place,
                tags,
                [ordinal for _clue, ordinal, _is_canary in made.clues],
                [is_canary for _clue, _ordinal, is_canary in made.clues],
            ],
        )
    read_list(students, fields=fields, duty=duty, by=by, office=place)
    record(
        "disclosure.make",
        by=by,
        office=place,
        subject_kind="disclosure",
        subject_id=made.id,
        place=place,
        after={
            "approval": str(approval_id),
            "export": None if export_id is None else str(export_id),
            "recipient": recipient,
            "fields": list(fields),
            "rows": made.rows,
            "canaries": len(made.canaries),
            "sha256": sha256,
            "on": str(today),
        },
    )
    return kept
