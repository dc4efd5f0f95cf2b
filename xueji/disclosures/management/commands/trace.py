"""`xueji trace FILE`: whose export a leaked workbook or text file was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from xueji.disclosures.actions.traces import Report, Traced, trace
from xueji.lib.errors import Refused


class FileMissing(Refused):
    code = "file-missing"


class Command(BaseCommand):
    help = "查一个泄露的文件（xlsx 或 csv）出自哪次导出。 Tells whose export a leaked file (xlsx or csv) was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="以 JSON 输出。 Answer as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        if not path.is_file():
            raise FileMissing(f"没有文件 {path}。", f"There is no file {path}.")
        report = trace(path.read_bytes(), name=path.name, by=None)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(report), ensure_ascii=False, indent=2))
            return
        if not report.sure:
            self.stdout.write(
                "没有查明：本系统导出的文件中，没有一份足以认定。 Not found: no file that left speaks beyond doubt."
            )
        for one in report.files:
            self.stdout.write(line(one))


def line(one: Traced) -> str:
    """Return what a trace says of one file, in one line."""
    left, evidence = one.left, one.evidence
    share = f"{evidence.spellings_alike}/{evidence.spellings}"
    return (
        f"{min(evidence.confidence, 0.9999):.2%}  {left.office} → {left.recipient}（{left.basis}，{timezone.localtime(left.at):%Y-%m-%d %H:%M}，"
        f"{left.by}，{left.id}）：行 rows {evidence.rows}，独有 only here {evidence.exclusive}，虚构 invented {evidence.canaries}，"
        f"核对码 codes {evidence.codes}，写法 spellings {share}，次序 order {evidence.steps_alike}/{evidence.steps}"
    )


def as_json(report: Report) -> dict[str, Any]:
    """Return a trace as JSON."""
    return {
        "sha256": report.sha256,
        "rows": report.rows,
        "known_rows": report.known_rows,
        "files": [
            {
                "disclosure": str(one.left.id),
                "export": None if one.left.export_id is None else str(one.left.export_id),
                "office": one.left.office,
                "recipient": one.left.recipient,
                "subject": one.left.subject,
                "basis": one.left.basis,
                "by": one.left.by,
                "at": one.left.at.isoformat(),
                "confidence": one.evidence.confidence,
                "evidence": {
                    "rows": one.evidence.rows,
                    "exclusive_rows": one.evidence.exclusive,
                    "canaries": one.evidence.canaries,
                    "codes": one.evidence.codes,
                    "spellings": one.evidence.spellings,
                    "spellings_alike": one.evidence.spellings_alike,
                    "order_steps": one.evidence.steps,
                    "order_steps_alike": one.evidence.steps_alike,
                },
            }
            for one in report.files
        ],
    }
