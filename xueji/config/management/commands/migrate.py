"""`xueji migrate`: Django's own, through the door of the owner unless told otherwise."""

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from xueji.organisations.actions import bring_up_to_date


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        is_whole = not options["app_label"] and not options["plan"] and not options["check_unapplied"]
        if is_whole and options["database"] == "owner":
            bring_up_to_date()
