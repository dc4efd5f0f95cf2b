"""`xueji create_roles`: prepare a PostgreSQL server that is not the embedded one."""

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from xueji.config import database


class Command(BaseCommand):
    help = (
        "在 PostgreSQL 服务器上创建三个角色和数据库（密码取自 DATABASE_*_URL）。 "
        "Make the three roles and the database on a PostgreSQL server; passwords come from DATABASE_*_URL."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("superuser_url", help="postgresql://postgres:…@host/postgres")

    def handle(self, *args: Any, **options: Any) -> None:
        doors = settings.DATABASES.values()
        named = {door["USER"] for door in doors}
        if named != set(database.ROLES):
            raise CommandError(
                f"DATABASE_*_URL 中的角色应为 {', '.join(database.ROLES)}。 "
                f"The roles in DATABASE_*_URL must be {', '.join(database.ROLES)}: row policies name them."
            )
        passwords = {door["USER"]: door["PASSWORD"] for door in doors if door["PASSWORD"]}
        try:
            database.ensure_roles(
                options["superuser_url"], settings.DATABASES["owner"]["NAME"], passwords or None
            )
        except psycopg.Error as error:
            raise CommandError(f"未能创建角色：{error} The roles were not made.") from None
        self.stdout.write("角色和数据库已就绪。 Roles and database are ready.")
