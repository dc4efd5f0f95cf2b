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
    sha256: str
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


def refuse(command: BaseCommand, refused: Refused, as_json: bool) -> None:
    """Print why nothing was done."""
    if as_json:
        command.stdout.write(
            json.dumps(
                {"error": {"code": refused.code, "message_zh": refused.zh, "message_en": refused.en}},
                ensure_ascii=False,
            )
        )
    command.stderr.write(f"{refused.zh}\n{refused.en}")


def answer(command: BaseCommand, found: Answer, as_json: bool) -> None:
    """Print the answer; the exit status says whether all rows were accepted."""
    if as_json:
        content: dict[str, Any] = {
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
