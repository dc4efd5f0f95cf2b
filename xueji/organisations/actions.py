"""Founding and changing the tree: divisions, authorities, schools, grades and classes. Every change is dated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connections, transaction
from django.db.models.functions import Now

from xueji.access.actions import Ended, end_all_at, resume_all
from xueji.access.rules import places
from xueji.access.rules.permissions import Level
from xueji.access.scope import Actor
from xueji.audit.actions import record
from xueji.lib.errors import Refused
from xueji.lib.working_days import Calendar
from xueji.organisations.actions_packs import seed_packs
from xueji.organisations.models import (
    CalendarDay,
    CalendarYear,
    Class,
    Division,
    Grade,
    Organisation,
    OrganisationName,
    PlaceHistory,
    School,
    SchoolChange,
    SchoolIdentifier,
    SchoolYear,
    Term,
)
from xueji.organisations.queries import forget_calendar
from xueji.organisations.rules import divisions
from xueji.organisations.rules.holiday_notices import Notice, read_notice, title
from xueji.organisations.rules.school_kinds import (
    KINDS,
    YEARS,
    Nature,
    Stage,
    System,
    grade_of,
    school_identifier_problem,
)

OPENED, RENAMED, MERGED, CLOSED, SPLIT = "1", "2", "3", "4", "7"  # JY/T 1001 学校变动; 7 is our own
MINISTRY_NAME = "中华人民共和国教育部"


class IdentifierUnfit(Refused):
    code = "identifier-unfit"


class IdentifierTaken(Refused):
    code = "identifier-taken"


class HostUnfit(Refused):
    code = "host-unfit"


class SchoolIsClosed(Refused):
    code = "school-closed"


class ClassNumberTaken(Refused):
    code = "class-number-taken"


class KindUnknown(Refused):
    code = "kind-unknown"


class SourceTooLong(Refused):
    code = "source-too-long"


class DayOfAnotherNotice(Refused):
    code = "day-of-another-notice"


def seed_divisions(using: str = "owner") -> int:
    """Write divisions, authorities, school years and rule packs of an empty registry; return the authorities written.

    Repeating it adds only what is missing.
    """
    with transaction.atomic(using=using):
        if not Division.objects.using(using).exists():
            Division.objects.using(using).bulk_create(
                [
                    Division(
                        code=d.code,
                        name=d.name,
                        name_en=divisions.name_en(d.code),
                        level=d.level,
                        since=d.since,
                        until=d.until,
                    )
                    for d in (*divisions.all_divisions(), *divisions.own_divisions())
                ],
                batch_size=2000,
            )
        seed_packs(using)
        return _seed_authorities(using) + _seed_school_years(using)


def bring_up_to_date(using: str = "owner") -> int:
    """Give a registry that is in use what a newer program ships with, and return how many rule packs are new.

    An empty database stays empty: `init` and `demo` fill it.
    """
    with transaction.atomic(using=using):
        return seed_packs(using) if Division.objects.using(using).exists() else 0


def _seed_authorities(using: str) -> int:
    present = set(Organisation.objects.using(using).values_list("place", flat=True))
    wanted = {0: (Level.MINISTRY, MINISTRY_NAME)}
    for code in sorted(divisions.authority_codes()):
        wanted[places.place(code)] = (
            Level(divisions.level(code)),
            divisions.name_of(code) + authority_suffix(code),
        )
    # Parents first: an authority's place is smaller than any below it.
    missing = sorted(set(wanted) - present)
    ids: dict[int, int] = dict(Organisation.objects.using(using).values_list("place", "id"))
    codes = divisions.authority_codes()
    for level in Level:
        rows = [
            Organisation(
                place=place,
                level=wanted[place][0],
                name=wanted[place][1],
                parent_id=None if place == 0 else ids[places.authority_above(place, codes)],
            )
            for place in missing
            if wanted[place][0] is level
        ]
        for row in Organisation.objects.using(using).bulk_create(rows, batch_size=2000):
            ids[row.place] = row.pk
    PlaceHistory.objects.using(using).bulk_create(
        [PlaceHistory(place=place, organisation_id=ids[place]) for place in missing], batch_size=2000
    )
    OrganisationName.objects.using(using).bulk_create(
        [
            OrganisationName(organisation_id=ids[place], place=place, name=wanted[place][1])
            for place in missing
        ],
        batch_size=2000,
    )
    return len(missing)


def authority_suffix(code: str) -> str:
    """Return what turns a division's name into its education authority's."""
    if code == divisions.LISTED_APART or code.startswith("99"):
        return ""
    if divisions.level(code) == "province":
        name = divisions.name_of(code)
        return "教育委员会" if name.endswith("市") else "教育厅" if name.endswith(("省", "区")) else "教育局"
    return "教育局"


def _seed_school_years(using: str, first: int = 2008, last: int = 2035) -> int:
    present = set(SchoolYear.objects.using(using).values_list("start", flat=True))
    missing = [year for year in range(first, last + 1) if year not in present]
    SchoolYear.objects.using(using).bulk_create(
        [SchoolYear(start=y, starts_on=date(y, 9, 1), ends_on=date(y + 1, 8, 31)) for y in missing]
    )
    Term.objects.using(using).bulk_create(
        [
            Term(school_year_id=y, ordinal=n, starts_on=starts, ends_on=ends)
            for y in missing
            for n, starts, ends in (
                (1, date(y, 9, 1), date(y + 1, 1, 31)),
                (2, date(y + 1, 2, 1), date(y + 1, 8, 31)),
            )
        ]
    )
    return 0


def open_school(
    *,
    name: str,
    identifier: str,
    division: str,
    kind: str,
    founder: str,
    urban_rural: str,
    by: Actor,
    today: date,
    system: str = "6-3-3",
    under: School | None = None,
    document: str = "",
) -> School:
    """Open a school in a division: name, identifier and place begin their history today.

    A teaching point or an attached class hangs `under` a school and may have no identifier.
    Raises IdentifierUnfit, IdentifierTaken (no identifier is ever given twice), KindUnknown,
    HostUnfit.
    """
    by.require("organisations.manage", places.place(division))
    if kind not in KINDS or system not in YEARS:
        raise KindUnknown(
            "办学类型或学制不在代码表中，请重新选择。",
            "Kind of school or system of years is not on the list; choose again.",
        )
    problem = school_identifier_problem(identifier, kind, division)
    if problem is not None:
        raise IdentifierUnfit(problem.zh, problem.en)
    require_host(kind, under, by=by)
    with transaction.atomic():
        if identifier and SchoolIdentifier.objects.filter(pk=identifier).exists():
            raise identifier_taken(identifier)
        place = next_place(division)
        parent = Organisation.objects.get(place=places.authority_above(place, divisions.authority_codes()))
        organisation = Organisation.objects.create(
            place=place, level=Level.SCHOOL, name=name, parent=parent, opened_on=today
        )
        school = School.objects.create(
            organisation=organisation,
            place=place,
            identifier=identifier,
            kind=kind,
            system=system,
            founder=founder,
            urban_rural=urban_rural,
            under=under,
        )
        if identifier:
            SchoolIdentifier.objects.create(identifier=identifier, school=school, place=place, since=today)
        OrganisationName.objects.create(organisation=organisation, place=place, name=name, since=today)
        PlaceHistory.objects.create(place=place, organisation=organisation, since=today)
        change(school, OPENED, on=today, by=by, document=document, after=name)
    return school


def require_host(kind: str, under: School | None, *, by: Actor) -> None:
    """Raise HostUnfit unless a teaching point or attached class hangs under an open school, and only it does."""
    row = KINDS[kind]
    if row.nature is Nature.SCHOOL:
        if under is not None:
            raise HostUnfit(
                f"{row.zh}独立设置，不属于其他学校；请清空所属学校，或改选教学点、附设班。",
                f"A school of this kind ({row.en}) stands by itself; clear the school it hangs under, or choose"
                " a teaching point or attached class.",
            )
        return
    if under is None:
        raise HostUnfit(
            f"{row.zh}须设在一所学校名下；请填写所属学校的标识码。",
            f"{row.en}: it hangs under a school; give that school's identifier.",
        )
    by.require("organisations.manage", under.place)
    if under.state != School.OPEN or KINDS[under.kind].nature is not Nature.SCHOOL:
        raise HostUnfit(
            "所属学校须是正常办学的学校，不能是教学点、附设班或已撤销的学校；请核对标识码。",
            "It can only hang under a school in operation, not under a teaching point, an attached class or a"
            " closed school; check the identifier.",
        )


def identifier_taken(identifier: str) -> IdentifierTaken:
    """Return the refusal of an identifier that a school bears or once bore."""
    return IdentifierTaken(
        f"学校标识码 {identifier} 已使用过；每个标识码只分配一次，撤销或更换后也不再分配。",
        f"The school identifier {identifier} has been used; identifiers are never given twice.",
    )


def next_place(division: str) -> int:
    """Return the next free place of a division; the row of the authority that runs it is locked until commit."""
    base = places.place(division)
    above = places.authority_above(base + 1, divisions.authority_codes())
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1 FROM organisations_organisation WHERE place = %s FOR UPDATE", [above])
        cursor.execute(
            "SELECT coalesce(max(place), %s) + 1 FROM organisations_placehistory WHERE place >= %s AND place < %s",
            [base, base, base + places.SERIALS],
        )
        (place,) = cursor.fetchone()
    return int(place)


def rename_school(school: School, *, name: str, by: Actor, today: date, document: str = "") -> School:
    """Give a school a new name from today; the old one keeps resolving."""
    by.require("organisations.manage", school.place)
    organisation = school.organisation
    with transaction.atomic():
        before = organisation.name
        if before == name:
            return school
        OrganisationName.objects.filter(organisation=organisation, until__isnull=True).update(until=today)
        OrganisationName.objects.create(organisation=organisation, place=school.place, name=name, since=today)
        organisation.name = name
        organisation.save(update_fields=["name"])
        change(school, RENAMED, on=today, by=by, document=document, before=before, after=name)
    return school


def give_identifier(school: School, *, identifier: str, by: Actor, today: date, document: str = "") -> School:
    """Give a school a new identifier from today; the old one leads to it for ever.

    Raises SchoolIsClosed, IdentifierUnfit, IdentifierTaken (one that any school ever had,
    this one included).
    """
    by.require("organisations.manage", school.place)
    with transaction.atomic():
        school = (
            School.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=school.pk)
        )
        if school.state == School.CLOSED:
            raise SchoolIsClosed(
                "该学校已撤销，标识码不再变更。", "This school is closed; its identifier stays as it was."
            )
        before = school.identifier
        if before == identifier:
            return school
        problem = school_identifier_problem(identifier, school.kind, places.division_of(school.place))
        if problem is not None:
            raise IdentifierUnfit(problem.zh, problem.en)
        given, is_new = SchoolIdentifier.objects.get_or_create(
            identifier=identifier, defaults={"school": school, "place": school.place, "since": today}
        )
        if not is_new:
            raise identifier_taken(given.identifier)
        SchoolIdentifier.objects.filter(pk=before).update(until=today)
        school.identifier = identifier
        school.save(update_fields=["identifier"])
        record(
            "school.identifier",
            by=by.account_id,
            office=by.place,
            subject_kind="organisation",
            subject_id=school.pk,
            place=school.place,
            before={"identifier": before},
            after={"identifier": identifier, "document": document},
        )
    return school


def change(
    school: School,
    kind: str,
    *,
    on: date,
    by: Actor,
    document: str = "",
    into: School | None = None,
    before: str = "",
    after: str = "",
    using: str = "default",
) -> SchoolChange:
    """Keep one dated change of a school, with its event."""
    kept = SchoolChange.objects.using(using).create(
        school=school,
        place=school.place,
        kind=kind,
        on=on,
        into=into,
        document=document,
        before=before,
        after=after,
    )
    record(
        "school.change",
        by=by.account_id,
        office=by.place,
        subject_kind="organisation",
        subject_id=school.pk,
        place=school.place,
        before={"name": before},
        after={"kind": kind, "name": after, "document": document},
        using=using,
    )
    return kept


def shut(
    school: School,
    *,
    on: date,
    by: Actor,
    today: date,
    document: str = "",
    into: School | None = None,
    using: str = "default",
) -> tuple[SchoolChange, tuple[Ended, ...]]:
    """Close a school on a day, with what is left of its classes and with the appointments at it.

    Returns the change and the appointments. Whether it may be closed is asked by the caller,
    which holds the school's row.
    """
    Class.everywhere.using(using).filter(school=school, closed_on__isnull=True).update(closed_on=on)
    School.objects.using(using).filter(pk=school.pk).update(state=School.CLOSED)
    Organisation.objects.using(using).filter(pk=school.pk).update(closed_on=on)
    kept = change(
        school,
        MERGED if into else CLOSED,
        on=on,
        by=by,
        document=document,
        into=into,
        before=school.organisation.name,
        after=into.organisation.name if into else "",
        using=using,
    )
    school.state = School.CLOSED
    return kept, end_all_at(school.place, by=by, today=today, using=using)


def open_again(
    school: School, *, state: str, change_id: int, ended: Sequence[Ended], by: Actor, using: str
) -> None:
    """Take the closing of a school back: its state, its dated change, the appointments at it. Classes are the caller's."""
    School.objects.using(using).filter(pk=school.pk).update(state=state)
    Organisation.objects.using(using).filter(pk=school.pk).update(closed_on=None)
    SchoolChange.objects.using(using).filter(pk=change_id).delete()
    resume_all(ended, by=by, using=using)
    record(
        "school.reopen",
        by=by.account_id,
        office=by.place,
        subject_kind="organisation",
        subject_id=school.pk,
        place=school.place,
        before={"state": School.CLOSED},
        after={"state": state},
        using=using,
    )


