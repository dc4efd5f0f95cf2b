"""`xueji roster_check FILE --school ID`: what an upload would find. Writes nothing."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand
from django.utils import timezone

from xueji.access.scope import national
from xueji.changes.actions import rosters
from xueji.changes.commandline import UNUSABLE, Answer, answer, load, refuse_file
from xueji.changes.queries import findings
from xueji.changes.queries.schools import require_open, school_with_identifier
from xueji.lib.errors import Refused


class Command(BaseCommand):
    # Those of the pages would load every page before a file is looked at.
    requires_system_checks = (Tags.security,)
    help = "Check a roster against the rules and the nation, without writing anything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--school", required=True, help="ten-digit school identifier")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        started, sha256 = time.monotonic(), None
        try:
            name, content, sha256 = load(options["file"])
            with national("commands") as using:
                school = school_with_identifier(options["school"], using)
            require_open(school)
            found = rosters.check_file(content, file_name=name, school=school, today=timezone.localdate())
        except Refused as refused:
            refuse_file(self, refused, options["file"], sha256, as_json=options["json"])
            raise SystemExit(UNUSABLE) from refused
        answer(
            self,
            Answer(
                file=options["file"],
                sha256=sha256,
                batch=None,
                rows=found.rows,
                accepted=found.accepted.height,
                rejected=found.rows - found.accepted.height,
                warnings=found.warnings,
                seconds=time.monotonic() - started,
                findings=findings.of_checked(found.checked),
            ),
            options["json"],
        )
