"""`xueji api_token ACCOUNT`: a token with which a program acts for one appointment of an account."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from xueji.access.actions import issue_api_token
from xueji.access.models import Appointment
from xueji.access.queries import actor_named, role_name
from xueji.access.scope import Actor, national
from xueji.lib.errors import Refused

LONGEST_DAYS = 3650


class NoSuchAccount(Refused):
    code = "no-such-account"


class AppointmentOpen(Refused):
    code = "appointment-open"


class DaysImpossible(Refused):
    code = "days-impossible"


class Command(BaseCommand):
    help = "生成一个 API 访问令牌，只显示一次。 Make a token for the HTTP API; it is shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account", help="user name")
        parser.add_argument("--name", default="", help="what the token is for; shown in lists")
        parser.add_argument("--days", type=int, default=90, help="days until it expires")
        parser.add_argument("--appointment", type=int, help="which appointment, if the account has several")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= LONGEST_DAYS:
            raise DaysImpossible(
                f"有效天数应在 1 到 {LONGEST_DAYS} 之间。", f"--days must lie between 1 and {LONGEST_DAYS}."
            )
        now = timezone.now()
        with national("commands") as using:
            actor = chosen(options["account"], options["appointment"], using)
            appointment = Appointment.objects.using(using).get(pk=actor.appointment_id)
            token = issue_api_token(
                appointment,
                name=(options["name"] or "api")[:60],
                now=now,
                days=options["days"],
                using=using,
            )
        until = timezone.localdate(now + timedelta(days=options["days"]))
        self.stdout.write(token)
        self.stderr.write(
            f"{actor.username}（{role_name(actor)}）的令牌，有效至 {until}；请妥善保存，不会再次显示。\n"
            f"A token of {actor.username} ({role_name(actor, 'en')}) until {until}. Keep it: it is not shown again."
        )


def chosen(username: str, appointment_id: int | None, using: str) -> Actor:
    """Return the account in the appointment asked for. Raises NoSuchAccount, AppointmentOpen."""
    actors = actor_named(username, today=timezone.localdate(), using=using)
    fitting = [actor for actor in actors if appointment_id in (None, actor.appointment_id)]
    if not fitting:
        raise NoSuchAccount(
            f"没有在任的账号 {username}，或该账号没有此任职。",
            f"There is no account {username} in office, or it has no such appointment.",
        )
    if len(fitting) > 1:
        listed = "; ".join(f"{a.appointment_id} {role_name(a)} {a.place}" for a in fitting)
        raise AppointmentOpen(
            f"账号 {username} 有多项任职，请用 --appointment 指定：{listed}。",
            f"{username} has several appointments; choose one by --appointment: {listed}.",
        )
    return fitting[0]
