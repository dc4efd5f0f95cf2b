"""`xueji bench roster --students N [--json]`: the speed of rosters, measured on this machine."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from xueji.bench import report, rosters
from xueji.bench.databases import Place, dropped, name_for
from xueji.config import embedded, environment

STUDENTS = 1_000_000


class Command(BaseCommand):
    help = "Measure imports, pages and database in registries of their own, which are dropped afterwards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["roster"])
        parser.add_argument("--students", type=int, default=STUDENTS, help="pupils already in")
        parser.add_argument("--json", action="store_true", help="one object; docs/benchmarks.md has its keys")
        parser.add_argument("--keep", action="store_true", help="keep the databases for the next run")
        parser.add_argument("--quick", action="store_true", help="see that it runs; the numbers say nothing")
        parser.add_argument(
            "--only", default=",".join(rosters.PARTS), help=f"parts to measure, of {','.join(rosters.PARTS)}"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        parts = options["only"].split(",")
        unknown = set(parts) - set(rosters.PARTS)
        if unknown:
            self.stderr.write(f"--only: {', '.join(sorted(unknown))}?  {', '.join(rosters.PARTS)}")
            raise SystemExit(2)
        effort = rosters.QUICK if options["quick"] else rosters.Effort()
        folder = environment.var() / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        sizes = (effort.empty, effort.middle, options["students"])
        with embedded.hold(environment.var()) as server:
            place = Place(server, folder)
            try:
                result = rosters.measure(
                    place,
                    students=options["students"],
                    effort=effort,
                    parts=parts,
                    now=timezone.localtime(),
                    say=self.stderr.write,
                )
            finally:
                if not options["keep"]:
                    dropped(place, [name_for(size) for size in sizes])
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(report.lines(result)))
