"""`xueji calendar_import FILE`: take over the State Council's notice of days off for a year."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from xueji.access.scope import national
from xueji.lib.errors import Refused
from xueji.organisations.actions import import_notice
from xueji.organisations.rules.holiday_notices import decoded


class FileUnreadable(Refused):
    code = "file-unreadable"


class NoDay(Refused):
    code = "no-day"


def content_of(path: str) -> bytes:
    """Return the bytes of a file. Raises FileUnreadable."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FileUnreadable(
            f"无法读取文件 {path}，请核对路径和读取权限。",
            f"The file {path} cannot be read ({error.strerror}); check path and rights.",
        ) from error


def day_of(text: str) -> date:
    """Return a day given on the command line. Raises NoDay."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NoDay(
            f"“{text}”不是日期，请写成 2026-11-04 的样子。",
            f"“{text}” is no day; write it as 2026-11-04.",
        ) from error


class Command(BaseCommand):
    help = (
        "导入国务院办公厅的年度节假日安排。 "
        "Take over the State Council's notice of days off for a year; the shape is in docs/operations.md."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="the notice as comma-separated text")
        parser.add_argument("--source", default="", help="title or number of the notice")
        parser.add_argument("--announced-on", help="the day the notice was published, such as 2026-11-04")

    def handle(self, *args: Any, **options: Any) -> None:
        given = options["announced_on"]
        announced_on = None if given is None else day_of(given)
        text = decoded(content_of(options["file"]))
        with national("commands") as using:
            changed = import_notice(text, source=options["source"], announced_on=announced_on, using=using)
        if not changed:
            self.stdout.write("工作日没有变化。 No working day has changed.")
            return
        years = "、".join(str(year) for year in sorted(changed))
        self.stdout.write(
            f"工作日有变化的年份：{years}。 Years in which working days changed: {years.replace('、', ', ')}."
        )
