"""`xueji seal`: the worker that seals the history, second by second."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from xueji.audit.sealing import seal
from xueji.config import keys

SECONDS_BETWEEN = 1.0


class Command(BaseCommand):
    help = "持续封存操作记录（每秒一次，直到停止）。 Seal the history, once a second until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="seal what is there now, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        ring = keys.sealing_keys(settings.VAR, create=not settings.PRODUCTION)
        sealed = 0
        while True:
            count = seal(ring, now=timezone.now(), using="national")
            sealed += count
            if count:
                # There may be more than one block holds.
                continue
            if options["once"]:
                break
            time.sleep(SECONDS_BETWEEN)
        self.stdout.write(f"已封存 {sealed} 条记录。 {sealed} records sealed.")
