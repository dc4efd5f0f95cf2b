"""What can be wrong with a row of a list of admitted pupils: sentences beside those of a roster.

What a list and a roster have in common (numbers, names, dates) is said in the words of the
roster; here is what only a list has, and what the same fact means on a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from xueji.changes.rules.admissions import HEADERS
from xueji.changes.rules.roster_findings import BY_CODE as ROSTER_CODES
from xueji.changes.rules.roster_findings import REJECTING, Code, Severity
from xueji.changes.rules.roster_findings import sentence as roster_sentence

E, W = Severity.ERROR, Severity.WARNING

CODES: Final = (
    Code(
        "number-missing",
        E,
        "身份证件号和学籍号都没有填。",
        "Neither document number nor student number is given.",
        "请至少填写一项。",
        "Give one of them.",
    ),
    Code(
        "unknown-school",
        E,
        "没有标识码为“{value}”的学校。",
        "There is no school with the identifier “{value}”.",
        "请核对十位学校标识码。",
        "Check its ten digits.",
    ),
    Code(
        "school-outside",
        E,
        "该学校不在本单位管理范围内。",
        "This school lies outside your area.",
        "请由该校的主管部门或上级部门导入。",
        "Its own authority, or one above both, gives it in.",
    ),
    Code(
        "school-not-open",
        E,
        "该学校当前不在正常办学状态。",
        "This school is not in lawful operation.",
        "请核对学校，或先办理学校状态变更。",
        "Check the school, or have its state changed first.",
    ),
    Code(
        "stage-not-taught",
        E,
        "该学校不办{stage}。",
        "This school has no {stage_en}.",
        "请核对学校，或选择正确的招生学段。",
        "Check the school, or choose the right stage for the list.",
    ),
    Code(
        "school-name-differs",
        W,
        "学校名称与标识码不一致，按标识码为“{name}”。",
        "The name does not fit the identifier, which is that of “{name}”.",
        "请确认录取学校无误。",
        "Make sure that the right school is meant.",
    ),
    Code(
        "person-differs",
        E,
        "姓名与号码不一致，需核查。",
        "Name and number do not fit and have to be checked.",
        "请核对姓名和号码；确认无误的，请学生原学校先办理关键数据变更。",
        "Compare both; if they are right, the pupil's present school has key data changed first.",
    ),
    Code(
        "already-in-stage",
        E,
        "该生已有本学段或更高学段的在读学籍。",
        "This pupil has an open enrolment in this stage or a higher one.",
        "已经入学的，应办理转学，不能再录取。",
        "Who has entered already moves by a transfer and cannot be admitted again.",
    ),
    Code(
        "already-admitted",
        E,
        "该生已在这所学校的另一份录取名单中。",
        "This pupil is on another list of admitted pupils of the same school.",
        "无需处理，可从名单中删去该行。",
        "Nothing to do; the row can be deleted.",
    ),
    Code(
        "admitted-elsewhere",
        W,
        "该生已由另一份名单录取到其他学校，或正由其他学校办理注册：下达后自动登记为重复招生，由各校说明。",
        "Another list admits this child to another school, or another school is registering it: once the list"
        " is issued, a record is opened by itself and both schools state.",
        "录取学校有误的，请先改正；无误的可以下达。",
        "Correct the school if it is wrong; otherwise issue the list.",
    ),
    Code(
        "still-enrolled",
        W,
        "该生在上一学段的学籍尚未毕业。",
        "The pupil's enrolment in the stage before has not ended.",
        "可以下达；原学校办理毕业后，录取学校才能注册。",
        "The list can be issued; the new school registers the pupil once the present one has graduated it.",
    ),
)

BY_CODE: Final[Mapping[str, Code]] = {code.code: code for code in CODES}


def severity_of(code: str) -> Severity:
    """Return how much a finding on a list weighs; what is held on a roster is an error here."""
    severity = (BY_CODE.get(code) or ROSTER_CODES[code]).severity
    return Severity.ERROR if severity in REJECTING else severity


def sentence(code: str, params: Mapping[str, object], key: str) -> tuple[str, str]:
    """Return the message of a finding on a list with its remedy, in Chinese and in English."""
    zh, en = HEADERS.get(key, (key, key))
    row = BY_CODE.get(code)
    if row is None:
        return roster_sentence(code, params, zh, en)
    words = {"value": "", "name": "", "stage": "", "stage_en": ""} | {
        name: str(value) for name, value in params.items()
    }
    return (row.zh + row.remedy_zh).format_map(words), f"{row.en} {row.remedy_en}".format_map(words)
