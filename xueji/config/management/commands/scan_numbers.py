"""`xueji scan_numbers`: show that dumps, backups, logs and the database hold no identity number in the clear."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from xueji.lib.number_scanner import scan

CHUNK = 1 << 20
MOST_SHOWN = 20


class Command(BaseCommand):
    help = (
        "检查转储、备份、日志或数据库中有没有明文证件号码。 "
        "Look for identity numbers in the clear, in files (dumps, backups, logs) or in the database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", help="files or folders to look through; - for standard input")
        parser.add_argument(
            "--live", action="store_true", help="every table of the database, arguments of jobs included"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["files"] and not options["live"]:
            raise CommandError(
                "给出文件，或用 --live 检查数据库。 Name files, or look through the database with --live."
            )
        looked = found = 0
        for name, chunks in self.sources(options):
            looked += 1
            for number in scan(chunks):
                found += 1
                if found <= MOST_SHOWN:
                    self.stdout.write(f"{name}: {number.division}************ (byte {number.at})")
        self.stdout.write(
            f"检查 {looked} 处，明文证件号码 {found} 个。 {looked} sources, {found} numbers in the clear."
        )
        if found:
            sys.exit(1)

    def sources(self, options: dict[str, Any]) -> Iterator[tuple[str, Iterator[bytes]]]:
        for given in options["files"]:
            if given == "-":
                yield "-", self.chunks_of(sys.stdin.buffer)
                continue
            path = Path(given)
            if not path.exists():
                raise CommandError(f"没有文件 {path}。 There is no file {path}.")
            for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
                if file.is_file():
                    with file.open("rb") as stream:
                        yield str(file), self.chunks_of(stream)
        if options["live"]:
            with connections["owner"].cursor() as cursor:
                cursor.execute(
                    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
                    " AND relnamespace = 'public'::regnamespace ORDER BY 1"
                )
                tables = [table for (table,) in cursor.fetchall()]
            for table in tables:
                yield table, self.rows_of(table)

    def chunks_of(self, stream: BinaryIO) -> Iterator[bytes]:
        while chunk := stream.read(CHUNK):
            yield chunk

    def rows_of(self, table: str) -> Iterator[bytes]:
        """Yield a table as the server writes it out; bytes appear in hexadecimal."""
        with (
            connections["owner"].cursor() as cursor,
            cursor.copy(f'COPY (SELECT * FROM "{table}") TO STDOUT') as rows,
        ):
            yield from (bytes(row) for row in rows)
