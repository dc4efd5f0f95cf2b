"""Fields of a pupil that an approval may let out: one row per field, in the order of a file's columns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from xueji.lib.codes import CodeList
from xueji.students.rules import code_lists as lists


@dataclass(frozen=True)
class Field:
    """A column of a file that leaves. `codes` turns what is kept into the words of the file."""

    key: str
    zh: str
    en: str
    width: int = 12
    codes: CodeList | None = None


FIELDS: Final[tuple[Field, ...]] = (
    Field("name", "姓名", "Name", 14),
    Field("sex", "性别", "Sex", 8, lists.SEXES),
    Field("birth_on", "出生日期", "Date of birth", 13),
    Field("document_type", "身份证件类型", "Document type", 14, lists.DOCUMENT_TYPES),
    Field("document_number", "身份证件号", "Document number", 22),
    Field("student_number", "学籍号", "Student number", 22),
    Field("ethnicity", "民族", "Ethnicity", 10, lists.ETHNICITIES),
    Field("school", "学校", "School", 26),
    Field("school_identifier", "学校标识码", "School identifier", 14),
    Field("grade", "年级", "Grade", 14),
    Field("class", "班级", "Class", 10),
    Field("seat_number", "班内学号", "Number in class", 10),
    Field("entered_on", "入学日期", "Date of entry", 13),
    Field("study_mode", "就读方式", "Way of attending", 10, lists.STUDY_MODES),
    Field("state", "学籍状态", "State of enrolment", 10, lists.ENROLMENT_STATES),
    Field("present_address", "现住址", "Present address", 30),
    Field("phone", "联系电话", "Phone", 15),
    Field("guardian", "监护人姓名", "Guardian's name", 14),
    Field("guardian_phone", "监护人电话", "Guardian's phone", 15),
)

BY_KEY: Final = {one.key: one for one in FIELDS}
# Without it a list is no list of persons, and a leaked one would be traced by its marks alone.
ALWAYS: Final = "name"
# What a class list shows: the least that a class teacher works with.
CLASS_LIST: Final = ("name", "sex", "birth_on", "class", "seat_number", "study_mode")


def in_order(keys: Collection[str]) -> tuple[Field, ...]:
    """Return the fields with these keys in the order of a file's columns; unknown keys are left out."""
    return tuple(one for one in FIELDS if one.key in keys)
