"""What the frame around every page shows: who acts for which office, and where one can go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from xueji.access.queries import role_name
from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor
from xueji.organisations.queries import offices_at
from xueji.web import demonstration

THEMES = (("", _("跟随系统"), "device-desktop"), ("light", _("浅色"), "sun"), ("dark", _("深色"), "moon"))


@dataclass(frozen=True)
class Entry:
    """A place in the navigation: the name of its URL, its word, its icon, and the act it needs."""

    name: str
    label: Any
    icon: str
    act: str = ""
    is_for_authorities: bool = False


# What one comes for often stands first; beyond so many a menu holds the rest, for what comes once a term.
MOST_IN_THE_BAR = 8
NAVIGATION = (
    Entry("inbox", _("待办"), "inbox"),
    Entry("rosters", _("新生名册"), "file-spreadsheet", "roster.view"),
    Entry("changes", _("学籍变动"), "switch-horizontal", "status.view"),
    Entry("problems", _("问题学籍"), "alert-triangle", "problems.view"),
    Entry("students", _("学生"), "users", "students.view"),
    Entry("schools", pgettext_lazy("导航", "学校"), "school", "organisations.view"),
    Entry("overdue", _("逾期情况"), "clock", "status.view"),
    Entry("admissions", _("录取新生"), "users-group", "admission.view"),
    Entry("graduations", _("毕业"), "list-check", "status.view"),
    Entry("promotions", _("升级"), "list-check", "promotion.view"),
    Entry("organisations", _("机构"), "sitemap", "organisations.view", is_for_authorities=True),
    Entry("reorganisations", _("学校撤并"), "building", "reorganisation.view", is_for_authorities=True),
    Entry("packs", _("省级规则"), "file-text", "packs.view"),
    Entry("exports", _("对外提供"), "external-link", "exports.view", is_for_authorities=True),
    Entry("accounts", _("账号"), "key", "accounts.manage"),
    Entry("sealed-accounts", _("封存的账号"), "lock", "accounts.sealed"),
    Entry("alarms", _("安全提醒"), "alert-triangle", "alarms.view"),
    Entry("emergencies", _("紧急查阅"), "lock", "emergency.view"),
    Entry("look-ups", _("查找限额"), "search", "misses.view"),
    Entry("canaries", _("诱饵号码"), "alert-circle", "canaries.manage"),
    Entry("permissions", _("权限表"), "list-check", "permissions.view"),
)


@dataclass(frozen=True)
class Appointment:
    """One of the capacities a person may act in."""

    id: int
    office: str
    role: str
    is_current: bool


class Shell:
    """The frame of one request. Each fact is read when a template first asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.actor: Actor | None = getattr(request, "actor", None)

    @property
    def synthetic(self) -> bool:
        return demonstration.is_running()

    @property
    def theme(self) -> str:
        chosen = self.request.COOKIES.get("theme", "")
        return chosen if chosen in ("light", "dark") else ""

    @property
    def themes(self) -> tuple[tuple[str, Any, str], ...]:
        return THEMES

    @cached_property
    def appointments(self) -> list[Appointment]:
        """Every appointment of the person signed in, the one in force marked; one query."""
        if self.actor is None:
            return []
        actors: list[Actor] = getattr(self.request, "actors", [self.actor])
        names = {one.place: one.name for one in offices_at({actor.place for actor in actors})}
        language = get_language() or settings.LANGUAGE_CODE
        return [
            Appointment(
                id=actor.appointment_id,
                office=names.get(actor.place, ""),
                role=role_name(actor, language),
                is_current=actor.appointment_id == self.actor.appointment_id,
            )
            for actor in actors
        ]

    @cached_property
    def acting(self) -> Appointment | None:
        return next((one for one in self.appointments if one.is_current), None)

    @property
    def can_find_pupils(self) -> bool:
        return self.actor is not None and self.actor.may("students.view")

    @property
    def can_name_stand_in(self) -> bool:
        return self.actor is not None and self.actor.may("stand_in.name")

    @cached_property
    def navigation(self) -> list[tuple[Entry, str, bool]]:
        """The places this actor may go to: entry, address, whether one is there now."""
        if self.actor is None:
            return []
        here = self.request.path
        found = []
        for entry in NAVIGATION:
            if entry.act and not self.actor.may(entry.act):
                continue
            if entry.is_for_authorities and self.actor.level is Level.SCHOOL:
                continue
            try:
                address = reverse(entry.name)
            except NoReverseMatch:
                continue
            at = here == address or (address != "/" and here.startswith(address))
            found.append((entry, address, at))
        # Of two addresses of which one goes on where the other ends, one is at the longer.
        longest = max((len(address) for _entry, address, at in found if at), default=0)
        return [(entry, address, at and len(address) == longest) for entry, address, at in found]

    @property
    def bar(self) -> list[tuple[Entry, str, bool]]:
        """Those that stand in the bar. A menu for a single one would be none."""
        places = self.navigation
        return places if len(places) <= MOST_IN_THE_BAR + 1 else places[:MOST_IN_THE_BAR]

    @property
    def more(self) -> list[tuple[Entry, str, bool]]:
        """The rest, which a menu holds."""
        return self.navigation[len(self.bar) :]

    @property
    def is_at_more(self) -> bool:
        return any(at for _entry, _address, at in self.more)


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: `shell` in every template."""
    return {"shell": Shell(request)}
