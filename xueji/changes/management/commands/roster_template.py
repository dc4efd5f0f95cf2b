"""`xueji roster_template OUT.xlsx --school ID`: the workbook that a school fills in."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand

from xueji.access.scope import national
from xueji.changes.commandline import UNUSABLE, refuse
from xueji.changes.queries.schools import school_with_identifier
from xueji.changes.queries.template import LAYOUTS, template_for
from xueji.lib.errors import Refused


class Unwritable(Refused):
    code = "unwritable"


class Command(BaseCommand):
    # Those of the pages would load every page before a file is looked at.
    requires_system_checks = (Tags.security,)
    help = "Write the roster template of a school, with its classes and the code lists to choose from."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("out", metavar="OUT.xlsx")
        parser.add_argument("--school", required=True, help="ten-digit school identifier")
        parser.add_argument("--layout", choices=list(LAYOUTS), default="short")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["out"])
        try:
            if path.suffix.lower() != ".xlsx":
                raise Unwritable(
                    f"模板是 Excel 工作簿，文件名应以 .xlsx 结尾：{path}。",
                    f"The template is an Excel workbook, so its name has to end with .xlsx: {path}.",
                )
            with national("commands") as using:
                school = school_with_identifier(options["school"], using)
                content = template_for(school, options["layout"], using)
            try:
                path.write_bytes(content)
            except OSError as error:
                raise Unwritable(
                    f"无法写入 {path}：请核对文件夹是否存在、是否有写入权限。",
                    f"{path} cannot be written ({error.strerror}); check that the folder exists and is writable.",
                ) from error
        except Refused as refused:
            refuse(self, refused)
            raise SystemExit(UNUSABLE) from refused
        self.stdout.write(str(path))
