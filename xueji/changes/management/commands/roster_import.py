"""`xueji roster_import FILE --school ID --by ACCOUNT`: upload, check and submit a roster."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand
from django.utils import timezone

from xueji.access.queries import actor_named
from xueji.access.scope import Actor, national
from xueji.changes.actions import rosters
from xueji.changes.commandline import UNUSABLE, Answer, answer, load, refuse_file
from xueji.changes.queries import findings
from xueji.changes.queries.schools import school_with_identifier
from xueji.changes.rules.roster_steps import State
from xueji.lib.errors import Refused


class NoSuchAccount(Refused):
    code = "no-such-account"


def registrar(username: str, place: int) -> Actor:
    """Return the account as registrar of the school. Raises NoSuchAccount."""
    actors = actor_named(username, today=timezone.localdate())
    fitting = [actor for actor in actors if actor.place == place and actor.may("roster.upload")]
    if not fitting:
        raise NoSuchAccount(
            f"账号 {username} 不是该校的学籍管理员。可用 xueji schools --json 查看各校账号。",
            f"The account {username} is not a registrar of this school; `xueji schools --json` lists the accounts.",
        )
    return fitting[0]


class Command(BaseCommand):
    # Those of the pages would load every page before a file is looked at.
    requires_system_checks = (Tags.security,)
    help = "Upload, check and submit a roster for a school."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--school", required=True, help="ten-digit school identifier")
        parser.add_argument("--by", required=True, help="user name of the school's registrar")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        started, sha256 = time.monotonic(), None
        try:
            name, content, sha256 = load(options["file"])
            with national("commands") as using:
                school = school_with_identifier(options["school"], using)
            by = registrar(options["by"], school.place)
            batch, is_new = rosters.import_file(
                content, file_name=name, school=school, by=by, today=timezone.localdate()
            )
            if batch.state == State.UNREADABLE:
                sentence = batch.refusal or {}
                raise Refused(sentence["zh"], sentence["en"], code=sentence["code"])
        except Refused as refused:
            refuse_file(self, refused, options["file"], sha256, as_json=options["json"])
            raise SystemExit(UNUSABLE) from refused
        with national("commands") as using:
            told = findings.of_batch(batch.id, using=using)
        answer(
            self,
            Answer(
                file=options["file"],
                sha256=sha256,
                batch=str(batch.id),
                rows=batch.rows,
                accepted=batch.accepted,
                rejected=batch.rejected,
                warnings=batch.warnings,
                seconds=time.monotonic() - started,
                findings=told,
                note=None
                if is_new
                else (
                    "同一文件此前已上传，本次没有任何改变。",
                    "The same file was uploaded before; nothing was changed.",
                ),
            ),
            options["json"],
        )
