"""How pupils are spoken of on the screens: grades, states, flags, labels of codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from xueji.lib.codes import CodeList
from xueji.organisations.rules.school_kinds import Grade, Stage
from xueji.students.rules import code_lists as lists
from xueji.web.pages import part
from xueji.web.templatetags.xueji import in_chinese, spoken

# Grades by their number through all stages. A list names a grade shortly: 七年级, not 七年级（初一）.
GRADES = {
    number: Grade(number, Stage.SENIOR, number - 9) if number > 9 else Grade(number, Stage.PRIMARY, number)
    for number in range(1, 13)
}
TONES = {"01": "good", "02": "waiting", "12": "waiting", "13": "waiting", "06": "late", "15": "late"}


def grade_name(number: int | None) -> str:
    """Return 三年级, 高一; nothing for no grade."""
    grade = GRADES.get(number or 0)
    return "" if grade is None else spoken((grade.zh, grade.en))


def class_name(grade: int | None, name: str) -> str:
    """Return grade and class in one: 三年级2班."""
    return grade_name(grade) + ("" if in_chinese() else " ") + name if grade else name


def state_name(state: str) -> str:
    """Return the state of an enrolment in words."""
    return label(lists.ENROLMENT_STATES, state) if state else _("无学籍")


def state_mark(state: str, *, is_open: bool = True) -> SafeString:
    """Return the state of an enrolment as a mark; an ended one is grey."""
    return part(
        "state", tone=TONES.get(state, "waiting") if is_open and state else "past", word=state_name(state)
    )


def label(codes: CodeList, code: str) -> str:
    """Return the label of a code; a code that the list does not have as it is."""
    row = codes.get(code)
    return code if row is None else spoken((row.zh, row.en))


def coded(codes: CodeList, code: str) -> SafeString | str:
    """Return the label of a code with list and code on hover."""
    row = codes.get(code)
    if row is None:
        return code
    return format_html('<span title="{} {}">{}</span>', codes.name, code, spoken((row.zh, row.en)))


def flags(number: str, document_type: str, overseas: str, details: Mapping[str, Any]) -> list[str]:
    """Return what sets a pupil apart, as far as a list has to say it."""
    said = []
    if number[:1] in ("L", "J"):
        said.append(_("临时学籍号"))
    if document_type == "Z":
        said.append(_("无证件"))
    if overseas not in ("", "00"):
        said.append(label(lists.OVERSEAS, overseas))
    if details.get("migrant_worker_child") == "1":
        said.append(_("随迁子女"))
    if details.get("left_behind") in ("1", "2"):
        said.append(_("留守儿童"))
    if details.get("disability") not in (None, "", "0"):
        said.append(_("残疾"))
    return said
