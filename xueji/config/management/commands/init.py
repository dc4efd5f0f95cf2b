"""`xueji init`: an empty, real registry, and a link for its first administrator."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse
from django.utils import timezone

from xueji.access import actions as access
from xueji.config import keys
from xueji.organisations.actions import seed_divisions


class Command(BaseCommand):
    help = (
        "准备一个空的学籍系统：数据表、区划、代码表、首个管理员。 "
        "Prepare an empty registry: tables, divisions, code lists, the first administrator."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", default="admin", help="user name of the first administrator")
        parser.add_argument("--name", default="部级账号管理员", help="that person's name")
        parser.add_argument(
            "--site", default="", help="address of the site, such as https://xueji.example.edu.cn"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if keys.make_ring(settings.VAR):
            path = keys.path_of_ring(settings.VAR)
            self.stdout.write(
                f"已生成密钥文件 {path}，请另行妥善备份：没有它，证件号码将无法读出。\n"
                f"The key file {path} was made; keep a copy elsewhere: without it no number can be read."
            )
        if keys.make_sealing_keys(settings.VAR):
            self.stdout.write(
                f"已生成封存密钥文件 {keys.path_of_sealing_keys(settings.VAR)}，只供 xueji seal 读取；"
                "请把 xueji audit keys 输出的公钥交给各见证方。\n"
                f"The file of sealing keys {keys.path_of_sealing_keys(settings.VAR)} was made, for `xueji seal` alone;"
                " give the public keys (`xueji audit keys`) to the witnesses."
            )
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        authorities = seed_divisions(using="owner")
        self.stdout.write(
            f"区划和主管部门已写入（{authorities}）。 Divisions and authorities: {authorities} written."
        )
        account = access.open_first_account(
            username=options["username"], name=options["name"], today=timezone.localdate(), using="owner"
        )
        token = access.invite(account, now=timezone.now(), using="owner")
        self.stdout.write(
            "首个管理员请在七天内打开下面的链接设置密码（仅可使用一次）：\n"
            "The first administrator sets a password here, once, within seven days:\n"
            f"  {self.site(options['site'])}{reverse('invitation', args=[token])}"
        )

    def site(self, given: str) -> str:
        """Return the address of the site: as given, else the first origin we know, else the local one."""
        return (given or next(iter(settings.CSRF_TRUSTED_ORIGINS), "http://127.0.0.1:8000")).rstrip("/")
