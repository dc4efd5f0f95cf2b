"""`xueji extract_messages`: bring the English catalogue in step with the texts of the screens."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from xueji.web import translations


class Command(BaseCommand):
    help = "Bring locale/en in step with the texts of the screens, and list what has no English yet."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        root = settings.REPOSITORY
        translations.write(root, translations.updated(root))
        for fault in translations.faults(root):
            self.stdout.write(f"{fault.text!r} {fault.reason}")
