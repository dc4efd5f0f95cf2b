"""The drawn pupils of a county as rows of the registry's tables, identities hashed and encrypted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from xueji.lib import masks, names
from xueji.lib.crypto import KeyRing
from xueji.organisations.rules.school_kinds import class_number, entry_year_of
from xueji.students.encryption import associated
from xueji.students.rules.numbers import provisional
from xueji.synthetic.rules import population as drawn
from xueji.synthetic.rules.drawing import Ints, ranks
from xueji.synthetic.rules.nation import PlannedCounty, PlannedSchool
from xueji.synthetic.rules.population import Population

STUDYING = "01"
NUMBER_SCHEME = "S"
ACT = "roster.register"

# Document type (JY/T 1001) and scheme of the identifier, by what a pupil is identified by
# and, for residents of Hong Kong, Macao and Taiwan, by 港澳台侨外.
REGION_TYPE = {"01": "6", "03": "7", "05": "8"}
REGION_SCHEME = {"01": "H", "03": "M", "05": "T"}
TYPE = {drawn.RESIDENT: "1", drawn.RESIDENCE_CARD: "9", drawn.PASSPORT: "A", drawn.NOTHING: "Z"}
SCHEME = {
    drawn.RESIDENT: "R",
    drawn.PERMIT: "R",
    drawn.RESIDENCE_CARD: "F",
    drawn.PASSPORT: "P",
    drawn.NOTHING: "",
}

ENTRY_MODE = {"primary": "11", "junior": "11", "senior": "21"}
DAY_PUPIL, BOARDER = "1", "2"
NORMAL_ENTRY = "1"
# Everybody was registered at eight in the morning, Shanghai time, on the day of entry.
HOUR = " 08:00:00+08"


@dataclass(frozen=True)
class Keys:
    """The integer keys of a county: of each school, of the first class of each cohort, of the first event.

    `offices` are the places of the authorities that run the schools, `officers` the accounts
    of their officers, both in the order of the schools.
    """

    schools: tuple[int, ...]
    first_classes: tuple[tuple[int, ...], ...]
    first_event: int
    offices: tuple[int, ...]
    officers: tuple[int, ...]


@dataclass(frozen=True)
class Setting:
    """What is the same for all counties."""

    school_year: int
    ring: KeyRing


def classes_of(school: PlannedSchool, school_year: int) -> Iterator[tuple[int, int, str, str]]:
    """Yield cohort position, entry year, class number and name of each class, in the order of their keys."""
    for position, cohort in enumerate(school.cohorts):
        entry_year = entry_year_of(cohort.grade, school_year)
        for n in range(1, len(cohort.class_sizes) + 1):
            # Without the grade: next year the class is of another one.
            yield position, entry_year, class_number(entry_year, cohort.grade.stage, n), f"{n}班"


def frames(
    county: PlannedCounty, population: Population, keys: Keys, setting: Setting
) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield each table of the county's pupils with its rows, parents before children."""
    pupils = _with_keys(county, population.pupils, keys, setting.school_year)
    indexes, numbers = _student_numbers(county, pupils, setting.ring)
    yield "students_student", _students(pupils, setting.ring)
    yield "students_identifier", _identifiers(pupils, indexes, numbers, setting.ring)
    yield "students_enrolment", _enrolments(pupils)
    yield "students_familymember", _members(pupils, population.members, setting.ring)
    yield "students_headcount", _headcounts(pupils)
    yield "students_numberserial", _serials(numbers)
    yield "audit_event", _events(pupils, numbers, keys)


def _with_keys(county: PlannedCounty, pupils: pl.DataFrame, keys: Keys, school_year: int) -> pl.DataFrame:
    """Return the pupils with place, school, class, entry year and codes of the registry."""
    places = np.array([school.place for school in county.schools], dtype=np.int64)
    flat_start = np.cumsum([0, *(len(school.cohorts) for school in county.schools)])[:-1]
    first_class = np.array([key for school in keys.first_classes for key in school], dtype=np.int64)
    years = np.array(
        [entry_year_of(cohort.grade, school_year) for school in county.schools for cohort in school.cohorts],
        dtype=np.int64,
    )
    school: Ints = pupils["school"].to_numpy()
    cohort: Ints = flat_start[school] + pupils["cohort"].to_numpy()
    overseas = pl.col("overseas")
    return pupils.with_columns(
        place=pl.Series(places[school]),
        school_id=pl.Series(np.array(keys.schools, dtype=np.int64)[school]),
        class_of_id=pl.Series(first_class[cohort] + pupils["class"].to_numpy()),
        entry_year=pl.Series(years[cohort]),
        document_type=pl.coalesce(
            pl.col("kind").replace_strict(TYPE, default=None),
            overseas.replace_strict(REGION_TYPE, default=None),
        ),
        scheme=pl.coalesce(
            pl.col("kind").replace_strict(SCHEME, default=None),
            overseas.replace_strict(REGION_SCHEME, default=None),
        ),
    ).with_columns(entered_on=pl.date(pl.col("entry_year"), 9, 1))


