"""The matrix role × level × door × foreign object: every page and every operation of the API is asked for what is somebody else's.

Doors are called as the middleware would: who acts is known, both walls stand at the office's
range. An answer of 2xx is a leak. Objects are all rows of all tables that have a place, as they
were left there by `fill`.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.db import connections, transaction
from django.http import Http404
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.factories import TODAY
from tests.web.test_api_walk import NOWHERE, OPERATIONS, Operation
from xueji.access import scope as walls
from xueji.access.models import Account
from xueji.access.queries import actors_of
from xueji.access.scope import EVERYWHERE, Actor, Scope, ScopedModel, acting
from xueji.lib.errors import Refused

# Columns that say whose a row is.
PLACES = re.compile(r"^(place|\w*_place|office|asked_office|area)$")
# Tables of what everybody may see: offices, schools, the rules of provinces, the plan of a promotion.
PUBLIC = {
    "organisations_organisation", "organisations_school", "organisations_organisationname",
    "organisations_schoolidentifier", "organisations_placehistory", "organisations_schoolchange",
    "organisations_rulepackversion", "status_campaign",
}  # fmt: skip
# Doors that answer everybody, or nobody in particular: what they show is not found by the id in their address.
OPEN = {
    "school", "authority", "school-by-identifier", "pack", "invitation", "watermark", "track",
    # An address that only leads on.
    "set-language", "choose-theme", "switch-appointment", "appointment-end",
    # The rules of every province are public.
    "getPack", "comparePacks", "listPackVersions",
    # What is not there is dropped already: 200, and nothing of anybody.
    "dropStatusDraft",
}  # fmt: skip
# Operations that answer for each of many, or say that it cannot be done: 200 is no leak where the answer refuses.
REFUSE_INSIDE = {
    "checkManyStatusCases": ("items", "refused"),
    "approveManyStatusCases": ("items", "refused"),
    "refuseManyStatusCases": ("items", "refused"),
    "checkClassRequest": ("", "faults"),
}


@dataclass(frozen=True)
class Object:
    """A row of somebody's: its key, the places it belongs to, and what else of it may stand in an address."""

    table: str
    key: str
    places: frozenset[int]
    columns: dict[str, Any] = field(compare=False, hash=False)

    def is_foreign_to(self, scope: Scope) -> bool:
        return not any(place in scope for place in self.places)


@dataclass(frozen=True)
class Door:
    """A page or an operation: its name, its method, its address with blanks, and the kind of each blank."""

    name: str
    method: str
    address: str
    blanks: tuple[tuple[str, str], ...]
    operation: Operation | None = field(default=None, compare=False, hash=False)


