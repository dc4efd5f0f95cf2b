"""Schools, classes, and the accounts of every office, as rows of the registry's tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from xueji.access.queries import level_of
from xueji.access.rules import places
from xueji.access.rules.permissions import Level, Role
from xueji.organisations.rules import divisions
from xueji.synthetic.records import Keys, classes_of
from xueji.synthetic.rules import names
from xueji.synthetic.rules.drawing import generator
from xueji.synthetic.rules.nation import Nation, PlannedSchool

OPENED_ON = date(2000, 9, 1)
APPOINTED_ON = date(2020, 9, 1)
TRAINED_UNTIL = date(2035, 8, 31)
ROLES = {Level.SCHOOL: (Role.REGISTRAR, Role.LEADER)}
AUTHORITY_ROLES = (Role.OFFICER, Role.LEADER, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Start:
    """The last integer key that each table has before the load."""

    organisation: int
    name: int
    change: int
    grade: int
    class_: int
    account: int
    appointment: int
    event: int


def keys_of(nation: Nation, start: Start, authorities: Sequence[int]) -> list[Keys]:
    """Return the integer keys of each county, in the order of the plan. `authorities` are all, by place."""
    found = []
    codes = divisions.authority_codes()
    # As account_frames numbers them: the officer is the first post of an authority.
    officer = {place: start.account + 1 + len(AUTHORITY_ROLES) * nth for nth, place in enumerate(authorities)}
    school, class_, event = start.organisation, start.class_, start.event
    for county in nation.counties:
        schools = tuple(range(school + 1, school + 1 + len(county.schools)))
        first_classes = []
        for planned in county.schools:
            starts = []
            for cohort in planned.cohorts:
                starts.append(class_ + 1)
                class_ += len(cohort.class_sizes)
            first_classes.append(tuple(starts))
        offices = tuple(places.authority_above(planned.place, codes) for planned in county.schools)
        officers = tuple(officer[office] for office in offices)
        found.append(Keys(schools, tuple(first_classes), event + 1, offices, officers))
        school += len(schools)
        event += county.pupils
    return found


def school_frames(
    nation: Nation, keys: list[Keys], start: Start, parents: dict[int, int]
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the tables of schools with their history, grades and classes. `parents` are authorities by place."""
    schools = [
        (key, planned)
        for county, of in zip(nation.counties, keys, strict=True)
        for key, planned in zip(of.schools, county.schools, strict=True)
    ]
    by_place = {planned.place: key for key, planned in schools}
    codes = divisions.authority_codes()
    organisations = pl.DataFrame(
        {
            "id": [key for key, _ in schools],
            "place": [planned.place for _, planned in schools],
            "level": str(Level.SCHOOL),
            "name": [planned.name for _, planned in schools],
            "parent_id": [parents[places.authority_above(planned.place, codes)] for _, planned in schools],
            "opened_on": OPENED_ON,
        }
    )
    yield "organisations_organisation", organisations
    yield (
        "organisations_school",
        pl.DataFrame(
            {
                "organisation_id": organisations["id"],
                "place": organisations["place"],
                "identifier": [planned.identifier for _, planned in schools],
                "kind": [planned.kind for _, planned in schools],
                "system": [str(planned.system) for _, planned in schools],
                "founder": [planned.founder for _, planned in schools],
                "urban_rural": [planned.urban_rural for _, planned in schools],
                "state": "open",
                "under_id": pl.Series(
                    [None if planned.under is None else by_place[planned.under] for _, planned in schools],
                    dtype=pl.Int64,
                ),
            }
        ),
    )
    identifiers = pl.Series("identifier", [planned.identifier for _, planned in schools])
    history = organisations.select("place", since="opened_on", organisation_id="id")
    yield "organisations_placehistory", history
    yield (
        "organisations_organisationname",
        organisations.select(
            id=pl.int_range(start.name + 1, start.name + 1 + pl.len()),
            organisation_id="id",
            place="place",
            name="name",
            since="opened_on",
        ),
    )
    yield (
        "organisations_schoolidentifier",
        organisations.select(identifiers, school_id="id", place="place", since="opened_on"),
    )
    yield (
        "organisations_schoolchange",
        organisations.select(
            id=pl.int_range(start.change + 1, start.change + 1 + pl.len()),
            school_id="id",
            place="place",
            kind=pl.lit("1"),
            on="opened_on",
            document=pl.lit(""),
            before=pl.lit(""),
            after="name",
        ),
    )
    yield from _class_frames(nation, keys, start, schools)


