"""The corrected-file workbook: rejected rows as they were uploaded, to be put right and uploaded again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePath

import polars as pl
from django.conf import settings

from xueji.changes.models import RosterBatch, RosterFile, RosterRow
from xueji.changes.queries.findings import HEADERS, Told, by_row, of_batch
from xueji.changes.rules.return_reasons import in_both
from xueji.changes.rules.roster_files import Roster, from_values
from xueji.changes.rules.roster_steps import RowState
from xueji.lib.errors import Refused
from xueji.spreadsheets.reader import read
from xueji.spreadsheets.writer import write_corrected
from xueji.students.encryption import associated


class NothingToCorrect(Refused):
    code = "nothing-to-correct"


@dataclass(frozen=True)
class Corrected:
    """A workbook and the name to save it under."""

    name: str
    content: bytes


def corrected_file(batch: RosterBatch, *, in_english: bool = False) -> Corrected:
    """Return the rejected rows of a batch as a workbook: bad cells coloured, the reason last.

    Rows that a desk or another roster took out are among them. Cells are read again from
    the kept file, so that they stand as they were uploaded. Raises NothingToCorrect.
    """
    rejecting = by_row(of_batch(batch.id, severity="error"))
    taken_out = dict(
        RosterRow.objects.filter(batch=batch, state=RowState.EXCEPTED).values_list("row", "reason")
    )
    numbers = sorted({*rejecting, *taken_out})
    if not numbers:
        raise NothingToCorrect("本批次没有需要更正的行。", "No row of this batch needs correction.")
    headers, frame = uploaded(batch)
    frame = frame.filter(pl.col("row").is_in(numbers)).sort("row")
    position = {column: at for at, column in enumerate(frame.columns[1:])}
    row_numbers = [int(row) for row in frame["row"]]
    bad_cells = {
        (at, position[finding.key])
        for at, row in enumerate(row_numbers)
        for finding in rejecting.get(row, ())
        if finding.key in position
    }
    reasons = [
        reason(rejecting.get(row, []), taken_out.get(row, ""), in_english=in_english) for row in row_numbers
    ]
    content = write_corrected(
        headers, frame.drop("row"), row_numbers=row_numbers, bad_cells=bad_cells, reasons=reasons
    )
    stem = PurePath(batch.file_name).stem or "roster"
    return Corrected(f"{stem}-{'corrections' if in_english else '更正'}.xlsx", content)


def uploaded(batch: RosterBatch) -> tuple[list[str], pl.DataFrame]:
    """Return headers and cells of the kept file: `row`, then one text column per header, in their order."""
    kept = RosterFile.objects.get(batch_id=batch.id)
    content = settings.XUEJI_KEY_RING.decrypt_bytes(kept.content, associated("roster file", batch.id))
    if batch.door == "workbook":
        sheet = read(content, columns=Roster.columns(), name=batch.file_name)
        return sheet.headers, sheet.frame
    frame = from_values(json.loads(content)).frame
    return [HEADERS[key][0] for key in frame.columns[1:]], frame


def reason(findings: list[Told], taken_out: str, *, in_english: bool) -> str:
    """Return what is wrong with a row, as one text for its last cell."""
    at = 1 if in_english else 0
    said = [
        (one.column_en, one.message_en) if in_english else (one.column, one.message_zh) for one in findings
    ]
    texts = [f"【{column}】{message}" for column, message in said]
    if taken_out:
        texts.append(in_both(taken_out)[at])
    return "\n".join(texts)