def open_class(
    school: School,
    *,
    stage: Stage,
    entry_year: int,
    number: str,
    name: str,
    school_year: int,
    by: Actor,
    today: date,
) -> Class:
    """Open a class in the grade that entered its stage in `entry_year`; the grade is made when missing.

    Raises ClassNumberTaken, KindUnknown when the school does not run that grade.
    """
    by.require("classes.manage", school.place)
    grade = grade_of(entry_year, stage, school_year, System(school.system))
    if grade is None or stage not in KINDS[school.kind].stages:
        raise KindUnknown(
            "本校的办学类型没有这个年级，请核对学段和入学年份。",
            "A school of this kind does not run that grade; check stage and year of entry.",
        )
    with transaction.atomic():
        if Class.everywhere.filter(school=school, number=number).exists():
            raise ClassNumberTaken(
                f"本校已有班号 {number}，请换一个。",
                f"Your school already has class {number}; use another number.",
            )
        cohort, _ = Grade.everywhere.get_or_create(
            school=school,
            stage=stage,
            entry_year=entry_year,
            defaults={"place": school.place, "number": grade.number},
        )
        opened = Class.everywhere.create(
            place=school.place, school=school, grade=cohort, number=number, name=name, opened_on=today
        )
        note_class(opened, "class.open", by=by, after={"number": number, "name": name})
    return opened


