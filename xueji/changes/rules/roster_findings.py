"""What can be wrong with a row of a roster: one line per code, in both languages, with the remedy.

Every door (workbook, form, API) speaks these sentences. `{header}` is the column as the
school knows it; other names in braces come with the finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  # the row is not accepted
    HELD = "held"  # the row is not accepted by itself: a problem record decides
    WARNING = "warning"  # accepted; somebody should look


REJECTING = frozenset({Severity.ERROR, Severity.HELD})


@dataclass(frozen=True)
class Code:
    """A kind of finding: the sentence says what is wrong, the remedy what to do."""

    code: str
    severity: Severity
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


E, H, W = Severity.ERROR, Severity.HELD, Severity.WARNING

CODES: tuple[Code, ...] = (
    Code("missing", E, "缺少{header}。", "{header_en} is missing.", "请补填该单元格。", "Fill in this cell."),
    Code(
        "not-own-school",
        E,
        "学校标识码不是本校的。",
        "The school identifier is not your school's.",
        "请改为本校标识码 {own}，或从名册中删去不属于本校的学生。",
        "Use your school's identifier {own}, or take pupils of other schools out of the file.",
    ),
    Code(
        "unknown-code",
        E,
        "{header}“{value}”不在代码表中。",
        "“{value}” is not in the code list of {header_en}.",
        "请填写代码或名称，例如：{examples}。",
        "Give a code or a label, for example: {examples}.",
    ),
    Code(
        "id-length",
        E,
        "{header}长度不对：应为 {expected}，现为 {length} 位。",
        "{header_en} has {length} characters; it must have {expected_en}.",
        "请对照证件重新录入；15 位的旧号码须换成 18 位公民身份号码。",
        "Copy it again from the document; an old 15-digit number has to be replaced by the 18-character one.",
    ),
    Code(
        "id-check-digit",
        E,
        "{header}校验不通过，有数字录错。",
        "The check digit of {header_en} does not fit: a digit is wrong.",
        "请对照身份证或户口簿逐位核对。",
        "Compare it digit by digit with the identity card or household register.",
    ),
    Code(
        "id-division",
        E,
        "{header}前六位不是有效的行政区划代码。",
        "The first six digits of {header_en} were never a division of the country.",
        "请核对前六位；已撤销的旧区划代码也是有效的。",
        "Check the first six digits; codes of abolished divisions are valid too.",
    ),
    Code(
        "id-birth-mismatch",
        E,
        "出生日期与身份证件号不一致。",
        "The birth date does not agree with the document number.",
        "请核对两处；使用居民身份证时出生日期可以留空。",
        "Compare the two; with a resident number the birth date may be left empty.",
    ),
    Code(
        "id-sex-mismatch",
        E,
        "性别与身份证件号不一致。",
        "The sex does not agree with the document number.",
        "请核对两处；使用居民身份证时性别可以留空。",
        "Compare the two; with a resident number the sex may be left empty.",
    ),
    Code(
        "birth-impossible",
        E,
        "出生日期不可能：{why}。",
        "The birth date is impossible: {why_en}.",
        "请对照户口簿更正出生日期或身份证件号。",
        "Correct the birth date or the document number from the household register.",
    ),
    Code(
        "age-out-of-range",
        W,
        "截至 {cutoff} 满 {age} 周岁，不在该年级的通常年龄（{low}–{high} 周岁）内。",
        "Aged {age} on {cutoff}, outside the usual {low}–{high} of this grade.",
        "请确认出生日期和班级无误；确实如此的可以提交。",
        "Make sure of birth date and class; if they are right, submit as it is.",
    ),
    Code(
        "date-format",
        E,
        "{header}不是可识别的日期。",
        "{header_en} is not a date we can read.",
        "请写成 2019-09-01 或 20190901；入学年月写成 202609。",
        "Write 2019-09-01 or 20190901; the month of entry as 202609.",
    ),
    Code(
        "entry-out-of-range",
        E,
        "{header}不可能：该班于 {year} 年入学。",
        "{header_en} cannot be: this class entered in {year}.",
        "请填学生进入本学段的年月；与班级一致的可以留空。",
        "Give the month in which the pupil entered this stage; it may be left empty when it is the class's.",
    ),
    Code(
        "name-characters",
        E,
        "{header}含有姓名中不应有的字符。",
        "{header_en} contains characters that names do not have.",
        "请删去数字、标点等；少数民族姓名用“·”间隔，生僻字请用国标字库录入。",
        "Remove digits and signs; parts of minority names are joined by “·”, rare characters need the national character set.",
    ),
    Code(
        "formula",
        E,
        "{header}是公式，或以 = + - @ 开头而会被表格软件当作公式。",
        "{header_en} is a formula, or begins with = + - @ and would become one.",
        "请改为普通文字或数值（复制后选择性粘贴为数值）。",
        "Replace it by plain text (copy, then paste values).",
    ),
    Code(
        "too-long",
        E,
        "{header}过长：最多 {limit} 个字符，现为 {length} 个。",
        "{header_en} is too long: {length} characters, at most {limit}.",
        "请缩短后再上传，系统不会自动截断。",
        "Shorten it; nothing is cut off silently.",
    ),
    Code(
        "phone-format",
        E,
        "{header}不是有效的电话号码。",
        "{header_en} is not a telephone number.",
        "请填 11 位手机号，或带区号的固定电话，如 0580-2026001；境外号码以 00 开头。",
        "Give an 11-digit mobile number or a landline with area code, such as 0580-2026001; numbers abroad begin with 00.",
    ),
    Code(
        "postcode-format",
        E,
        "邮政编码应为 6 位数字。",
        "The postcode must have 6 digits.",
        "请更正；不知道的可以留空。",
        "Correct it, or leave it empty if unknown.",
    ),
    Code(
        "number-format",
        E,
        "{header}应为数字。",
        "{header_en} must be a number.",
        "请填数字，如 1.5。",
        "Give a number such as 1.5.",
    ),
    Code(
        "columns-shifted",
        E,
        "这一行的列数与表头不一致，内容可能错位。",
        "This row has another number of cells than the header, so its values may stand in wrong columns.",
        "请在表格软件中打开核对这一行，含逗号或换行的内容要加引号；或改用 .xlsx 上传。",
        "Open the file and put the row right (texts with commas or line breaks need quotes), or upload .xlsx.",
    ),
    Code(
        "unknown-class",
        E,
        "本校没有班号“{value}”。",
        "Your school has no class “{value}”.",
        "请填本校已有班号（如 {examples}），或先在“年级与班级”中开设该班。",
        "Use a class number of your school (such as {examples}), or open the class first.",
    ),
    Code(
        "guardian-missing",
        E,
        "没有填写监护人。",
        "No guardian is given.",
        "请至少填写一名家庭成员并注明是监护人。",
        "Give at least one family member who is a guardian.",
    ),
    Code(
        "duplicate-in-file",
        E,
        "与第 {first} 行是同一身份证件号或同一人。",
        "Same document number or person as in row {first}.",
        "以先出现的一行为准；请删去重复行，或更正号码。",
        "The first row stands; delete the repetition or correct the number.",
    ),
    Code(
        "already-enrolled",
        E,
        "姓名和身份证件号与一条在读学籍一致，一人只能有一个学籍。",
        "Name and number match an open enrolment; a person can have only one.",
        "下一步：由本校发起转学。",
        "Next step: your school starts a transfer.",
    ),
    Code(
        "to-be-checked",
        H,
        "该身份证件号需由主管部门核查。",
        "This document number has to be checked by your authority.",
        "请先核对姓名和号码；确认无误的，提交后在“问题学籍”中说明并附证明。",
        "Compare name and number first; if they are right, submit and state your case under “problem records” with evidence.",
    ),
    Code(
        "same-person-suspected",
        H,
        "姓名、性别、出生日期与已有记录相同，可能是同一人。",
        "Name, sex and birth date equal a record that exists: perhaps the same person.",
        "有身份证件号的请补填；确非同一人的，提交后在“问题学籍”中说明并附证明。",
        "Give the document number if there is one; if it is another person, submit and state so under “problem records” with evidence.",
    ),
    Code(
        "admitted-elsewhere",
        H,
        "该生已由主管部门录取到另一所学校，或正由另一所学校办理注册。",
        "This child was admitted to another school by its authority, or another school is registering it.",
        "学生确在本校就读的，提交后在“问题学籍”中说明到校日期并附在校证明；不在本校的，请删去该行。",
        "If the child attends your school, submit and state since when under “problem records” with proof of attendance; if not, delete the row.",
    ),
    Code(
        "admission-disputed",
        E,
        "该生的重复招生正在核查，结论作出前不能注册。",
        "It is being settled which school this child attends; until then it cannot be registered.",
        "请等待结论；需要说明情况的，请联系主管部门。",
        "Wait for the outcome; if your school has something to state, ask your authority.",
    ),
)

# The same code when the enrolment, or the roster that claims the child, is the school's own.
ALREADY_HERE = Code(
    "already-enrolled",
    E,
    "该生已在本校在读，或已在本校另一份名册中办理注册。",
    "This pupil is already at your school, enrolled or being registered by another roster.",
    "无需处理，可从名册中删去该行。",
    "Nothing to do; the row can be deleted.",
)

BY_CODE: Mapping[str, Code] = {code.code: code for code in CODES}

# The findings that open a problem record when the roster is submitted (DOMAIN: 问题学籍).
PROBLEM_OF = {
    "to-be-checked": "number-duplicate",
    "same-person-suspected": "same-person",
    "admitted-elsewhere": "admission-duplicate",
}


class _Lenient(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


def sentence(code: str, params: Mapping[str, object], header_zh: str, header_en: str) -> tuple[str, str]:
    """Return the message of a finding with its remedy, in Chinese and in English."""
    row = ALREADY_HERE if params.get("here") else BY_CODE[code]
    words = _Lenient({name: str(value) for name, value in params.items()})
    words["header"], words["header_en"] = header_zh, header_en
    in_english = _Lenient(words | {"examples": words["examples"].replace("、", ", ")})
    return (
        (row.zh + row.remedy_zh).format_map(words),
        f"{row.en} {row.remedy_en}".format_map(in_english),
    )