def _class_frames(
    nation: Nation, keys: list[Keys], start: Start, schools: list[tuple[int, PlannedSchool]]
) -> Iterator[tuple[str, pl.DataFrame]]:
    grades: list[tuple[int, int, int, str, int, int]] = []
    classes: list[tuple[int, int, int, int, str, str]] = []
    class_ = start.class_
    for key, planned in schools:
        known: dict[int, int] = {}
        for position, entry_year, number, name in classes_of(planned, nation.school_year):
            if position not in known:
                known[position] = start.grade + len(grades) + 1
                grade = planned.cohorts[position].grade
                grades.append(
                    (known[position], planned.place, key, str(grade.stage), entry_year, grade.number)
                )
            class_ += 1
            classes.append((class_, planned.place, key, known[position], number, name))
    yield (
        "organisations_grade",
        pl.DataFrame(
            grades,
            schema=["id", "place", "school_id", "stage", "entry_year", "number"],
            orient="row",
        ).with_columns(is_open=True),
    )
    yield (
        "organisations_class",
        pl.DataFrame(
            classes,
            schema=["id", "place", "school_id", "grade_id", "number", "name"],
            orient="row",
        ).with_columns(kind=pl.lit("ordinary"), opened_on=OPENED_ON),
    )


def account_frames(
    nation: Nation, authorities: list[int], start: Start, password: str
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the accounts of every office and their appointments; all have the one hashed password."""
    offices = [*authorities, *(school.place for county in nation.counties for school in county.schools)]
    posts = [(place, role) for place in offices for role in ROLES.get(level_of(place), AUTHORITY_ROLES)]
    identifiers = {school.place: school.identifier for county in nation.counties for school in county.schools}
    accounts = pl.DataFrame(
        {
            "id": range(start.account + 1, start.account + 1 + len(posts)),
            "username": [username(role, place, identifiers) for place, role in posts],
            "name": names.adults(generator(nation.seed, nation.students, 4), len(posts)),
            "place": [place for place, _ in posts],
            "role": [str(role) for _, role in posts],
        }
    )
    yield (
        "access_account",
        accounts.select(
            "id",
            "username",
            "name",
            "place",
            password=pl.lit(password),
            is_active=pl.lit(True),
            language=pl.lit("zh-hans"),
            duty=pl.when(pl.col("role") == str(Role.ADMINISTRATOR)).then("role").otherwise(pl.lit("")),
        ),
    )
    yield (
        "access_appointment",
        accounts.select(
            pl.int_range(start.appointment + 1, start.appointment + 1 + pl.len()).alias("id"),
            "place",
            "role",
            account_id="id",
            since=pl.lit(APPOINTED_ON),
        ),
    )
    yield (
        "access_trainingcertificate",
        accounts.filter(pl.col("role") == str(Role.REGISTRAR)).select(
            "place",
            account_id="id",
            trained_on=pl.lit(APPOINTED_ON),
            body=pl.lit("演示培训中心"),
            document_number=pl.concat_str(pl.lit("演示培"), "username"),
            valid_until=pl.lit(TRAINED_UNTIL),
            recorded_on=pl.lit(APPOINTED_ON),
        ),
    )


def username(role: Role, place: int, identifiers: dict[int, str]) -> str:
    """Return r, l, o or a for the role, and the school's identifier or the six digits of the division."""
    return f"{role[0]}{identifiers.get(place) or places.division_of(place)}"