def note_class(class_: Class, act: str, *, by: Actor, after: dict[str, Any]) -> None:
    """Record an event of a class."""
    record(
        act,
        by=by.account_id,
        office=by.place,
        subject_kind="class",
        subject_id=class_.pk,
        place=class_.place,
        after=after,
    )


def import_notice(
    text: str, *, source: str = "", announced_on: date | None = None, using: str
) -> frozenset[int]:
    """Take over the notice of days off of a year; return the years in which a day became otherwise.

    A year that was not known before is among them, so that provisional dates are counted
    again; so is the year before, when its last days are arranged with New Year. Repeating
    it changes nothing. Where no source or day of announcement is given, what is known stays.
    `using` is a door that may write national tables. Raises NoticeUnfit, SourceTooLong,
    DayOfAnotherNotice.
    """
    notice = read_notice(text)
    longest = CalendarYear._meta.get_field("source").max_length or 0
    if len(source) > longest:
        raise SourceTooLong(
            f"来源最多 {longest} 个字，请缩短。", f"The source has at most {longest} characters; shorten it."
        )
    with transaction.atomic(using=using):
        changed = _take_over(notice, source, announced_on, using)
    # Now for what follows in the caller's transaction, and at its end for what was read meanwhile.
    forget_calendar()
    transaction.on_commit(forget_calendar, using=using)
    return changed


