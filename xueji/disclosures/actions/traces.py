"""Tracing a leaked file: whose was it? Recorded, since the question itself says who is looked for."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from xueji.access.scope import EVERYWHERE, Actor, Scope, national
from xueji.audit.actions import record
from xueji.disclosures.actions.files import tags_of
from xueji.disclosures.queries import traces as queries
from xueji.disclosures.queries.traces import Left
from xueji.disclosures.rules import traces as rules
from xueji.disclosures.rules.traces import Clue, Match, Suspect
from xueji.spreadsheets.reader import read

TRACE: Final = "exports.trace"
MOST_HITS: Final = 1_000


@dataclass(frozen=True)
class Traced:
    """A file that left, and what speaks for it."""

    left: Left
    evidence: Suspect


@dataclass(frozen=True)
class Report:
    """What became of a trace: rows looked at, rows that any of our files holds, the files, the likeliest first.

    `others` counts files of other areas for which too little speaks to name them.
    """

    sha256: str
    rows: int
    known_rows: int
    files: tuple[Traced, ...]
    others: int

    @property
    def sure(self) -> tuple[Traced, ...]:
        return tuple(one for one in self.files if one.evidence.confidence >= rules.SURE)


def trace(content: bytes, *, name: str, by: Actor | None) -> Report:
    """Return whose file a leaked workbook or text file was; `by` is nobody on the command line.

    Files of other areas are named only when they are beyond doubt: otherwise a list of guessed names would
    learn whose pupils they are. Raises WorkbookRefused, NotAllowed.
    """
    if by is not None:
        by.require(TRACE)
    rows = rows_of(content, name=name)
    scope = Scope(*EVERYWHERE) if by is None else by.scope
    with national("disclosures") as using:
        found = _weighed(rows, using=using)
        shown = tuple(
            one for one in found if one.left.place in scope or one.evidence.confidence >= rules.SURE
        )
        report = Report(
            sha256=hashlib.sha256(content).hexdigest(),
            rows=len(rows),
            known_rows=max((one.evidence.rows for one in shown), default=0),
            files=shown,
            others=len(found) - len(shown),
        )
        record(
            "disclosure.trace",
            by=None if by is None else by.account_id,
            office=0 if by is None else by.place,
            subject_kind="trace",
            subject_id=UUID(bytes=bytes.fromhex(report.sha256)[:16]),
            place=0 if by is None else by.place,
            after={
                "sha256": report.sha256,
                "rows": report.rows,
                "files": {str(one.left.id): round(one.evidence.confidence, 6) for one in shown[:20]},
            },
            using=using,
        )
    return report


def rows_of(content: bytes, *, name: str) -> list[list[str]]:
    """Return every row of the first sheet as texts; there need not be a header. Raises WorkbookRefused."""
    sheet = read(content, columns=(), name=name)
    body = sheet.frame.drop("row").rows()
    return [list(sheet.headers), *([cell or "" for cell in row] for row in body)]


def _matches(clues: Mapping[int, Sequence[Clue]], *, using: str) -> list[Match]:
    """Return where each row was recognised by one of its clues; a clue that half the nation shares is none."""
    every = sorted(
        {clue for of_row in clues.values() for clue in of_row}, key=lambda one: (one.kind, one.text)
    )
    tags = dict(zip(every, tags_of(every, is_capped=True), strict=True))
    hits: dict[bytes, list[tuple[UUID, int, bool]]] = defaultdict(list)
    for tag, disclosure, ordinal, is_canary in queries.found_by(list(tags.values()), using=using):
        hits[tag].append((disclosure, ordinal, is_canary))
    return [
        Match(row, disclosure, ordinal, clue.kind, is_canary)
        for row, of_row in clues.items()
        for clue in of_row
        if len(hits[tags[clue]]) <= MOST_HITS
        for disclosure, ordinal, is_canary in hits[tags[clue]]
    ]


def _weighed(rows: Sequence[Sequence[str]], *, using: str) -> tuple[Traced, ...]:
    clues = {row: rules.clues_of(cells) for row, cells in enumerate(rows)}
    matches = _matches(
        {row: [c for c in of if c.kind != rules.NAME] for row, of in clues.items()}, using=using
    )
    known = {one.row for one in matches}
    # A name alone says little, and is looked at where nothing else was recognised.
    matches += _matches(
        {row: [c for c in of if c.kind == rules.NAME] for row, of in clues.items() if row not in known},
        using=using,
    )
    left = queries.files_that_left({one.disclosure for one in matches}, using=using)
    suspects = rules.weigh(
        rows,
        matches,
        {key: one.seed for key, one in left.items()},
        {key for key, one in left.items() if one.has_own_order},
    )
    return tuple(Traced(left[one.disclosure], one) for one in suspects)
