"""The plan of a synthetic nation: which counties, how many pupils in each, which schools with which identifiers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from xueji.access.rules import places
from xueji.lib.errors import Refused
from xueji.organisations.rules import divisions
from xueji.organisations.rules.school_kinds import System
from xueji.synthetic.rules import numbers
from xueji.synthetic.rules.drawing import Rng, generator, shared_out
from xueji.synthetic.rules.schools import (
    CATEGORY,
    PUPILS_PER_SCHOOL,
    Cohort,
    SchoolDraft,
    draw_apart,
    draw_schools,
    system_of,
)

# The small nation: three provinces that differ, with islands, a prefecture of the Yi, a
# Tibetan city, the oases of the south-west, and a city run by its region without a prefecture.
SMALL = {
    "330902": 1.5,
    "330921": 0.7,
    "330922": 0.35,
    "510722": 1.9,
    "513301": 0.5,
    "513401": 1.6,
    "653101": 1.5,
    "654002": 1.2,
    "659001": 0.9,
}
# Cities of the Corps and the division that runs them and their schools. 石河子 (659001) stands
# above as the city that its region runs.
CORPS_CITIES = {
    "659002": "660100",
    "659003": "660300",
    "659004": "660600",
    "659005": "661000",
    "659006": "660200",
    "659007": "660500",
    "659008": "660400",
    "659009": "661400",
    "659010": "660700",
    "659011": "661300",
    "659012": "660900",
}
# The division of the Corps that is always drawn, by its city, and the weight of schools listed apart.
CORPS_CITY, CORPS_WEIGHT = "659004", 0.4
APART_WEIGHT = 0.05
# Smaller nations have neither: too few pupils would be left for a school.
LEAST_WITH_ALL = 20_000
PUPILS_PER_COUNTY = 7000
# Small nations get smaller schools, so that there are enough of them to look around in.
SMALL_NATION = 100_000
PUPILS_PER_SMALL_SCHOOL = 415

LEAST, MOST = 200, 20_000_000
# Identifiers of invented schools begin here in every province and category.
FIRST_SERIAL = 900_001

# Share of pupils whose household is in another county, and of those the share from another province.
MIGRANTS = {"11": 0.30, "12": 0.18, "31": 0.35, "32": 0.16, "33": 0.25, "35": 0.17, "44": 0.22, "65": 0.09}
MIGRANTS_ELSEWHERE = 0.07
FROM_OTHER_PROVINCE = {
    "11": 0.85,
    "12": 0.7,
    "31": 0.95,
    "32": 0.5,
    "33": 0.65,
    "35": 0.45,
    "44": 0.5,
    "65": 0.6,
}
FROM_OTHER_PROVINCE_ELSEWHERE = 0.2
# Where pupils who moved between provinces come from, in rough shares of the 2020 census.
SENDING = {
    "34": 11.0, "41": 13.0, "51": 9.0, "52": 7.5, "43": 6.5, "45": 6.5, "36": 5.5, "42": 5.0, "13": 4.5, "37": 3.5,
    "50": 3.5, "23": 3.5, "61": 2.5, "62": 3.0, "14": 2.0, "53": 2.5, "22": 2.0, "32": 3.5, "33": 2.0, "35": 2.0,
    "44": 1.5, "21": 1.5, "15": 1.5,
}  # fmt: skip
ORIGINS_IN_PROVINCE, ORIGINS_ELSEWHERE = 3, 5


# Schools listed apart: how a school of each division is called, before and after its virtue.
APART = {
    "990100": ("海外", "中国学校"),
    "990200": ("香港", "内地课程学校"),
    "990300": ("澳门", "内地课程学校"),
}
# So many that chance leaves nobody out: all their pupils are registered at home.
EVERYBODY = 2.0


class NationTooLarge(Refused):
    code = "too-many-students"


@dataclass(frozen=True)
class Origin:
    """A county from which a county's migrants come, and the slot of order codes it gives to them."""

    division: str
    slot: int
    weight: float