def _student_numbers(
    county: PlannedCounty, pupils: pl.DataFrame, ring: KeyRing
) -> tuple[list[bytes], list[str]]:
    """Return blind index and student number of each pupil: G with a resident number, J without."""
    is_formal = (pupils["kind"] == drawn.RESIDENT).to_numpy()
    documents = pupils["number"].to_list()
    births = pupils["birth"].dt.strftime("%Y%m%d").to_list()
    numbers = [f"G{number}" for number in documents]
    others = np.flatnonzero(~is_formal)
    prefixes = [f"J{county.division}{births[row]}" for row in others]
    for row, prefix, serial in zip(
        others, prefixes, ranks(np.array(prefixes, dtype="U15")) if prefixes else [], strict=True
    ):
        numbers[row] = provisional(prefix, int(serial) + 1)
    return ring.blind_indexes(NUMBER_SCHEME, numbers), numbers


def _text(*parts: pl.Expr | str) -> pl.Expr:
    return pl.concat_str([part if isinstance(part, pl.Expr) else pl.lit(part) for part in parts])


def _yes(condition: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(pl.lit("1")).otherwise(pl.lit("0"))


def _details() -> pl.Expr:
    """Return the fields that nothing searches by, as JSON; no value needs escaping."""
    chance, grade = pl.col("chance"), pl.col("grade")
    health = pl.when(chance < 0.03).then(pl.lit("20")).otherwise(pl.lit("10"))
    is_member = (grade >= 8) & (chance * 7 % 1 < (grade - 6) * 0.1)
    transport = (
        pl.when(pl.col("boards")).then(pl.lit("3"))
        .when(chance * 3 % 1 < 0.45).then(pl.lit("1"))
        .when(chance * 3 % 1 < 0.75).then(pl.lit("4"))
        .otherwise(pl.lit("2"))
    )  # fmt: skip
    return _text(
        '{"health":"', health,
        '","political":"', pl.when(is_member).then(pl.lit("03")).otherwise(pl.lit("13")),
        '","household_division":"', pl.col("household"), pl.when(pl.col("household") != "").then(pl.lit("000000")).otherwise(pl.lit("")),
        '","left_behind":"', pl.col("left_behind").cast(pl.String),
        '","only_child":"', _yes((pl.col("siblings") == 0) & (chance * 11 % 1 < 0.6)),
        '","preschool":"', _yes(chance * 13 % 1 < 0.97),
        '","boarder_aid":"', _yes(pl.col("boards") & (chance * 17 % 1 < 0.2)),
        '","transport":"', transport,
        '","distance_km":"', (0.2 + chance * 5 % 1 * 6).round(1).cast(pl.String),
        '","migrant_worker_child":"', _yes(pl.col("is_migrant") & (chance * 19 % 1 < 0.8)),
        '"}',
    ).str.replace('"household_division":"",', "", literal=True)  # fmt: skip


def _students(pupils: pl.DataFrame, ring: KeyRing) -> pl.DataFrame:
    listed = pupils["name"].to_list()
    private = pupils.select(
        _text('{"present_address":"', pl.col("address"), '","phone":"', pl.col("phone"), '"}')
    ).to_series()
    sealed = ring.encrypt_many(
        private.to_list(), [associated("student", bytes.fromhex(key)) for key in pupils["student"]]
    )
    return pupils.select(
        pl.col("student").alias("id"),
        "place",
        "name",
        pl.Series("pinyin", names.pinyin_many(listed)),
        pl.Series("initials", names.initials_many(listed)),
        "sex",
        pl.col("birth").alias("birth_on"),
        "nationality",
        pl.col("people").alias("ethnicity"),
        "overseas",
        "document_type",
        _details().alias("details"),
        pl.Series("private", sealed, dtype=pl.Binary),
        pl.lit(1).alias("version"),
        _instants("entered_on").alias("created_at"),
    )


def _identifiers(
    pupils: pl.DataFrame, number_indexes: list[bytes], numbers: list[str], ring: KeyRing
) -> pl.DataFrame:
    """Return two rows per pupil: the document, if there is a number, and the student number."""
    documents = pupils.filter(pl.col("number") != "").with_columns(
        hashed=pl.when(pl.col("scheme") == "P")
        .then(_text(pl.col("nationality"), "|", pl.col("number")))
        .otherwise("number")
    )
    parts = []
    for (scheme,), part in documents.group_by("scheme", maintain_order=True):
        indexes = ring.blind_indexes(str(scheme), part["hashed"].to_list())
        parts.append(_identifier(part, str(scheme), indexes, part["number"].to_list(), ring))
    parts.append(_identifier(pupils, NUMBER_SCHEME, number_indexes, numbers, ring))
    return pl.concat(parts)


def _identifier(
    part: pl.DataFrame, scheme: str, indexes: list[bytes], values: list[str], ring: KeyRing
) -> pl.DataFrame:
    return part.select(
        pl.lit(scheme).alias("scheme"),
        pl.Series("index", indexes, dtype=pl.Binary),
        pl.col("student").alias("student_id"),
        "place",
        pl.Series(
            "value",
            ring.encrypt_many(values, [associated("identifier", index) for index in indexes]),
            dtype=pl.Binary,
        ),
        pl.col("entered_on").alias("since"),
    )


def _enrolments(pupils: pl.DataFrame) -> pl.DataFrame:
    return pupils.select(
        pl.col("student").alias("student_id"),
        pl.col("enrolment").alias("id"),
        "place",
        "school_id",
        "class_of_id",
        "stage",
        "entry_year",
        pl.lit(STUDYING).alias("state"),
        "entered_on",
        pl.col("entered_on").alias("started_on"),
        pl.lit("").alias("end_reason"),
        pl.col("stage").replace_strict(ENTRY_MODE).alias("entry_mode"),
        pl.when("boards").then(pl.lit(BOARDER)).otherwise(pl.lit(DAY_PUPIL)).alias("study_mode"),
        pl.lit(NORMAL_ENTRY).alias("source"),
        pl.col("seat").cast(pl.String).str.zfill(2).alias("seat_number"),
        pl.lit(1).alias("version"),
    )


def _members(pupils: pl.DataFrame, members: pl.DataFrame, ring: KeyRing) -> pl.DataFrame:
    of = pupils[members["pupil"]]
    private = pl.select(
        _text(
            '{"address":"', pl.lit(of["address"]),
            '","phone":"', pl.lit(members["phone"]),
            '","document_type":"1","document_number":"', pl.lit(members["number"]),
            '","employer":"', pl.lit(members["employer"]),
            '"}',
        )
    ).to_series()  # fmt: skip
    sealed = ring.encrypt_many(
        private.to_list(),
        [
            associated(f"family{ordinal}", bytes.fromhex(key))
            for ordinal, key in zip(members["ordinal"], of["student"], strict=True)
        ],
    )
    return members.select(
        of["student"].alias("student_id"),
        "ordinal",
        of["place"],
        "name",
        "relation",
        "is_guardian",
        pl.Series("private", sealed, dtype=pl.Binary),
    )


def _headcounts(pupils: pl.DataFrame) -> pl.DataFrame:
    return (
        pupils.group_by("class_of_id", maintain_order=True)
        .agg(pl.col("place").first(), pl.len().alias("count"))
        .with_columns(state=pl.lit(STUDYING))
    )


def _serials(numbers: list[str]) -> pl.DataFrame:
    """Return the next serial of each provisional prefix that was used."""
    prefixes = pl.Series("prefix", [number[:15] for number in numbers if number[0] == "J"], dtype=pl.String)
    return prefixes.to_frame().group_by("prefix", maintain_order=True).agg((pl.len() + 1).alias("next"))


def _events(pupils: pl.DataFrame, numbers: list[str], keys: Keys) -> pl.DataFrame:
    """Return one registration per pupil, decided by the officer of the authority that runs the school."""
    masked = pl.Series([masks.student_number(number) for number in numbers])
    first = keys.first_event
    school: Ints = pupils["school"].to_numpy()
    return pupils.select(
        pl.col("student").alias("subject_id"),
        pl.int_range(first, first + pl.len()).alias("id"),
        _instants("entered_on").alias("at"),
        pl.lit(ACT).alias("act"),
        pl.lit("student").alias("subject_kind"),
        pl.Series("account_id", np.array(keys.officers, dtype=np.int64)[school]),
        pl.Series("office", np.array(keys.offices, dtype=np.int64)[school]),
        "place",
        pl.concat_str(
            pl.lit('{"enrolment": "'),
            pl.col("enrolment").str.replace(r"(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5"),
            pl.lit('", "class": '),
            pl.col("class_of_id").cast(pl.String),
            pl.lit(', "state": "01", "number": "'),
            masked,
            pl.lit('"}'),
        ).alias("after"),
    )


def _instants(day: str) -> pl.Expr:
    """Return the hour of registration on the day in a column, as PostgreSQL reads it."""
    return pl.concat_str(pl.col(day).cast(pl.String), pl.lit(HOUR))