def _take_over(notice: Notice, source: str, announced_on: date | None, using: str) -> frozenset[int]:
    years, days = CalendarYear.objects.using(using), CalendarDay.objects.using(using)
    _, is_new = years.get_or_create(year=notice.year, defaults={"source": source or title(notice.year)})
    year = years.select_for_update().get(pk=notice.year)
    after = {day.on: (day.is_working, day.name) for day in notice.days}
    before = {day.on: (day.is_working, day.name) for day in days.filter(year=year)}
    other = days.exclude(year=year).filter(on__in=after).first()
    if other is not None:
        raise DayOfAnotherNotice(
            f"{other.on} 已由 {other.year_id} 年的通知安排，请核对两份通知，先更正其中一份。",
            f"{other.on} is arranged by the notice of {other.year_id}; compare the two and correct one first.",
        )
    otherwise = sorted(on for on in before.keys() | after.keys() if before.get(on) != after.get(on))
    origin = (
        source or (title(notice.year) if otherwise else year.source),
        announced_on or year.announced_on,
    )
    if not is_new and not otherwise and origin == (year.source, year.announced_on):
        return frozenset()
    days.filter(on__in=otherwise).delete()
    days.bulk_create(
        CalendarDay(on=on, year=year, is_working=after[on][0], name=after[on][1])
        for on in otherwise
        if on in after
    )
    record(
        "calendar.import",
        by=None,
        office=places.MINISTRY,
        subject_kind="calendar",
        subject_id=notice.year,
        place=places.MINISTRY,
        before=None if is_new else _event_of(year.source, year.announced_on, before, otherwise),
        after=_event_of(*origin, after, otherwise),
        using=using,
    )
    years.filter(pk=year.pk).update(source=origin[0], announced_on=origin[1], imported_at=Now())
    old, new = (Calendar({on: said[0] for on, said in one.items()}, frozenset()) for one in (before, after))
    changed = {on.year for on in otherwise if old.is_working(on) != new.is_working(on)}
    return frozenset(changed | ({notice.year} if is_new else set()))


def _event_of(
    source: str, announced_on: date | None, days: dict[date, tuple[bool, str]], otherwise: list[date]
) -> dict[str, Any]:
    """Return what an event keeps of a notice: where it is from, and of the changed days those it names."""
    return {
        "source": source,
        "announced_on": announced_on and announced_on.isoformat(),
        "days": {on.isoformat(): list(days[on]) for on in otherwise if on in days},
    }
