"""What the roster commands share: reading the file and answering in words or as JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from xueji.changes.queries.findings import Told
from xueji.lib.errors import Refused

ALL_ACCEPTED, SOME_REJECTED, UNUSABLE = 0, 1, 2


class FileMissing(Refused):
    code = "file-missing"


@dataclass(frozen=True)
class Answer:
    """What is printed of a roster: the counts always add up to the rows."""

    file: str
    sha256: str | None
    batch: str | None
    rows: int
    accepted: int
    rejected: int
    warnings: int
    seconds: float
    findings: list[Told] = field(default_factory=list)
    note: tuple[str, str] | None = None


def load(path: str) -> tuple[str, bytes, str]:
    """Return name, content and SHA-256 of a file. Raises FileMissing."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FileMissing(
            f"无法读取文件 {path}：请核对路径和读取权限。",
            f"The file {path} cannot be read ({error.strerror}); check path and rights.",
        ) from error
    return Path(path).name, content, hashlib.sha256(content).hexdigest()


def refuse(command: BaseCommand, refused: Refused) -> None:
    """Print why nothing was done."""
    command.stderr.write(f"{refused.zh}\n{refused.en}")


def refuse_file(
    command: BaseCommand, refused: Refused, file: str, sha256: str | None, *, as_json: bool
) -> None:
    """Print why a roster was not taken; as JSON it is the answer of a roster without rows, and the error."""
    if as_json:
        nothing = Answer(file, sha256, None, rows=0, accepted=0, rejected=0, warnings=0, seconds=0)
        error = {"code": refused.code, "message_zh": refused.zh, "message_en": refused.en}
        command.stdout.write(json.dumps(as_dict(nothing) | {"error": error}, ensure_ascii=False))
    refuse(command, refused)


def as_dict(found: Answer) -> dict[str, Any]:
    """Return the answer by the names that others rely on."""
    return {
        "file": found.file,
        "sha256": found.sha256,
        "batch": found.batch,
        "rows": found.rows,
        "accepted": found.accepted,
        "rejected": found.rejected,
        "warnings": found.warnings,
        "seconds": round(found.seconds, 3),
        "findings": [finding.as_json() for finding in found.findings],
    }


def answer(command: BaseCommand, found: Answer, as_json: bool) -> None:
    """Print the answer; the exit status says whether all rows were accepted."""
    if as_json:
        content = as_dict(found)
        if found.note:
            content["note_zh"], content["note_en"] = found.note
        command.stdout.write(json.dumps(content, ensure_ascii=False))
    else:
        for finding in found.findings:
            command.stdout.write(f"{finding.row}\t{finding.column}\t{finding.code}\t{finding.message_zh}")
        command.stdout.write(
            f"{found.rows} 行：{found.accepted} 通过，{found.rejected} 未通过，{found.warnings} 提示（{found.seconds:.2f} 秒）"
        )
        if found.note:
            command.stdout.write(found.note[0])
    if found.rejected:
        raise SystemExit(SOME_REJECTED)
