"""Kinds of school, the stages and grades they run, their identifiers and class numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from xueji.lib.codes import Code, CodeList
from xueji.organisations.rules import divisions


class Stage(StrEnum):
    PRIMARY = "primary"
    JUNIOR = "junior"
    SENIOR = "senior"


class Nature(StrEnum):
    """How a kind stands: by itself, or under a school."""

    SCHOOL = "school"
    TEACHING_POINT = "teaching_point"
    ATTACHED_CLASS = "attached_class"


class System(StrEnum):
    """How many years the stages take (学制)."""

    SIX_THREE_THREE = "6-3-3"
    FIVE_FOUR_THREE = "5-4-3"
    NINE_YEARS = "9"
    TWELVE_YEARS = "12"


@dataclass(frozen=True)
class SystemYears:
    """Years of primary, junior and senior school in a system; 0 where it has no such stage."""

    system: System
    zh: str
    en: str
    primary: int
    junior: int
    senior: int

    def years_of(self, stage: Stage) -> int:
        """Return the years that a stage takes."""
        return {Stage.PRIMARY: self.primary, Stage.JUNIOR: self.junior, Stage.SENIOR: self.senior}[stage]


SYSTEMS: Final = (
    SystemYears(System.SIX_THREE_THREE, "六三三制", "6-3-3", 6, 3, 3),
    SystemYears(System.FIVE_FOUR_THREE, "五四三制", "5-4-3", 5, 4, 3),
    SystemYears(System.NINE_YEARS, "九年一贯制", "Nine years through", 6, 3, 0),
    SystemYears(System.TWELVE_YEARS, "十二年一贯制", "Twelve years through", 6, 3, 3),
)
YEARS: Final = {row.system: row for row in SYSTEMS}

_SPLIT: Final = (System.SIX_THREE_THREE, System.FIVE_FOUR_THREE)
_P, _J, _S = Stage.PRIMARY, Stage.JUNIOR, Stage.SENIOR


@dataclass(frozen=True)
class SchoolKind:
    """One kind of school.

    `identifier_categories` are the first two digits that its identifier may have; a kind
    without any has no identifier of its own.
    """

    code: str
    zh: str
    en: str
    identifier_categories: tuple[str, ...]
    stages: tuple[Stage, ...]
    nature: Nature = Nature.SCHOOL
    systems: tuple[System, ...] = _SPLIT
    is_special_education: bool = False


_POINT, _ATTACHED = Nature.TEACHING_POINT, Nature.ATTACHED_CLASS

# Source: JY/T 1001-2012 办学类型 for codes and names; 学校(机构)代码管理办法 (2011) for the
# categories; 中小学生学籍管理办法, article 2, for which kinds are under the Measures.
SCHOOL_KINDS: Final = (
    SchoolKind("211", "小学", "Primary school", ("21",), (_P,)),
    SchoolKind("218", "小学教学点", "Primary teaching point", ("21",), (_P,), _POINT),
    SchoolKind("219", "附设小学班", "Attached primary class", (), (_P,), _ATTACHED),
    SchoolKind("311", "初级中学", "Junior secondary school", ("31",), (_J,)),
    SchoolKind(
        "312",
        "九年一贯制学校",
        "Nine-year school",
        ("31",),
        (_P, _J),
        systems=(*_SPLIT, System.NINE_YEARS),
    ),
    SchoolKind("319", "附设普通初中班", "Attached junior secondary class", (), (_J,), _ATTACHED),
    SchoolKind("321", "职业初中", "Vocational junior secondary school", ("32",), (_J,)),
    SchoolKind("329", "附设职业初中班", "Attached vocational junior secondary class", (), (_J,), _ATTACHED),
    SchoolKind("341", "完全中学", "Complete secondary school", ("34",), (_J, _S)),
    SchoolKind("342", "高级中学", "Senior secondary school", ("34",), (_S,)),
    SchoolKind(
        "345",
        "十二年一贯制学校",
        "Twelve-year school",
        ("34",),
        (_P, _J, _S),
        systems=(*_SPLIT, System.TWELVE_YEARS),
    ),
    SchoolKind("349", "附设普通高中班", "Attached senior secondary class", (), (_S,), _ATTACHED),
    SchoolKind("371", "专门学校", "Specialised school", ("37",), (_J, _S)),
    SchoolKind("511", "盲人学校", "School for the blind", ("51",), (_P, _J, _S), is_special_education=True),
    SchoolKind("512", "聋人学校", "School for the deaf", ("51",), (_P, _J, _S), is_special_education=True),
    SchoolKind(
        "513",
        "培智学校",
        "School for children with intellectual disability",
        ("51",),
        (_P, _J, _S),
        is_special_education=True,
    ),
    SchoolKind(
        "514",
        "其他特殊教育学校",
        "Other special education school",
        ("51",),
        (_P, _J, _S),
        is_special_education=True,
    ),
    SchoolKind(
        "519",
        "附设特教班",
        "Attached special education class",
        (),
        (_P, _J, _S),
        _ATTACHED,
        is_special_education=True,
    ),
)
KINDS: Final = {kind.code: kind for kind in SCHOOL_KINDS}

SCHOOL_KIND_LIST: Final = CodeList(
    "school_kind",
    "JY/T 1001-2012 办学类型",
    # The standard still calls 371 工读学校 and 513 弱智学校; the law speaks of 专门学校 and 培智.
    tuple(
        Code(kind.code, kind.zh, kind.en, {"371": ("工读学校",), "513": ("弱智学校",)}.get(kind.code, ()))
        for kind in SCHOOL_KINDS
    ),
)

FOUNDERS: Final = CodeList(
    "founder",
    "教育统计 举办者 (local rows)",
    (
        Code("811", "省级教育部门", "Provincial education authority"),
        Code("812", "省级其他部门（党政机关）", "Other provincial authority", ("省级其他部门(党政机关)",)),
        Code("821", "地级教育部门", "Prefectural education authority"),
        Code("822", "地级其他部门（党政机关）", "Other prefectural authority", ("地级其他部门(党政机关)",)),
        Code("831", "县级教育部门", "County education authority"),
        Code("832", "县级其他部门（党政机关）", "Other county authority", ("县级其他部门(党政机关)",)),
        Code("891", "地方企业", "Local enterprise"),
        Code("892", "事业单位", "Public institution"),
        Code("893", "部队", "Armed forces"),
        Code("894", "集体", "Collective"),
        Code("999", "民办", "Private"),
    ),
)

URBAN_RURAL: Final = CodeList(
    "urban_rural",
    "教育统计 城乡分类",
    (
        Code("111", "主城区", "Main urban district"),
        Code("112", "城乡结合区", "Urban-rural fringe"),
        Code("121", "镇中心区", "Town centre"),
        Code("122", "镇乡结合区", "Town-township fringe"),
        Code("123", "特殊区域", "Special area"),
        Code("210", "乡中心区", "Township centre"),
        Code("220", "村庄", "Village"),
    ),
)

SCHOOL_CHANGES: Final = CodeList(
    "school_change",
    "JY/T 1001-2012 学校变动 (local rows)",
    (
        Code("1", "新设", "Newly established"),
        Code("2", "更名", "Renamed"),
        Code("3", "合并", "Merged"),
        Code("4", "撤销", "Closed", ("撤消",)),
        Code("5", "转置", "Converted"),
        Code("6", "升格", "Upgraded"),
        # The standard has no word for a school that gives classes to others and goes on.
        Code("7", "分立", "Split"),
    ),
)


# Grades.

_NUMERALS: Final = ("一", "二", "三", "四", "五", "六", "七", "八", "九")


@dataclass(frozen=True, order=True)
class Grade:
    """A year of a stage: `ordinal` counts within the stage, `number` (1 to 12) through all stages."""

    number: int
    stage: Stage
    ordinal: int

    @property
    def zh(self) -> str:
        """The Chinese name: 三年级, 七年级（初一）, 高一."""
        if self.stage is Stage.SENIOR:
            return f"高{_NUMERALS[self.ordinal - 1]}"
        name = f"{_NUMERALS[self.number - 1]}年级"
        if self.stage is Stage.JUNIOR:
            return f"{name}（初{_NUMERALS[self.ordinal - 1]}）"
        return name

    @property
    def en(self) -> str:
        """The English name: Grade 3, Grade 7 (junior 1), Grade 10 (senior 1)."""
        if self.stage is Stage.PRIMARY:
            return f"Grade {self.number}"
        return f"Grade {self.number} ({self.stage} {self.ordinal})"


def grade(stage: Stage, ordinal: int, system: System = System.SIX_THREE_THREE) -> Grade | None:
    """Return the grade that a year of a stage is in a system; None if the stage is shorter.

    In 5-4-3 the first junior year is grade 6, in the other systems grade 7.
    """
    years = YEARS[system]
    if not 1 <= ordinal <= years.years_of(stage):
        return None
    before = {
        Stage.PRIMARY: 0,
        Stage.JUNIOR: years.primary,
        Stage.SENIOR: years.primary + years.junior,
    }[stage]
    return Grade(before + ordinal, stage, ordinal)


def grades_of(kind: str, system: System) -> tuple[Grade, ...]:
    """Return the grades that a kind of school runs in a system, lowest first.

    Raises KeyError for an unknown kind. Source: JY/T 1001-2012 办学类型.
    """
    found = (
        grade(stage, ordinal, system)
        for stage in KINDS[kind].stages
        for ordinal in range(1, YEARS[system].years_of(stage) + 1)
    )
    return tuple(g for g in found if g is not None)


def entry_year_of(grade: Grade, school_year: int) -> int:
    """Return the year in which a grade's pupils entered their stage.

    A school year is named after the calendar year in which it begins.
    """
    return school_year - grade.ordinal + 1


def grade_of(
    entry_year: int, stage: Stage, school_year: int, system: System = System.SIX_THREE_THREE
) -> Grade | None:
    """Return the grade in a school year of those who entered a stage in a year.

    None before their entry and after their graduation from the stage.
    """
    return grade(stage, school_year - entry_year + 1, system)


# Class numbers.

STAGE_DIGITS: Final = {Stage.PRIMARY: "1", Stage.JUNIOR: "2", Stage.SENIOR: "3"}
CLASSES_PER_YEAR: Final = 99


def class_number(entry_year: int, stage: Stage, n: int) -> str:
    """Return the seven-digit number of the n-th class that entered a stage in a year: 2026101.

    It is the default for new classes only: a school may keep the numbers it has, so class
    numbers are text. Raises ValueError outside 1 to 99. Source: length from the photo rules of
    the national system; entry year, stage digit and sequence are our own division of it.
    """
    if not 1 <= n <= CLASSES_PER_YEAR:
        raise ValueError(f"a stage has classes 1 to {CLASSES_PER_YEAR} in one year, not {n}")
    return f"{entry_year:04d}{STAGE_DIGITS[stage]}{n:02d}"


# School identifiers.

IDENTIFIER: Final = re.compile(r"[0-9]{10}")


@dataclass(frozen=True)
class IdentifierProblem:
    """Why a school identifier cannot be right, in both languages."""

    code: str
    zh: str
    en: str


def school_identifier_problem(
    identifier: str, kind: str, division: str | None = None
) -> IdentifierProblem | None:
    """Return what is wrong with a school's ten-digit identifier; None if nothing is.

    The identifier is category (2), province (2), serial (6). With `division` the province
    must be the division's own. A teaching point may have none; an attached class has none.
    Schools of the Corps may carry 65 or 66; the schools listed apart any province's number
    or 99. Raises KeyError for an unknown kind.

    Source: 学校(机构)代码管理办法 (2011).
    """
    row = KINDS[kind]
    if not identifier and row.nature is not Nature.SCHOOL:
        return None
    if not row.identifier_categories:
        return IdentifierProblem(
            "identifier-not-expected",
            f"{row.zh}使用所属学校的标识码，本身没有学校标识码，请留空。",
            f"{row.en}: it goes by its school's identifier and has none of its own; leave this empty.",
        )
    if not IDENTIFIER.fullmatch(identifier):
        return IdentifierProblem(
            "identifier-format",
            "学校标识码应为 10 位数字，请对照学校代码证书填写。",
            "A school identifier has ten digits; copy it from the school's code certificate.",
        )
    category, province = identifier[:2], identifier[2:4]
    if category not in row.identifier_categories:
        expected = "、".join(row.identifier_categories)
        return IdentifierProblem(
            "identifier-category",
            f"学校标识码前两位是 {category}，而{row.zh}应为 {expected}；请核对办学类型或标识码。",
            f"The identifier begins with {category}, but {expected} is expected for this kind"
            f" ({row.en}); check the kind of school or the identifier.",
        )
    if not _is_province(province, division):
        return IdentifierProblem(
            "identifier-province",
            f"学校标识码第三、四位是 {province}，与学校所在省份不符；请核对标识码。",
            f"Digits three and four of the identifier are {province}, which is not the school's"
            " province; check the identifier.",
        )
    return None


# The level of the authority that founds a school; enterprises, the forces and private founders have none.
FOUNDED_AT: Final[dict[str, divisions.Level]] = {
    "811": "province",
    "812": "province",
    "821": "prefecture",
    "822": "prefecture",
    "831": "county",
    "832": "county",
}
LEVEL_WORDS: Final[dict[divisions.Level, tuple[str, str]]] = {
    "province": ("省级", "province"),
    "prefecture": ("地级", "prefecture"),
    "county": ("县级", "county"),
}


def education_authority(level: divisions.Level) -> str:
    """Return the code of the founder that an education authority of a level is."""
    return {"province": "811", "prefecture": "821", "county": "831"}[level]


def founder_problem(founder: str, division: str) -> IdentifierProblem | None:
    """Return how a founder disagrees with the division that runs the school; None if it does not.

    A school stands at the place of the authority that runs it: one founded by a county
    stands in a county, not directly under the province. It is a warning, as a school can
    be handed over. Schools listed apart have no level to compare.
    """
    founded, run = FOUNDED_AT.get(founder), divisions.level(division)
    if founded is None or founded == run or division.startswith(divisions.LISTED_APART[:2]):
        return None
    (founded_zh, founded_en), (run_zh, run_en) = LEVEL_WORDS[founded], LEVEL_WORDS[run]
    return IdentifierProblem(
        "founder-place",
        f"举办者是{founded_zh}部门，而学校登记在{run_zh}区划 {division} 下，两者不一致；请核对举办者和所在行政区划。",
        f"The founder is an authority of a {founded_en}, but the school stands directly under the {run_en}"
        f" {division}; check founder and division.",
    )


def _is_province(digits: str, division: str | None) -> bool:
    known = {code[:2] for code in divisions.provinces()} | {divisions.LISTED_APART[:2]}
    if division is None or division.startswith(divisions.LISTED_APART[:2]):
        return digits in known
    if division.startswith(divisions.CORPS[:2]):
        return digits in ("65", "66")
    return digits == division[:2]
