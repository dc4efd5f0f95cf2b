"""Two walls round every row: the scope a request acts in, and how the database is told.

The first wall is `ScopedManager`: `Model.objects` sees only rows whose place lies in
the current scope, and refuses to answer when there is none. The second is row-level
security: the same range as `SET LOCAL` settings that the policies cast without
tolerance, so a forgotten scope is an error there too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.db import connections, models, transaction

from xueji.access.rules import places
from xueji.access.rules.permissions import Level, Role, may
from xueji.lib.errors import Refused

EVERYWHERE = places.scope(places.MINISTRY)


class ScopeMissing(RuntimeError):
    """Rows of pupils were asked for outside any scope: a bug, never an empty list."""


class NotAllowed(Refused):
    code = "not-allowed"


class NotTrained(NotAllowed):
    """A registrar without a valid training certificate."""


class NotOnTheList(RuntimeError):
    """An act asked for the whole nation without being on the short list: a bug."""


@dataclass(frozen=True)
class Scope:
    """A half-open range of places: `lo` ≤ place < `hi`."""

    lo: int
    hi: int

    def __contains__(self, place: int) -> bool:
        return self.lo <= place < self.hi


NOWHERE = Scope(0, 0)


@dataclass(frozen=True)
class Actor:
    """Who acts: an account in one appointment. Actions take it as `by`."""

    account_id: int
    name: str
    place: int
    role: Role
    level: Level
    scope: Scope
    office: str = ""
    username: str = ""
    appointment_id: int = 0
    # Acts for a colleague of the same office, for a time (代理).
    is_stand_in: bool = False
    # A registrar acts only while a training certificate is valid (先培训后上岗).
    is_trained: bool = True

    def may(self, act: str) -> bool:
        return may(self.role, self.level, act) and self.is_trained

    def require(self, act: str, place: int | None = None) -> None:
        """Raise NotAllowed unless this actor may do `act`, at `place` when one is given."""
        if not self.is_trained:
            raise NotTrained(
                "尚未登记有效的培训证书，暂不能办理学籍业务（先培训后上岗）。请上级主管部门的账号管理员登记。",
                "No valid training certificate is recorded, and registrars are trained before they act. The account"
                " administrator of the authority above records it.",
            )
        if not self.may(act):
            raise NotAllowed(
                "当前身份无权办理此事项。请切换身份，或请本单位有权限的同事办理。",
                "Your role may not do this. Switch role, or ask a colleague who may.",
            )
        if place is not None and place not in self.scope:
            raise NotAllowed(
                "该事项不在您的管理范围内，请由所属学校或主管部门办理。",
                "This lies outside your area; its own school or authority has to do it.",
            )


_current: ContextVar[Scope | None] = ContextVar("xueji_scope", default=None)
# What each open transaction was told, by database alias: the national one beside the request's own.
_told: ContextVar[Mapping[str, Scope]] = ContextVar("xueji_told", default=MappingProxyType({}))

# Acts that look at the whole nation, each with its reason. Nothing else may.
NATIONAL_ACTS = {
    "roster.check": "a child may be enrolled anywhere in the nation",
    "roster.submit": "claims on a child are national",
    "roster.decide": "the last approval writes identifiers that are unique nationwide",
    "roster.undo": "claims on a child are national",
    "admission": "a child on a list may be known, claimed or admitted anywhere in the nation",
    "preschool": "a kindergarten record is where the child lived, not where it enters school",
    "problems": "a problem record can join schools of two provinces",
    "numbers.upgrade": "a number is unique nationwide",
    "status": "a change of an enrolment concerns two schools, perhaps of two provinces",
    "status.match": "a school that files a transfer names a pupil who is enrolled elsewhere",
    "status.track": "a family follows its case by a code, without an account",
    "status.promotion": "the nation is promoted in one night",
    "feed": "a system that follows its pupils learns of those who come to it from elsewhere",
    "status.discreet": "a placement at a specialised school is shown to nobody but those who must know",
    "status.clocks": "reminders and provisional due days are seen to for all offices",
    "students.history": "who holds a pupil keeps the pupil's earlier enrolments, wherever they were",
    "students.readers": "who holds a pupil may know who read the record, wherever that was",
    "disclosures": "files are made and expire wherever they were asked for, and a leaked one may be anybody's",
    "students.emergency": "in an emergency a pupil is named by number and name, wherever enrolled",
    "misses": "what is looked up in vain counts for a whole county, whichever school looked",
    "canaries": "a number that was never issued must be nobody's anywhere",
    "progress": "the worker reports progress beside the transaction it runs",
    "accounts.seal": "accounts that nobody uses are sealed every night, wherever they are",
    "probes": "an operator watches counts of the whole registry",
    "commands": "the command line acts for the operator of the registry",
    "synthetic": "the synthetic nation is written as a whole",
    "bench": "measurements prepare their own data",
}


def current_scope() -> Scope:
    """Return the scope in force. Raises ScopeMissing where none was opened."""
    scope = _current.get()
    if scope is None:
        raise ScopeMissing("no scope is open: rows of pupils are only read inside access.scope.acting()")
    return scope


# Statements that look a few rows up by their keys are planned once per connection, not at every call.
PLANNED_ONCE = "; SET LOCAL plan_cache_mode = force_generic_plan"


def tell_database(scope: Scope | None, using: str = "default", and_also: str = "") -> None:
    """Set the range for the policies, for this transaction only; without a scope every policy is an error.

    The SET LOCAL statement with integer literals, not set_config(): a distributed
    database forwards only the statement.
    """
    lo, hi = (int(scope.lo), int(scope.hi)) if scope else ("''", "''")
    with connections[using].cursor() as cursor:
        cursor.execute(f"SET LOCAL xueji.lo = {lo}; SET LOCAL xueji.hi = {hi}{and_also}")


@contextmanager
def standing(scope: Scope, using: str, and_also: str = "") -> Iterator[None]:
    """Open a transaction on `using` in which both walls stand at `scope`; afterwards they stand as before."""
    outer = _told.get().get(using) if connections[using].in_atomic_block else None
    current = _current.set(scope)
    told = _told.set({**_told.get(), using: scope})
    try:
        with transaction.atomic(using=using):
            # Where the walls stand so already, nothing is told, and nothing is to be told again.
            if scope != outer or and_also:
                tell_database(scope, using, and_also)
            yield
        if scope != outer and connections[using].in_atomic_block:
            # SET LOCAL lasts as long as the outer transaction: what was told there is told again.
            tell_database(outer, using)
    finally:
        _told.reset(told)
        _current.reset(current)


@contextmanager
def acting(scope: Scope, using: str = "default") -> Iterator[None]:
    """Open a transaction in which both walls stand at `scope`; inside another one, until the block ends."""
    with standing(scope, using):
        yield


@contextmanager
def national(act: str, and_also: str = "") -> Iterator[str]:
    """Open a transaction in the national role, for an act on the short list.

    `and_also` is PLANNED_ONCE where all that is asked in it goes by keys. Yields the database alias. The scope is the whole nation for both walls.
    Raises NotOnTheList.
    """
    if act not in NATIONAL_ACTS:
        raise NotOnTheList(act)
    with standing(Scope(*EVERYWHERE), "national", and_also):
        yield "national"


class ScopedQuerySet(models.QuerySet[Any]):
    def within(self, scope: Scope) -> ScopedQuerySet:
        return self.filter(place__gte=scope.lo, place__lt=scope.hi)


class ScopedManager(models.Manager.from_queryset(ScopedQuerySet)):  # type: ignore[misc]
    """`objects` of every table that has a `place`: only rows of the current scope."""

    def get_queryset(self) -> ScopedQuerySet:
        rows: ScopedQuerySet = super().get_queryset().within(current_scope())
        return rows


class ScopedModel(models.Model):
    """A table with a `place`: `objects` is scoped, `everywhere` is for what writes and for the nation."""

    place = models.BigIntegerField()

    objects = ScopedManager()
    everywhere = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "everywhere"