@dataclass(frozen=True)
class PlannedSchool:
    identifier: str
    place: int
    under: int | None  # the place of the school it hangs under
    system: System
    kind: str
    name: str
    town: str
    founder: str
    urban_rural: str
    cohorts: tuple[Cohort, ...]

    @property
    def pupils(self) -> int:
        return sum(sum(cohort.class_sizes) for cohort in self.cohorts)


@dataclass(frozen=True)
class PlannedCounty:
    """A county, a division of the Corps, or one of the divisions listed apart, with its schools.

    `household` is the county whose code begins the documents of those who are registered
    here: the Corps registers in its cities, and of schools listed apart nobody is.
    """

    index: int
    division: str
    household: str
    name: str
    full_name: str
    pupils: int
    schools: tuple[PlannedSchool, ...]
    origins: tuple[Origin, ...]
    migrants: float


@dataclass(frozen=True)
class Nation:
    students: int
    seed: int
    school_year: int
    counties: tuple[PlannedCounty, ...]


def plan_nation(students: int, seed: int, school_year: int) -> Nation:
    """Return the plan of a nation with exactly `students` pupils in a school year.

    The same arguments give the same plan. Up to a hundred thousand pupils live in nine
    counties of three provinces, more in as many counties as it takes, drawn from the whole
    country. From twenty thousand on there are schools of the Corps and schools listed apart.
    Raises NationTooLarge outside 200 to 20 million: beyond that the reserved
    order codes of document numbers run out.
    """
    if not LEAST <= students <= MOST:
        raise NationTooLarge(
            f"演示数据的学生数应在 {LEAST} 到 {MOST} 之间，给出的是 {students}。",
            f"The synthetic nation has {LEAST} to {MOST} pupils, not {students}.",
        )
    rng = generator(seed, students, 1)
    chosen = _counties(rng, students)
    pupils = shared_out(students, list(chosen.values()))
    serials: Counter[str] = Counter()
    used_places: Counter[str] = Counter()
    slots: Counter[str] = Counter()
    counties = []
    for index, (household, number) in enumerate(zip(chosen, pupils, strict=True)):
        code = CORPS_CITIES.get(household, household)
        is_apart = household in APART
        county_rng = generator(seed, students, 2, int(code))
        counties.append(
            PlannedCounty(
                index,
                code,
                household,
                divisions.name_of(code),
                divisions.full_name(code),
                int(number),
                _schools(county_rng, code, int(number), students, serials, used_places, is_first=index == 0),
                _origins(county_rng, code, slots),
                EVERYBODY
                if is_apart
                else MIGRANTS.get(household[:2], MIGRANTS_ELSEWHERE) * float(county_rng.uniform(0.6, 1.4)),
            )
        )
    return Nation(students, seed, school_year, tuple(counties))


def real_counties() -> list[str]:
    """Return the counties in force that have an education authority, by code."""
    return [
        d.code
        for d in divisions.in_force()
        if d.level == "county" and f"{d.code[:2]}0000" not in divisions.WITHOUT_AUTHORITY
    ]


def _counties(rng: Rng, students: int) -> dict[str, float]:
    """Return the counties that are drawn, by the code of their households, with their weights."""
    more = dict.fromkeys(APART, APART_WEIGHT) if students >= LEAST_WITH_ALL else {}
    if students <= SMALL_NATION:
        # Fewer pupils than nine counties can share sensibly live in the first ones.
        some = list(SMALL)[::3] if students < 5000 else list(SMALL)
        corps = {CORPS_CITY: CORPS_WEIGHT} if students >= LEAST_WITH_ALL else {}
        return {code: SMALL[code] for code in some} | corps | more
    others = [code for code in real_counties() if code not in SMALL]
    wanted = min(len(others) + len(SMALL), round(students / PUPILS_PER_COUNTY))
    drawn = {others[i] for i in rng.permutation(len(others))[: wanted - len(SMALL)]} | {CORPS_CITY}
    codes = [*SMALL, *sorted(drawn)]
    weights = [float(w) for w in np.clip(rng.lognormal(0, 0.55, len(codes)), 0.25, 4)]
    return dict(zip(codes, weights, strict=True)) | more


