"""`xueji schools [--county CODE] --json`: the schools of the registry, with classes and accounts."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand

from xueji.access.queries import usernames_at
from xueji.access.rules import places
from xueji.access.scope import EVERYWHERE, national
from xueji.lib.errors import Refused
from xueji.organisations.queries import schools_within
from xueji.organisations.rules import divisions
from xueji.organisations.rules.school_kinds import KINDS


class NoSuchDivision(Refused):
    code = "no-such-division"


def scope_of(division: str) -> places.Scope:
    """Return the places of a division in force. Raises NoSuchDivision."""
    known = divisions.authority_codes() | {one.code for one in divisions.own_divisions()}
    if division not in known:
        raise NoSuchDivision(
            f"没有代码为 {division} 的现行行政区划，请核对六位区划代码，如 330902。",
            f"No division in force has the code {division}; check its six digits, such as 330902.",
        )
    return places.scope(places.place(division))


class Command(BaseCommand):
    # Those of the pages would load every page before a file is looked at.
    requires_system_checks = (Tags.security,)
    help = "List schools with their identifier, county, place, stages, class numbers and accounts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--county", help="six-digit division code; also a prefecture's or province's")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        lo, hi = EVERYWHERE if options["county"] is None else scope_of(options["county"])
        with national("commands") as using:
            rows = schools_within(lo, hi, using=using)
            accounts = usernames_at(lo, hi, using=using)
        schools = [
            {
                "identifier": identifier,
                "name": name,
                "county": places.division_of(place),
                "county_name": divisions.full_name(places.division_of(place)),
                "place": place,
                "stages": [stage.value for stage in KINDS[kind].stages],
                "classes": classes if isinstance(classes, list) else json.loads(classes),
                "accounts": {
                    "registrar": accounts.get((place, "registrar")),
                    "leader": accounts.get((place, "leader")),
                },
            }
            for place, identifier, name, kind, _system, classes in rows
        ]
        if options["json"]:
            self.stdout.write(json.dumps(schools, ensure_ascii=False))
            return
        for school in schools:
            self.stdout.write(
                f"{school['identifier']}\t{school['name']}\t{school['county_name']}\t{len(school['classes'])}"
            )
