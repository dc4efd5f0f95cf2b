"""A tiny nation for tests: three counties in two provinces, five schools, their accounts.

`seed` is written once into the template database; tests find it there by the names below.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password

from xueji.access.models import Account, Appointment, TrainingCertificate
from xueji.access.queries import actor_named
from xueji.access.rules.permissions import SEPARATED, Level
from xueji.access.scope import Actor, national
from xueji.lib.id_numbers import check_digit
from xueji.organisations import actions
from xueji.organisations.models import (
    Class,
    Grade,
    Organisation,
    OrganisationName,
    PlaceHistory,
    School,
    SchoolIdentifier,
)

TODAY = date(2026, 9, 10)
PASSWORD = "定海区的秋天很长2026"

# county, serial, identifier, kind, name
SCHOOLS = (
    ("330902", 1, "2133000001", "211", "定海区第一小学"),
    ("330902", 2, "2133000002", "211", "定海区第二小学"),
    ("330903", 1, "2133000003", "211", "普陀区第一小学"),
    ("510104", 1, "2151000001", "211", "锦江区第一小学"),
    ("330902", 3, "3133000001", "311", "定海区第一初级中学"),
)
PLACES = {identifier: int(county) * 1_000_000 + serial for county, serial, identifier, _, _ in SCHOOLS}
AUTHORITIES = (330902, 330903, 330900, 330000, 510104, 510000, 0)


def seed() -> None:
    """Write divisions, authorities, schools with two grades of three classes, and accounts."""
    actions.seed_divisions(using="owner")
    for county, serial, identifier, kind, name in SCHOOLS:
        place = int(county) * 1_000_000 + serial
        organisation = Organisation.objects.using("owner").create(
            place=place,
            level=Level.SCHOOL,
            name=name,
            parent=Organisation.objects.using("owner").get(place=int(county) * 1_000_000),
            opened_on=date(2000, 9, 1),
        )
        school = School.objects.using("owner").create(
            organisation=organisation,
            place=place,
            identifier=identifier,
            kind=kind,
            founder="831",
            urban_rural="111",
        )
        SchoolIdentifier.objects.using("owner").create(identifier=identifier, school=school, place=place)
        OrganisationName.objects.using("owner").create(organisation=organisation, place=place, name=name)
        PlaceHistory.objects.using("owner").create(place=place, organisation=organisation)
        stage, digit, first = ("primary", "1", 1) if kind == "211" else ("junior", "2", 7)
        for year in (2026, 2025):
            grade = Grade.everywhere.using("owner").create(
                place=place, school=school, stage=stage, entry_year=year, number=first + 2026 - year
            )
            Class.everywhere.using("owner").bulk_create(
                Class(place=place, school=school, grade=grade, number=f"{year}{digit}0{n}", name=f"{n}班")
                for n in (1, 2, 3)
            )
        account(f"r{identifier}", place, "registrar")
        account(f"l{identifier}", place, "leader")
    for code in AUTHORITIES:
        for role in ("officer", "leader", "administrator"):
            account(f"{role[0]}{code:06d}", code * 1_000_000, role)


def account(username: str, place: int, role: str) -> None:
    kept = Account.objects.using("owner").create(
        username=username,
        name=f"测试{username}",
        place=place,
        password=make_password(PASSWORD),
        duty=role if role in SEPARATED else "",
    )
    Appointment.objects.using("owner").create(account=kept, place=place, role=role, since=date(2020, 1, 1))
    if role == "registrar":
        TrainingCertificate.objects.using("owner").create(
            account=kept,
            place=place,
            trained_on=date(2020, 1, 1),
            body="合成教师培训中心",
            document_number=f"合成{place}",
            valid_until=date(2099, 12, 31),
            recorded_on=date(2020, 1, 1),
        )


def actor(username: str) -> Actor:
    """Return the account as it acts: r + identifier registrar, l + identifier leader, o/l/a + six digits authorities."""
    return actor_named(username, today=TODAY)[0]


def school(identifier: str = "2133000001") -> School:
    """Return a school as an action gets it."""
    with national("commands") as using:
        return School.objects.using(using).select_related("organisation").get(identifier=identifier)


def resident_number(serial: int, *, birth: str = "20190901", division: str = "330902", sex: str = "1") -> str:
    """Return a number with a fitting check digit; order codes from 900 mark it as made up."""
    order = 900 + (serial * 2 + (1 if sex == "1" else 0)) % 100
    first = f"{division}{birth}{order:03d}"
    return first + check_digit(first)


def pupil(serial: int = 0, **changed: Any) -> dict[str, str]:
    """Return the typed values of one pupil without fault, as the form and the API take them."""
    day = f"2019{9 + serial // 1500 % 3:02d}{1 + serial // 50 % 28:02d}"
    values = {
        "name": "测" + "试生"[serial % 2] + chr(0x4E00 + serial % 900),
        "document_type": "1",
        "document_number": resident_number(serial % 50, birth=day),
        "class_number": "2026101",
        "entered_on": "202609",
        "ethnicity": "汉族",
        "nationality": "中国",
        "overseas": "00",
        "entry_mode": "就近入学",
        "study_mode": "走读",
        "present_address": f"合成路{serial}号",
        "phone": f"139{serial:08d}",
        "member1_name": "合成家长",
        "member1_relation": "父亲",
        "member1_phone": f"138{serial:08d}",
        "member1_is_guardian": "是",
    }
    values.update({key: str(value) for key, value in changed.items() if value is not None})
    for key in [key for key, value in changed.items() if value is None]:
        values.pop(key, None)
    return values