def _schools(
    rng: Rng,
    code: str,
    pupils: int,
    students: int,
    serials: Counter[str],
    used: Counter[str],
    *,
    is_first: bool,
) -> tuple[PlannedSchool, ...]:
    per_school = PUPILS_PER_SMALL_SCHOOL if students <= SMALL_NATION else PUPILS_PER_SCHOOL
    if code in APART:
        drafts = draw_apart(rng, *APART[code], pupils)
    else:
        drafts = draw_schools(
            rng, code, divisions.name_of(code), pupils, per_school, with_special=is_first and pupils >= 5000
        )
    standing = [_place(rng, code, draft, used) for draft in drafts]
    planned = []
    for draft, (place, founder) in zip(drafts, standing, strict=True):
        prefix = f"{CATEGORY[draft.kind]}{code[:2]}"
        serials[prefix] += 1
        planned.append(
            PlannedSchool(
                f"{prefix}{FIRST_SERIAL + serials[prefix] - 1}",
                place,
                None if draft.under is None else standing[draft.under][0],
                system_of(code),
                draft.kind,
                draft.name,
                draft.town,
                founder,
                draft.urban_rural,
                draft.cohorts,
            )
        )
    return tuple(planned)


def _place(rng: Rng, code: str, draft: SchoolDraft, used: Counter[str]) -> tuple[int, str]:
    """Return a free place and the founder: a few senior schools are run by prefecture or province."""
    runner, founder = code, draft.founder
    if code.startswith(divisions.CORPS[:2]) and founder == "831":
        founder = "821"  # a division of the Corps stands where a prefecture does
    if draft.kind == "342" and founder != "999":
        province = f"{code[:2]}0000"
        above = divisions.parent(code) or province
        # Each province of the nation runs its first senior school itself.
        if not used[province] or rng.random() < 0.01:
            runner, founder = province, "811"
        elif above != province and rng.random() < 0.25:
            runner, founder = above, "821"
    used[runner] += 1
    return places.place(runner, used[runner]), founder


def _origins(rng: Rng, code: str, slots: Counter[str]) -> tuple[Origin, ...]:
    """Return where the county's migrants come from, each with a slot that no other county has."""
    counties = real_counties()
    by_province: dict[str, list[str]] = {}
    for other in counties:
        by_province.setdefault(other[:2], []).append(other)
    # The Corps draws from the region around it; schools listed apart from every province.
    own = "65" if code.startswith(divisions.CORPS[:2]) else code[:2]
    nearby = ORIGINS_IN_PROVINCE if own in by_province else 0
    elsewhere = {p: w for p, w in SENDING.items() if p != own}
    shares = np.array(list(elsewhere.values())) / sum(elsewhere.values())
    sending = list(rng.choice(list(elsewhere), ORIGINS_ELSEWHERE, replace=False, p=shares))
    across = FROM_OTHER_PROVINCE.get(own, FROM_OTHER_PROVINCE_ELSEWHERE)
    found: list[Origin] = []
    for province, weight in [(own, (1 - across) / ORIGINS_IN_PROVINCE)] * nearby + [
        (str(province), across * elsewhere[str(province)] / sum(elsewhere[str(p)] for p in sending))
        for province in sending
    ]:
        candidates = by_province[province]
        taken = {origin.division for origin in found} | {code}
        start = int(rng.integers(0, len(candidates)))
        for other in candidates[start:] + candidates[:start]:
            if other not in taken and slots[other] < numbers.SLOTS:
                found.append(Origin(other, slots[other], weight))
                slots[other] += 1
                break
    return tuple(found)
