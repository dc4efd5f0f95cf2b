"""The pupils of one county: drawn as whole columns, families first among equals.

Every place in a class is a row. Twins are put together within a grade of one school,
brothers and sisters within a neighbourhood, and each family then shares surname, people,
parents, household and address. The same plan and seed give the same pupils, in any
process and any order of counties.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from xueji.organisations.rules.school_kinds import Stage
from xueji.synthetic.rules import names, numbers, peoples
from xueji.synthetic.rules.drawing import Days, Flags, Ints, Rng, Texts, Urn, generator, ranks, uuids
from xueji.synthetic.rules.nation import PlannedCounty

TWINS_SHARE = 0.016  # of pupils who have a twin in the same grade
FAMILY_SIZES = {1: 0.57, 2: 0.36, 3: 0.07}  # of families with a child at school
MOST_MOVES = 200  # of a birthday to another day, before a county is given up
LEAST_GAP = 330  # days between two births in one family
LATE_SHARE = 0.025  # a year older than the grade: late entry, a year's illness
WITHOUT_NUMBER_SHARE = 0.0015
OVERSEAS_SHARE = {"11": 0.006, "31": 0.008, "33": 0.004, "35": 0.006, "44": 0.012, "46": 0.003}
OVERSEAS_SHARE_ELSEWHERE = 0.0015
LEFT_BEHIND_RURAL = 0.24
BOARDING = {Stage.PRIMARY: (0.01, 0.10), Stage.JUNIOR: (0.08, 0.52), Stage.SENIOR: (0.45, 0.80)}

# 2 January 2026 in milliseconds since 1970: ids of the synthetic nation all look made on that day.
FIRST_INSTANT = 1_767_312_000_000

# Where an overseas pupil comes from: share, 港澳台侨外, prefix of the permit, nationality, document types
# (permit, other) with shares of the permit.
HONG_KONG, MACAO, TAIWAN, FOREIGN = "hong-kong", "macao", "taiwan", "foreign"
OVERSEAS_KINDS = {HONG_KONG: 0.36, MACAO: 0.08, TAIWAN: 0.26, FOREIGN: 0.30}
NATIONALITY = {HONG_KONG: "HKG", MACAO: "MAC", TAIWAN: "TWN"}
OVERSEAS_CODE = {HONG_KONG: "01", MACAO: "03", TAIWAN: "05", FOREIGN: "51"}
PERMIT_PREFIX = {HONG_KONG: 810000, MACAO: 820000, TAIWAN: 830000}
PERMIT_SHARE = 0.6
PERMANENT_RESIDENCE_SHARE = 0.25

# What a pupil is identified by.
RESIDENT, PERMIT, TRAVEL_PERMIT, RESIDENCE_CARD, PASSPORT, NOTHING = (
    "resident",
    "permit",
    "travel-permit",
    "residence-card",
    "passport",
    "nothing",
)

FATHER, MOTHER, GRANDFATHER, GRANDMOTHER = "51", "52", "61", "62"
ROADS = Urn.even(
    "人民路 解放路 建设路 新华路 中山路 文化路 和平路 环城路 滨河路 学府路 青年路 迎宾大道 朝阳街 东风街".split()
)
EMPLOYERS = Urn.even(
    "务农 个体经营 机械厂 纺织厂 建筑公司 物流公司 超市 医院 中学 运输公司 餐饮店 合作社 电子厂 自由职业".split()
)


@dataclass(frozen=True)
class Population:
    """Everything drawn for a county.

    `pupils` has one row per place in a class, ordered by school, grade, class and seat;
    `members` one row per family member of a pupil, with the pupil's row in `pupil`.
    """

    pupils: pl.DataFrame
    members: pl.DataFrame


@dataclass(frozen=True)
class _Places:
    """One row per place in a class."""

    school: Ints
    cohort: Ints
    class_: Ints
    grade: Ints
    stage: Texts
    home: Ints  # the school whose neighbourhood the pupil lives in
    rural: Flags


def draw_population(county: PlannedCounty, *, seed: int, school_year: int) -> Population:
    """Return the pupils and family members of a county in a school year.

    pupils: student and enrolment id (hexadecimal), school (position in the plan), cohort
    and class (positions in the school and its cohort), seat, stage, grade, family, is_twin,
    siblings, surname, given, name, sex, birth, people, overseas, nationality, kind (of
    document), number, household (division), is_migrant, left_behind, boards, town, address,
    phone and small marks. members: pupil, ordinal, name, relation, is_guardian, phone,
    number, address, household, people, employer.
    """
    rng = generator(seed, county.index, int(county.division), county.pupils, 3)
    spots = _spots(rng, county)
    n = len(spots.school)
    is_boy = rng.random(n) < 0.532
    births = _births(rng, spots.grade, school_year)
    unit, is_twin = _twins(rng, spots)
    births = births[unit]
    family = _families(rng, spots, births, unit)
    households = _Households.draw(rng, county, spots, family, is_twin)
    births, orders, holds = _orders(
        rng, county, households, family, unit, is_twin, is_boy, births, spots.grade, school_year
    )
    surname, given = names.draw_children(rng, households.names, family, is_boy, is_twin)
    pupils = _columns(
        rng,
        county,
        spots,
        households,
        family,
        unit,
        is_twin,
        is_boy,
        births,
        orders,
        holds,
        surname,
        given,
    )
    return Population(pupils, households.members(rng, pupils, family))


def _spots(rng: Rng, county: PlannedCounty) -> _Places:
    """Return the places in classes, with a home for each: young pupils live near their school."""
    school, cohort, class_, grade, stage = [], [], [], [], []
    for s, planned in enumerate(county.schools):
        for c, one in enumerate(planned.cohorts):
            for k, size in enumerate(one.class_sizes):
                school.append(np.full(size, s))
                cohort.append(np.full(size, c))
                class_.append(np.full(size, k))
                grade.append(np.full(size, one.grade.number))
                stage.append(np.full(size, str(one.grade.stage), dtype=object))
    schools = np.concatenate(school)
    stages = np.concatenate(stage)
    nearby = [s for s, p in enumerate(county.schools) if p.kind in ("211", "218", "312", "345")]
    weights = np.array(
        [sum(sum(c.class_sizes) for c in county.schools[s].cohorts) for s in nearby], dtype=float
    )
    home = schools.copy()
    far = np.flatnonzero((stages != Stage.PRIMARY) | ~np.isin(schools, nearby))
    home[far] = rng.choice(np.array(nearby), size=len(far), p=weights / weights.sum())
    is_rural = np.array([p.urban_rural in ("122", "210", "220") for p in county.schools])
    return _Places(
        schools,
        np.concatenate(cohort),
        np.concatenate(class_),
        np.concatenate(grade),
        stages,
        home,
        is_rural[home],
    )


def window(grade: Ints, school_year: int) -> tuple[Days, Ints]:
    """Return the first birthday of each grade, and how many days it spans.

    Who is six on 31 August enters grade 1 on 1 September.
    """
    years = school_year - grade + 1 - 7
    first = (years - 1970).astype("datetime64[Y]").astype("datetime64[M]") + np.timedelta64(8, "M")
    start = first.astype("datetime64[D]")
    end = (first + np.timedelta64(12, "M")).astype("datetime64[D]")
    return start, (end - start).astype(np.int64)


def _births(rng: Rng, grade: Ints, school_year: int) -> Days:
    late = rng.random(len(grade)) < LATE_SHARE
    start, days = window(grade + late, school_year)
    births: Days = start + (rng.random(len(grade)) * days).astype(np.int64)
    return births


def _twins(rng: Rng, spots: _Places) -> tuple[Ints, Flags]:
    """Return for each place the row it shares a birth with (its own, or its twin's), and who has a twin."""
    n = len(spots.school)
    order = np.lexsort((rng.random(n), spots.grade, spots.school))
    starts = np.flatnonzero(rng.random(n - 1) < TWINS_SHARE / 2)
    # No triplets: a pair begins only where the row before does not.
    starts = starts[np.diff(starts, prepend=-2) > 1]
    a, b = order[starts], order[starts + 1]
    together = (spots.school[a] == spots.school[b]) & (spots.grade[a] == spots.grade[b])
    a, b = a[together], b[together]
    unit = np.arange(n)
    unit[b] = a
    is_twin = np.zeros(n, dtype=bool)
    is_twin[a] = is_twin[b] = True
    # Twins live in one home.
    spots.home[b] = spots.home[a]
    spots.rural[b] = spots.rural[a]
    return unit, is_twin


def _families(rng: Rng, spots: _Places, births: Days, unit: Ints) -> Ints:
    """Return the family of each place: 0, 1, 2 … Brothers and sisters live in one neighbourhood."""
    n = len(unit)
    heads = np.flatnonzero(unit == np.arange(n))
    order = heads[np.lexsort((rng.random(len(heads)), spots.home[heads]))]
    sizes = rng.choice(list(FAMILY_SIZES), size=len(order), p=list(FAMILY_SIZES.values()))
    ends = np.cumsum(sizes)
    block = np.searchsorted(ends, np.arange(len(order)), side="right")
    nth = np.arange(len(order)) - np.concatenate([[0], ends])[block]
    joins = np.zeros(len(order), dtype=bool)
    days = births[order].astype(np.int64)
    for back in (1, 2):
        # Whoever is too close in age to a brother or sister, or lives elsewhere, starts a family alone.
        here = np.flatnonzero(nth >= back)
        fits = (np.abs(days[here] - days[here - back]) >= LEAST_GAP) & (
            spots.home[order[here]] == spots.home[order[here - back]]
        )
        if back == 1:
            joins[here] = fits
        else:
            joins[here] &= fits | ~joins[here - 1]
    of_head = np.cumsum(~joins) - 1
    family = np.empty(n, dtype=np.int64)
    family[order] = of_head
    return family[unit]


@dataclass(frozen=True)
class _Households:
    """One row per family."""

    names: names.Families
    origin: Ints  # position among the county's origins; -1 where the household is here
    prefix: Ints
    overseas: Texts  # empty, or where the children come from
    town: Texts
    address: Texts
    left_behind: Ints  # 0 no, 1 one parent away, 2 both
    phones: tuple[Texts, Texts, Texts]
    employers: tuple[Texts, Texts]

    @classmethod
    def draw(
        cls, rng: Rng, county: PlannedCounty, spots: _Places, family: Ints, is_twin: Flags
    ) -> _Households:
        count = int(family.max()) + 1
        some = np.empty(count, dtype=np.int64)
        some[family] = np.arange(len(family))
        rural = spots.rural[some]
        moved = rng.random(count) < county.migrants * np.where(rural, 0.5, 1.15)
        if not county.origins:
            moved[:] = False
        weights = np.array([origin.weight for origin in county.origins])
        origin = np.where(moved, rng.choice(len(weights), size=count, p=weights / weights.sum()), -1)
        prefixes = np.array([int(o.division) for o in county.origins] + [int(county.household)])
        shares = peoples.shares_of(county.household)
        people = Urn.of(shares).draw(rng, count)
        for position, one in enumerate(county.origins):
            rows = np.flatnonzero(origin == position)
            people[rows] = Urn.of(peoples.shares_of(one.division)).draw(rng, len(rows))
        share = OVERSEAS_SHARE.get(county.household[:2], OVERSEAS_SHARE_ELSEWHERE)
        overseas = np.full(count, "", dtype=object)
        # Twins need two numbers on one day, and of a permit's numbers a county has one a day.
        rows = np.flatnonzero((rng.random(count) < share) & ~_with_twins(family, is_twin, count))
        overseas[rows] = Urn.of(OVERSEAS_KINDS).draw(rng, len(rows))
        # There are few names of each country, so foreign families have one child here.
        overseas[(np.bincount(family) > 1) & (overseas == FOREIGN)] = ""
        people[overseas != ""] = peoples.HAN
        chance = rng.random(count)
        left = np.where(rural & ~moved & (overseas == ""), LEFT_BEHIND_RURAL, 0.02)
        left_behind = np.where(chance < left * 0.55, 2, np.where(chance < left, 1, 0))
        towns = np.array([p.town for p in county.schools], dtype=object)[spots.home[some]]
        numbers_ = [rng.integers(1, top, count).astype(str).astype(object) for top in (280, 30, 19)]
        in_seat = towns == county.name
        address = np.where(
            in_seat,
            ROADS.draw(rng, count) + numbers_[0] + "号" + numbers_[1] + "幢" + numbers_[2] + "01室",
            towns + numbers_[1] + "村" + numbers_[2] + "组" + numbers_[0] + "号",
        )
        return cls(
            names.draw_families(rng, county.household, people),
            origin,
            prefixes[origin],
            overseas,
            towns,
            address,
            left_behind,
            (_phones(rng, count), _phones(rng, count), _phones(rng, count)),
            (EMPLOYERS.draw(rng, count), EMPLOYERS.draw(rng, count)),
        )

    def members(self, rng: Rng, pupils: pl.DataFrame, family: Ints) -> pl.DataFrame:
        """Return the family members of each pupil: both parents, or who cares for a child left behind."""
        count = len(self.origin)
        eldest = np.full(count, np.datetime64("2100-01-01"))
        births = pupils["birth"].to_numpy().astype("datetime64[D]")
        np.minimum.at(eldest, family, births)
        grandfathers, grandmothers = names.draw_grandparents(rng, self.names)
        has_grandparent = self.left_behind == 2
        elder_is_woman = rng.random(count) < 0.6
        single = ~has_grandparent & (rng.random(count) < 0.06)
        first_name = self.names.father.copy()
        second_name = np.where(
            has_grandparent, np.where(elder_is_woman, grandmothers, grandfathers), self.names.mother
        )
        alone = single & (rng.random(count) < 0.7)
        first_name[alone] = self.names.mother[alone]
        columns = []
        # Men marry and migrate within the district; who moved in keeps the number of the home county.
        for ordinal, (name, relation, younger, years, is_woman) in enumerate(
            (
                (first_name, np.where(alone, MOTHER, FATHER), 24, 12, alone),
                (
                    second_name,
                    np.where(has_grandparent, np.where(elder_is_woman, GRANDMOTHER, GRANDFATHER), MOTHER),
                    0,
                    0,
                    np.where(has_grandparent, elder_is_woman, True),
                ),
            ),
            start=1,
        ):
            if ordinal == 2:
                age = np.where(has_grandparent, rng.integers(48, 62, count), rng.integers(22, 34, count))
            else:
                age = younger + rng.integers(0, years, count)
            born = eldest - (age * 365.25).astype(np.int64) - rng.integers(0, 365, count)
            orders = 900 + 2 * rng.integers(0, 50, count) + np.where(is_woman, 0, 1)
            columns.append(
                pl.DataFrame(
                    {
                        "ordinal": np.full(count, ordinal),
                        "name": pl.Series(name.tolist(), dtype=pl.String),
                        "relation": pl.Series(relation.tolist(), dtype=pl.String),
                        "is_guardian": np.where(has_grandparent, ordinal == 2, True),
                        "phone": pl.Series(self.phones[ordinal - 1].tolist(), dtype=pl.String),
                        "number": pl.Series(
                            numbers.resident_numbers(self.prefix, born, orders).tolist(), dtype=pl.String
                        ),
                        "employer": pl.Series(self.employers[ordinal - 1].tolist(), dtype=pl.String),
                    }
                )
            )
        one_only = single
        rows = np.arange(len(family))
        both = ~one_only[family]
        return pl.concat(
            [
                columns[0][family].with_columns(pupil=pl.Series(rows)),
                columns[1][family[both]].with_columns(pupil=pl.Series(rows[both])),
            ]
        ).sort("pupil", "ordinal")


def _with_twins(family: Ints, is_twin: Flags, count: int) -> Flags:
    found = np.zeros(count, dtype=bool)
    found[family[is_twin]] = True
    return found


def _phones(rng: Rng, count: int) -> Texts:
    return numbers.phones(rng.integers(0, 6 * 10**8, count))


def _orders(
    rng: Rng,
    county: PlannedCounty,
    households: _Households,
    family: Ints,
    unit: Ints,
    is_twin: Flags,
    is_boy: Flags,
    births: Days,
    grade: Ints,
    school_year: int,
) -> tuple[Days, Ints, Flags]:
    """Return birthdays and order codes such that no number is given twice, and who holds a permit.

    Where a day is full, a birth moves to another day of the same year group; twins are
    served first, so that they keep one birthday and get neighbouring numbers. Permits have
    one code for a day and sex: who comes second has no permit but a travel permit.
    """
    births = births.copy()
    origin = households.origin[family]
    overseas = households.overseas[family]
    by_twins = np.lexsort((unit, ~is_twin))
    holds = np.isin(overseas, list(PERMIT_PREFIX)) & (rng.random(len(family)) < PERMIT_SHARE)
    births[holds] = _permit_days(births[holds], county.index)
    # One group per number space: the county itself, each origin, then each kind of permit.
    space = np.where(origin < 0, 0, origin + 1)
    for position, kind in enumerate(PERMIT_PREFIX, start=len(county.origins) + 1):
        space[holds & (overseas == kind)] = position
    holds[holds] = ranks(space[holds], births[holds], is_boy[holds]) == 0
    slots = np.array([o.slot for o in county.origins] + [0], dtype=np.int64)
    room = np.where(origin < 0, numbers.NATIVES_PER_SEX, numbers.PER_SLOT_AND_SEX)
    first = np.where(origin < 0, numbers.NATIVE, numbers.ARRIVED + 4 * slots[origin])
    first[holds] = numbers.NATIVE + 2 * (county.index // numbers.PERMIT_DAYS % numbers.PERMIT_PAIRS)
    start, span = window(grade, school_year)
    is_head = unit == np.arange(len(unit))
    # Numbers made of a household's county; who is from overseas has none of these.
    counted = overseas == ""
    rank = np.zeros(len(births), dtype=np.int64)
    for _ in range(MOST_MOVES):
        served = by_twins[counted[by_twins]]
        rank[served] = ranks(space[served], births[served], is_boy[served])
        full = counted & (rank >= room)
        if not full.any():
            return births, first + 2 * rank + is_boy, holds
        moved = np.flatnonzero(np.isin(unit, unit[full]) & is_head)
        # By days only, so that brothers and sisters stay months apart.
        births[moved] += rng.integers(1, 15, len(moved))
        beyond = moved[births[moved] >= start[moved] + span[moved]]
        births[beyond] -= rng.integers(15, 45, len(beyond))
        births = births[unit]
    raise ValueError(f"the order codes of {county.division} do not suffice for {county.pupils} pupils")


def _permit_days(births: Days, county: int) -> Days:
    """Return the birthdays moved back to the last day that belongs to the county."""
    days = births.astype("datetime64[D]").astype(np.int64)
    return births - ((days - county) % numbers.PERMIT_DAYS).astype("timedelta64[D]")


def _columns(
    rng: Rng,
    county: PlannedCounty,
    spots: _Places,
    households: _Households,
    family: Ints,
    unit: Ints,
    is_twin: Flags,
    is_boy: Flags,
    births: Days,
    orders: Ints,
    holds_permit: Flags,
    surname: Texts,
    given: Texts,
) -> pl.DataFrame:
    n = len(family)
    overseas = households.overseas[family]
    kind, number, nationality = _documents(
        rng, county, households, family, overseas, births, orders, holds_permit
    )
    _name_foreigners(rng, nationality, np.flatnonzero(overseas == FOREIGN), is_boy, surname, given)
    name = surname + given
    people = households.names.people[family].copy()
    people[overseas == FOREIGN] = ""
    migrant = (households.origin[family] >= 0) & (overseas == "")
    stage_rows = {stage: spots.stage == stage for stage in Stage}
    boards = np.zeros(n, dtype=bool)
    chance = rng.random(n)
    for stage, (town, rural) in BOARDING.items():
        boards |= stage_rows[stage] & (chance < np.where(spots.rural, rural, town))
    children = np.bincount(family)
    instant = FIRST_INSTANT + 4 * county.index
    text = pl.String
    codes = np.array([*(o.division for o in county.origins), county.household], dtype=object)
    household = codes[households.origin[family]]
    household[overseas != ""] = ""
    return pl.DataFrame(
        {
            "student": pl.Series(uuids(rng, instant, n), dtype=text),
            "enrolment": pl.Series(uuids(rng, instant + 2, n), dtype=text),
            "school": spots.school,
            "cohort": spots.cohort,
            "class": spots.class_,
            "seat": ranks(spots.school, spots.cohort, spots.class_) + 1,
            "stage": pl.Series(spots.stage.tolist(), dtype=text),
            "grade": spots.grade,
            "family": family,
            "is_twin": is_twin,
            "siblings": children[family] - 1,
            "surname": pl.Series(surname.tolist(), dtype=text),
            "given": pl.Series(given.tolist(), dtype=text),
            "name": pl.Series(name.tolist(), dtype=text),
            "sex": pl.Series(np.where(is_boy, "1", "2").tolist(), dtype=text),
            "birth": pl.Series(births.astype("datetime64[D]")).cast(pl.Date),
            "people": pl.Series(people.tolist(), dtype=text),
            "overseas": pl.Series(
                np.array([OVERSEAS_CODE.get(where, "00") for where in overseas], dtype=object).tolist(),
                dtype=text,
            ),
            "nationality": pl.Series(nationality.tolist(), dtype=text),
            "kind": pl.Series(kind.tolist(), dtype=text),
            "number": pl.Series(number.tolist(), dtype=text),
            "household": pl.Series(household.tolist(), dtype=text),
            "is_migrant": migrant,
            "left_behind": households.left_behind[family],
            "boards": boards,
            "town": pl.Series(households.town[family].tolist(), dtype=text),
            "address": pl.Series((county.full_name + households.address[family]).tolist(), dtype=text),
            "phone": pl.Series(households.phones[0][family].tolist(), dtype=text),
            "chance": rng.random(n),
        }
    )


def _documents(
    rng: Rng,
    county: PlannedCounty,
    households: _Households,
    family: Ints,
    overseas: Texts,
    births: Days,
    orders: Ints,
    holds_permit: Flags,
) -> tuple[Texts, Texts, Texts]:
    """Return kind of document, number (empty where there is none) and nationality of each pupil."""
    n = len(family)
    prefixes = households.prefix[family].copy()
    for where, prefix in PERMIT_PREFIX.items():
        prefixes[holds_permit & (overseas == where)] = prefix
    number = numbers.resident_numbers(prefixes, births, orders)
    kind = np.full(n, RESIDENT, dtype=object)
    nationality = np.full(n, "CHN", dtype=object)
    for where, letters in NATIONALITY.items():
        nationality[overseas == where] = letters
    kind[holds_permit] = PERMIT
    travels = np.isin(overseas, list(PERMIT_PREFIX)) & ~holds_permit
    kind[travels] = TRAVEL_PERMIT
    foreign = np.flatnonzero(overseas == FOREIGN)
    _document_foreigners(rng, county, foreign, births, kind, number, nationality)
    # Eight digits that look drawn and never repeat: a product with an odd number modulo 10^8.
    serial = (county.index * 10_000 + np.cumsum(overseas != "")) * 61_803_399 % 10**8
    for where, letter in ((HONG_KONG, "H"), (MACAO, "M"), (TAIWAN, "")):
        rows = np.flatnonzero(travels & (overseas == where))
        number[rows] = [f"{letter}{value:08d}" for value in serial[rows]]
    passports = np.flatnonzero(kind == PASSPORT)
    number[passports] = [f"E{value:08d}" for value in serial[passports]]
    without = (overseas == "") & (rng.random(n) < WITHOUT_NUMBER_SHARE)
    kind[without], number[without] = NOTHING, ""
    return kind, number, nationality


def _document_foreigners(
    rng: Rng, county: PlannedCounty, rows: Ints, births: Days, kind: Texts, number: Texts, nationality: Texts
) -> None:
    """Give each foreign pupil a passport or a permanent residence card (2023: 9, province, nationality, birth)."""
    table = peoples.NATIONALITIES
    drawn = rng.choice(len(table), size=len(rows), p=[share for _, _, share in table])
    for row, which, chance in zip(rows, drawn, rng.random(len(rows)), strict=True):
        nationality[row] = table[which][0]
        kind[row] = RESIDENCE_CARD if chance < PERMANENT_RESIDENCE_SHARE else PASSPORT
    cards = rows[kind[rows] == RESIDENCE_CARD]
    if not len(cards):
        return
    countries = {code: int(digits) for code, digits, _ in table}
    prefixes = np.array(
        [9 * 10**5 + int(county.division[:2]) * 1000 + countries[nationality[row]] for row in cards]
    )
    # A county has one day in 61 and its own serials, as for the permits.
    births[cards] = _permit_days(births[cards], county.index)
    pair = county.index // numbers.PERMIT_DAYS % numbers.PERMIT_PAIRS
    serials = 500 + 10 * pair + ranks(prefixes, births[cards])
    number[cards] = numbers.resident_numbers(prefixes, births[cards], serials)


def _name_foreigners(
    rng: Rng, nationality: Texts, rows: Ints, is_boy: Flags, surname: Texts, given: Texts
) -> None:
    """Give foreign pupils names of their country: as their papers have them, or in Han characters."""
    for row, in_han in zip(rows, rng.random(len(rows)) < 0.5, strict=True):
        of_country = peoples.FOREIGN_NAMES[nationality[row]][int(in_han)]
        surname[row], given[row] = "", of_country[0 if is_boy[row] else 1]
