"""`xueji bench roster|changes --students N [--json]`: the speed of rosters or of changes, measured on this machine."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from xueji.bench import changes, report, rosters
from xueji.bench.databases import Place, dropped, name_for
from xueji.config import embedded, environment

STUDENTS = 1_000_000


class Command(BaseCommand):
    help = "Measure imports, pages and database in registries of their own, which are dropped afterwards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["roster", "changes"])
        parser.add_argument("--students", type=int, default=STUDENTS, help="pupils already in")
        parser.add_argument("--json", action="store_true", help="one object; docs/benchmarks.md has its keys")
        parser.add_argument("--keep", action="store_true", help="keep the databases for the next run")
        parser.add_argument("--quick", action="store_true", help="see that it runs; the numbers say nothing")
        parser.add_argument(
            "--only",
            help=f"parts to measure: of {','.join(rosters.PARTS)}; for changes of {','.join(changes.PARTS)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        is_roster = options["what"] == "roster"
        known = rosters.PARTS if is_roster else changes.PARTS
        parts = options["only"].split(",") if options["only"] else list(known)
        unknown = set(parts) - set(known)
        if unknown:
            self.stderr.write(f"--only: {', '.join(sorted(unknown))}?  {', '.join(known)}")
            raise SystemExit(2)
        folder = environment.var() / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        with embedded.hold(environment.var()) as server:
            place = Place(server, folder)
            measure = self.rosters if is_roster else self.changes
            result = measure(place, parts, options)
        if options["json"]:
            self.stdout.write(json.dumps(result, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(report.lines(result) if is_roster else changes.lines(result)))

    def rosters(self, place: Place, parts: list[str], options: dict[str, Any]) -> dict[str, Any]:
        effort = rosters.QUICK if options["quick"] else rosters.Effort()
        with self.databases(place, (effort.empty, effort.middle, options["students"]), options):
            return rosters.measure(
                place,
                students=options["students"],
                effort=effort,
                parts=parts,
                now=timezone.localtime(),
                say=self.stderr.write,
            )

    def changes(self, place: Place, parts: list[str], options: dict[str, Any]) -> dict[str, Any]:
        effort = changes.QUICK if options["quick"] else changes.Effort()
        with self.databases(place, (effort.middle, options["students"]), options):
            return changes.measure(
                place,
                students=options["students"],
                effort=effort,
                parts=parts,
                now=timezone.localtime(),
                say=self.stderr.write,
            )

    @contextmanager
    def databases(self, place: Place, sizes: Sequence[int], options: dict[str, Any]) -> Iterator[None]:
        """Drop the databases of the measurement afterwards, unless they are to be kept."""
        try:
            yield
        finally:
            if not options["keep"]:
                dropped(place, [name_for(size) for size in sizes])
