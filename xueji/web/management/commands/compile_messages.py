"""`xueji compile_messages`: compile the translations without GNU gettext."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from xueji.config.translations import compile_all


class Command(BaseCommand):
    help = "Compile locale/*/LC_MESSAGES/*.po into .mo files."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for path in compile_all(settings.REPOSITORY):
            self.stdout.write(str(path.relative_to(settings.REPOSITORY)))
