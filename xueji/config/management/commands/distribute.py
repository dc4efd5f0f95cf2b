"""`xueji distribute`: place the tables on the nodes of a Citus cluster."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from xueji.config.placement import statements


class Command(BaseCommand):
    help = (
        "按分布表把各表放到 Citus 集群的节点上；--plan 只显示将执行的语句。 "
        "Place the tables on the nodes of a Citus cluster; --plan only shows the statements."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--plan", action="store_true")

    def handle(self, *args: Any, plan: bool, **options: Any) -> None:
        if plan:
            for statement in statements():
                self.stdout.write(f"{statement};")
            return
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'")
            if cursor.fetchone() is None:
                raise CommandError(
                    "该数据库没有安装 Citus 扩展，各表都留在这一台服务器上。请在协调节点执行 CREATE EXTENSION citus "
                    "并加入工作节点后再运行。 This database has no Citus extension, so its tables stay on this "
                    "server. Run CREATE EXTENSION citus on the coordinator, add the workers, and try again."
                )
            cursor.execute("SELECT table_name::text FROM citus_tables")
            placed = {table for (table,) in cursor.fetchall()}
            missing = statements(placed)
            for statement in missing:
                self.stdout.write(f"{statement};")
                try:
                    cursor.execute(statement)
                except DatabaseError as error:
                    raise CommandError(
                        f"未能放置该表：{error}已放置的表保持不变；排除原因后可再次运行。 "
                        "This table was not placed; those before it stay. Remove the cause and run it again."
                    ) from error
        self.stdout.write(f"已放置 {len(missing)} 张表。 {len(missing)} tables were placed.")
