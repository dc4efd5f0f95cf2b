"""`xueji feed_resume`: after a dump was restored, number transactions on from where history was."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from xueji.audit.actions import count_on


class Command(BaseCommand):
    help = (
        "由转储恢复后，接续历史的事务编号，使变动订阅继续。 "
        "After a dump was restored, number transactions on from where history was, so that the change feed goes on."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if count_on(using="owner"):
            self.stdout.write("变动订阅可以继续。 The change feed can go on.")
        else:
            self.stdout.write("无需处理。 Nothing had to be done.")