def objects(per_table: int, random: Random) -> list[Object]:
    """Return rows of every table with a place, of all provinces, at most so many of a table and province."""
    found = []
    for model in apps.get_models():
        table = model._meta.db_table
        names = {one.column for one in model._meta.local_fields if one.column}
        if (not issubclass(model, ScopedModel) and "place" not in names) or table in PUBLIC:
            continue
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"SELECT to_jsonb(t) FROM {table} t")
            rows = [row if isinstance(row, dict) else json.loads(row) for (row,) in cursor.fetchall()]
            concerned: dict[str, set[int]] = {}
            if table == "changes_case":
                # A problem record is its schools' as well as its desk's.
                cursor.execute("SELECT case_id::text, place FROM changes_caseparty")
                for case, place in cursor.fetchall():
                    concerned.setdefault(case, set()).add(place)
        by_province: dict[int, list[Object]] = {}
        for row in rows:
            places = frozenset(
                value
                for name, value in row.items()
                if PLACES.match(name) and isinstance(value, int) and not isinstance(value, bool)
            )
            if isinstance(row.get("id"), (str, int)):
                places |= concerned.get(str(row["id"]), set())
                key = Object(table, str(row["id"]), places, row)
                by_province.setdefault(row["place"] // 10**10, []).append(key)
        for of_province in by_province.values():
            random.shuffle(of_province)
            found += of_province[:per_table]
    return found


BLANK = re.compile(r"<(?:(\w+):)?(\w+)>")


def pages(patterns: list[URLPattern | URLResolver] | None = None, prefix: str = "") -> Iterator[Door]:
    """Return every page whose address has a blank for a key, with each method it answers."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            if one.namespace is None:
                yield from pages(one.url_patterns, route)
            continue
        blanks = tuple((kind or "str", name) for kind, name in BLANK.findall(route))
        if not {"uuid", "serial", "int", "place"} & {kind for kind, _name in blanks}:
            continue
        for method in ("get", "post"):
            yield Door(str(one.name), method, "/" + route, blanks)


def operations() -> Iterator[Door]:
    """Return every operation of the API that says which object it is about, in its address or its body."""
    for one in OPERATIONS:
        if NOWHERE in one.address or re.search(r"/\d+(/|$)", one.address):
            kind = "uuid" if NOWHERE in one.address else "serial"
            yield Door(one.id, one.method, one.address, ((kind, "id"),), one)
        elif NOWHERE in json.dumps(one.body):
            yield Door(one.id, one.method, one.address, (("uuid", "id"),), one)


def fits(door: Door, one: Object) -> bool:
    """Return whether the key of an object can stand in the address."""
    is_uuid = len(one.key) == 36
    kinds = {kind for kind, _name in door.blanks}
    return bool(kinds & ({"uuid"} if is_uuid else {"serial", "int", "place"}))


def address_of(door: Door, one: Object) -> str:
    """Return the address of a door for an object; further blanks from its own row, where that has them."""
    if door.operation is not None:
        address = door.address.replace(NOWHERE, one.key, 1)
        return "/api/v1" + (
            address if NOWHERE in door.address else re.sub(r"/\d+(?=/|$)", f"/{one.key}", address, count=1)
        )
    is_uuid = len(one.key) == 36
    is_used = False

    def filled(match: re.Match[str]) -> str:
        nonlocal is_used
        kind, name = match.group(1) or "str", match.group(2)
        fitting = kind == "uuid" if is_uuid else kind in ("serial", "int", "place")
        # Of an address with two keys the other one is the row's own: a paper is asked for in its case.
        keys = sum(kind in ("uuid", "serial", "int", "place") for kind, _name in door.blanks)
        if keys > 1 and str(one.columns.get(name) or "") and name.endswith("_id"):
            return str(one.columns[name])
        if fitting and not is_used:
            is_used = True
            return one.key
        return {"uuid": NOWHERE, "slug": "number", "str": "33"}.get(kind, "1")

    return BLANK.sub(filled, door.address)


@contextmanager
def without_scoping() -> Iterator[None]:
    """Let the first wall see the nation, while the database still knows whose range it is."""
    token = walls._current.set(Scope(*EVERYWHERE))
    try:
        yield
    finally:
        walls._current.reset(token)


FACTORY = RequestFactory()


def ask(by: Actor, user: Account, door: Door, one: Object, *, is_scoped: bool) -> str:
    """Ask a door for an object as somebody; return what came, `leak` for an answer of 2xx. Writes nothing."""
    address = address_of(door, one)
    if door.method == "get":
        request = FACTORY.get(address)
    elif door.operation is not None:
        body = json.dumps({} if door.operation.body is None else door.operation.body)
        content = body.replace(NOWHERE, one.key)
        request = FACTORY.generic(
            door.method.upper(), address, content, content_type="application/json",
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )  # fmt: skip
    else:
        request = FACTORY.post(
            address, {"version": "1", "confirmed": "yes", "reason": "合成", "act": "approve"}
        )
    request._dont_enforce_csrf_checks = True
    request.actor, request.actors, request.user = by, [by], user or AnonymousUser()
    request.session = SessionStore()
    request._messages = FallbackStorage(request)
    match = resolve(address)
    with acting(by.scope), transaction.atomic():
        try:
            if is_scoped:
                answer = match.func(request, *match.args, **match.kwargs)
            else:
                with without_scoping():
                    answer = match.func(request, *match.args, **match.kwargs)
        except Http404:
            return "404"
        except Refused as refused:
            return refused.code
        finally:
            transaction.set_rollback(True)
    if not 200 <= answer.status_code < 300:
        return str(answer.status_code)
    return (
        "refused inside"
        if door.name in REFUSE_INSIDE and refuses_inside(door.name, answer.content)
        else "leak"
    )


def refuses_inside(name: str, content: bytes) -> bool:
    """Return whether an answer to many refuses each of them."""
    items, fault = REFUSE_INSIDE[name]
    told = json.loads(content)
    return all(one.get(fault) for one in (told[items] if items else [told]))


def actors() -> list[tuple[Actor, Account]]:
    """Return every appointment of the tiny nation that is no ministry's: role by level by place."""
    found = []
    for account in Account.objects.using("owner").order_by("id"):
        for one in actors_of(account.pk, today=TODAY, using="owner"):
            if one.place:
                found.append((one, account))
    return found


@dataclass
class Result:
    """How many cases were tried, what was answered how often, and every leak."""

    tried: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)
    doors: set[str] = field(default_factory=set)


def walked(
    cases: int, *, is_scoped: bool, seed: int, per_table: int = 3, unguarded: Collection[str] = ()
) -> Result:
    """Try so many cases, drawn so that every door is asked by every role before any is asked again.

    `unguarded` are tables that the policies let everybody read: alone they guard nothing there.
    """
    random, result = Random(seed), Result()
    everything = [one for one in objects(per_table, random) if one.table not in unguarded]
    people = actors()
    doors = [one for one in (*pages(), *operations()) if one.name not in OPEN]
    # Numbers are counted in every table anew: one is foreign only where no row of that number is one's own.
    numbered = objects(10**6, random)
    fitting = {door: [one for one in everything if fits(door, one)] for door in doors}
    own_of: dict[Scope, set[str]] = {}
    while result.tried < cases:
        tried_before = result.tried
        pairs = [(door, who) for door in doors for who in people]
        random.shuffle(pairs)
        for door, (by, account) in pairs:
            if result.tried >= cases:
                break
            own = own_of.setdefault(
                by.scope,
                {one.key for one in numbered if len(one.key) < 36 and not one.is_foreign_to(by.scope)},
            )
            foreign = [one for one in fitting[door] if one.is_foreign_to(by.scope) and one.key not in own]
            if not foreign:
                continue
            one = random.choice(foreign)
            said = ask(by, account, door, one, is_scoped=is_scoped)
            if said == "405":
                fitting[door] = []  # no such door: the page does not answer this method
                continue
            result.tried += 1
            result.answers[said] = result.answers.get(said, 0) + 1
            result.doors.add(door.name)
            if said == "leak":
                result.leaks.append(
                    f"{by.username} {door.method} {door.name} {one.table} {one.key} {address_of(door, one)}"
                )
        if result.tried == tried_before:
            raise ValueError("there is nothing foreign to ask for")
    return result
