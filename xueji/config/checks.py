"""What production must not start with.

The checks run in every management command (`xueji check`), and the launcher refuses to
serve while one of them fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from xueji.config import database, environment

SHORTEST_SECRET = 50
DATABASE_VARIABLES = {
    "default": "DATABASE_URL",
    "national": "DATABASE_NATIONAL_URL",
    "owner": "DATABASE_OWNER_URL",
}


@register(Tags.security)
def production_has_its_own_secrets(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with secrets and switches of a production installation."""
    if not settings.PRODUCTION:
        return []
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(Error("生产环境不得开启 XUEJI_DEBUG。 DEBUG is on in production.", id="config.E001"))
    if not environment.text("SECRET_KEY"):
        found.append(
            Error("生产环境必须设置 SECRET_KEY。 SECRET_KEY is not set in production.", id="config.E002")
        )
    elif len(settings.SECRET_KEY) < SHORTEST_SECRET or settings.SECRET_KEY.startswith("django-insecure"):
        found.append(
            Error(
                f"SECRET_KEY 过短或为示例值，至少 {SHORTEST_SECRET} 个随机字符。 "
                f"SECRET_KEY is an example or shorter than {SHORTEST_SECRET} random characters.",
                id="config.E003",
            )
        )
    if not environment.text("XUEJI_KEYS"):
        found.append(
            Error(
                "生产环境必须用 XUEJI_KEYS 指定密钥文件。 XUEJI_KEYS does not name a key file.",
                id="config.E004",
            )
        )
    if not environment.words("XUEJI_HOSTS"):
        found.append(
            Error("生产环境必须设置 XUEJI_HOSTS。 XUEJI_HOSTS is not set in production.", id="config.E005")
        )
    if settings.EMBEDDED:
        found.append(
            Error(
                "生产环境必须设置 DATABASE_URL，不使用内置数据库。 "
                "DATABASE_URL is not set: the embedded database is for demonstrations.",
                id="config.E006",
            )
        )
    if settings.XUEJI_EASY_SIGN_IN:
        found.append(
            Error(
                "生产环境不得开启 XUEJI_EASY_SIGN_IN：登录须有第二步验证。 "
                "XUEJI_EASY_SIGN_IN is on: production asks for a second factor.",
                id="config.E009",
            )
        )
    return found


@register(Tags.database)
def working_roles_are_plain(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Return what a working role may do that row policies could not hold it back from."""
    found: list[CheckMessage] = []
    for alias in ("default", "national"):
        if databases and alias in databases:
            found += _faults_of_role(alias)
    return found


def _faults_of_role(alias: str) -> list[CheckMessage]:
    variable = DATABASE_VARIABLES[alias]
    with connections[alias].cursor() as cursor:
        cursor.execute(
            """
            SELECT current_user, rolsuper, rolbypassrls,
                   exists (SELECT FROM pg_class WHERE relkind IN ('r', 'p')
                           AND relnamespace = 'public'::regnamespace
                           AND pg_has_role(current_user, relowner, 'USAGE')),
                   current_setting('server_version_num')::int / 10000
            FROM pg_roles WHERE rolname = current_user
            """
        )
        role, is_superuser, bypasses, owns_tables, version = cursor.fetchone()
    is_scoped = alias != "national"
    faults = [
        (is_superuser, "是超级用户", "is a superuser"),
        (
            bypasses and not is_superuser and is_scoped,
            "可绕过行级安全（BYPASSRLS）",
            "bypasses row policies (BYPASSRLS)",
        ),
        (owns_tables and not is_superuser, "拥有数据表", "owns tables"),
    ]
    found: list[CheckMessage] = [
        Error(
            f"{variable} 的角色 {role} {zh}，范围隔离将失效：请改用普通角色。 "
            f"Role {role} of {variable} {en}, so no scope would hold: use a plain role.",
            id="config.E007",
        )
        for wrong, zh, en in faults
        if wrong
    ]
    if version not in database.SERVER_VERSIONS:
        found.append(
            Error(
                f"数据库为 PostgreSQL {version}，支持 16 至 18。 "
                f"PostgreSQL {version} is not supported (16 to 18).",
                id="config.E008",
            )
        )
    return found
