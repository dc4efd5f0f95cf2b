"""The columns of a roster of new pupils, in two layouts.

`FIELDS` are the 71 columns of the workbook that schools already have, in its order; that
layout is `NATIONAL`. `SHORT` is our own template: only what cannot be derived from the
identity number, the class or the school. Adding a column is adding a row.

Source: the national system's template for new pupils (新生导入模板).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from xueji.lib.codes import CodeList
from xueji.spreadsheets.rules.columns import Column
from xueji.students.rules import code_lists as lists
from xueji.students.rules.nationalities import NATIONALITIES

Kind = Literal[
    "text",
    "name",
    "code",
    "yesno",
    "date",
    "month",
    "division",
    "phone",
    "postcode",
    "number",
    "class",
    "school",
    "document",
]
Where = Literal["student", "details", "private", "enrolment", "member1", "member2"]
Layout = Literal["national", "short"]

BOTH: Final[frozenset[Layout]] = frozenset({"national", "short"})
NATIONAL_ONLY: Final[frozenset[Layout]] = frozenset({"national"})
NEITHER: Final[frozenset[Layout]] = frozenset()


@dataclass(frozen=True)
class Field:
    """What a column holds and where the value goes.

    `where` names the record that keeps it: `private` and the members' particulars are
    encrypted. `required_in` are the layouts in which an empty cell is a fault; what is
    required only under a condition (document number, sex, birth date, one phone, one
    guardian) is said in the column's note and judged by the checks.
    """

    column: Column
    kind: Kind
    where: Where
    max_length: int | None = None
    code_list: CodeList | None = None
    required_in: frozenset[Layout] = NEITHER


def _field(
    key: str,
    zh: str,
    en: str,
    kind: Kind,
    where: Where,
    *,
    aliases: tuple[str, ...] = (),
    codes: CodeList | None = None,
    choices: tuple[str, ...] | None = None,
    max_length: int | None = None,
    required_in: frozenset[Layout] = NEITHER,
    is_starred: bool = False,
    note: tuple[str, str] = ("", ""),
    width: float = 12,
    example: str = "",
) -> Field:
    """Return a field. `choices` are codes offered in the drop-down list; all of the list by default."""
    labels: tuple[str, ...] | None = None
    if codes is not None:
        offered = choices or tuple(row.code for row in codes.rows)
        labels = tuple(codes.by_code[code].zh for code in offered)
    column = Column(
        key=key,
        header_zh=zh,
        header_en=en,
        aliases=aliases,
        required=is_starred or required_in == BOTH,
        note_zh=note[0],
        note_en=note[1],
        choices=labels,
        width=width,
        example=example,
    )
    return Field(column, kind, where, max_length, codes, required_in)


def _yes_no(key: str, zh: str, en: str, where: Where = "details", note: tuple[str, str] = ("", "")) -> Field:
    return _field(key, zh, en, "yesno", where, codes=lists.YES_NO, choices=("1", "0"), note=note, width=10)


_DIVISION_NOTE: Final = (
    "6 位或 12 位行政区划代码。",
    "Division code of 6 or 12 digits.",
)


def _member(n: Literal[1, 2]) -> tuple[Field, ...]:
    """Return the twelve columns of a family member."""
    where: Where = "member1" if n == 1 else "member2"
    examples = {
        "name": ("王建国", ""),
        "relation": ("父亲", ""),
        "phone": ("13800000000", ""),
        "is_guardian": ("是", ""),
    }

    def example(part: str) -> str:
        return examples[part][n - 1]

    def heads(part_zh: str, *more: str) -> tuple[str, ...]:
        words = (part_zh, *more)
        return tuple(f"{who}{n}{word}" for word in words for who in ("家庭成员", "监护人", "家长"))

    return (
        _field(
            f"member{n}_name",
            f"成员{n}姓名",
            f"Family member {n}: name",
            "name",
            where,
            aliases=heads("姓名"),
            max_length=50,
            note=(
                "父母或其他监护人的姓名，至少填写一名监护人。" if n == 1 else "第二名家庭成员，可不填。",
                "Name of a parent or other guardian; at least one guardian is needed."
                if n == 1
                else "A second family member; may be left empty.",
            ),
            example=example("name"),
        ),
        _field(
            f"member{n}_relation",
            f"成员{n}关系",
            f"Family member {n}: relation",
            "code",
            where,
            aliases=heads("关系", "与学生关系"),
            codes=lists.RELATIONS,
            choices=lists.GUARDIAN_RELATIONS,
            note=("填写了姓名就要填写关系。", "Needed when a name is given."),
            example=example("relation"),
        ),
        _field(
            f"member{n}_relation_note",
            f"成员{n}关系说明",
            f"Family member {n}: note on the relation",
            "text",
            where,
            max_length=100,
            note=("关系为“其他亲属”或“非亲属”时说明。", "Says more where the relation is another one."),
        ),
        _field(
            f"member{n}_address",
            f"成员{n}现住址",
            f"Family member {n}: address",
            "text",
            where,
            max_length=200,
            width=24,
        ),
        _field(
            f"member{n}_household_division",
            f"成员{n}户口所在地行政区划",
            f"Family member {n}: division of household registration",
            "division",
            where,
            max_length=30,
            note=_DIVISION_NOTE,
        ),
        _field(
            f"member{n}_phone",
            f"成员{n}联系电话",
            f"Family member {n}: phone",
            "phone",
            where,
            aliases=heads("联系电话", "电话"),
            max_length=30,
            note=(
                "学生或家庭成员至少填写一个电话。",
                "At least one phone of the pupil or a family member is needed.",
            ),
            width=15,
            example=example("phone"),
        ),
        _field(
            f"member{n}_is_guardian",
            f"成员{n}是否监护人",
            f"Family member {n}: is a guardian",
            "yesno",
            where,
            codes=lists.YES_NO,
            choices=("1", "0"),
            note=("不填视为“是”。", "Empty means yes."),
            example=example("is_guardian"),
        ),
        _field(
            f"member{n}_document_type",
            f"成员{n}身份证件类型",
            f"Family member {n}: document type",
            "code",
            where,
            aliases=heads("身份证件类型"),
            codes=lists.DOCUMENT_TYPES,
            width=14,
        ),
        _field(
            f"member{n}_document_number",
            f"成员{n}身份证件号",
            f"Family member {n}: document number",
            "document",
            where,
            aliases=heads("身份证件号", "身份证号"),
            max_length=30,
            width=22,
        ),
        _field(
            f"member{n}_ethnicity",
            f"成员{n}民族",
            f"Family member {n}: ethnicity",
            "code",
            where,
            codes=lists.ETHNICITIES,
        ),
        _field(
            f"member{n}_employer",
            f"成员{n}工作单位",
            f"Family member {n}: employer",
            "text",
            where,
            max_length=100,
            width=20,
        ),
        _field(
            f"member{n}_position",
            f"成员{n}职务",
            f"Family member {n}: position",
            "text",
            where,
            max_length=50,
        ),
    )


FIELDS: Final[tuple[Field, ...]] = (
    _field(
        "school_identifier",
        "学校标识码",
        "School identifier",
        "school",
        "enrolment",
        max_length=10,
        required_in=NATIONAL_ONLY,
        note=("本校的 10 位学校标识码。", "Your school's ten-digit identifier."),
        width=14,
        example="2133000001",
    ),
    _field(
        "name",
        "姓名",
        "Name",
        "name",
        "student",
        aliases=("学生姓名",),
        max_length=50,
        required_in=BOTH,
        note=(
            "与户口簿或证件一致；少数民族姓名中的间隔号写“·”。",
            "As on the household register or document; parts of a name are joined by “·”.",
        ),
        example="示例学生",
    ),
    _field(
        "sex",
        "性别",
        "Sex",
        "code",
        "student",
        codes=lists.SEXES,
        choices=lists.PUPIL_SEXES,
        note=(
            "证件号为 18 位公民身份号码时可不填，由号码得出。",
            "May be left empty with an 18-character identity number, which says it.",
        ),
        width=8,
        example="女",
    ),
    _field(
        "birth_on",
        "出生日期",
        "Date of birth",
        "date",
        "student",
        aliases=("出生年月日",),
        note=(
            "如 20190901；证件号为 18 位公民身份号码时可不填，由号码得出。",
            "Such as 20190901; may be left empty with an 18-character identity number, which says it.",
        ),
        example="20190901",
    ),
    _field(
        "birth_division",
        "出生地行政区划代码",
        "Division of birth",
        "division",
        "details",
        aliases=("出生地",),
        max_length=30,
        note=_DIVISION_NOTE,
        width=16,
        example="330902000000",
    ),
    _field(
        "native_place",
        "籍贯",
        "Native place",
        "text",
        "details",
        max_length=60,
        note=("文字或行政区划代码。", "In words or as a division code."),
        example="浙江省舟山市",
    ),
    _field(
        "ethnicity",
        "民族",
        "Ethnicity",
        "code",
        "student",
        codes=lists.ETHNICITIES,
        required_in=BOTH,
        note=("与户口簿一致。", "As on the household register."),
        example="汉族",
    ),
    _field(
        "nationality",
        "国籍/地区",
        "Nationality or region",
        "code",
        "student",
        aliases=("国籍", "国籍（地区）", "国籍地区"),
        codes=NATIONALITIES,
        required_in=BOTH,
        note=("名称或三位字母代码，如 中国、CHN。", "Name or three-letter code, such as CHN."),
        example="中国",
    ),
    _field(
        "document_type",
        "身份证件类型",
        "Document type",
        "code",
        "student",
        aliases=("证件类型",),
        codes=lists.DOCUMENT_TYPES,
        choices=lists.PUPIL_DOCUMENT_TYPES,
        required_in=BOTH,
        note=(
            "没有有效证件的填“其他”，证件号可以留空，并向主管部门备案说明。",
            "Other (其他) if there is no valid document: the number may be empty, with a statement on file.",
        ),
        width=16,
        example="居民身份证",
    ),
    _field(
        "overseas",
        "港澳台侨外",
        "Hong Kong, Macao, Taiwan, overseas",
        "code",
        "student",
        codes=lists.OVERSEAS,
        note=("不填视为“否”。", "Empty means not applicable."),
        example="否",
    ),
    _field(
        "health",
        "健康状况",
        "Health",
        "code",
        "details",
        codes=lists.HEALTH,
        example="健康或良好",
    ),
    _field(
        "political",
        "政治面貌",
        "Political status",
        "code",
        "details",
        codes=lists.POLITICAL_STATUSES,
        choices=lists.PUPIL_POLITICAL_STATUSES,
        note=("小学生填“群众”。", "Primary pupils: 群众 (general public)."),
        example="群众",
    ),
    _field(
        "document_number",
        "身份证件号",
        "Document number",
        "document",
        "student",
        aliases=("身份证号", "身份证号码", "身份证件号码", "证件号码", "公民身份号码"),
        max_length=30,
        is_starred=True,
        note=(
            "按文本填写；身份证为 18 位，末位可为 X。证件类型为“其他”时可以留空。",
            "As text; identity cards have 18 characters. May be empty if the type is Other (其他).",
        ),
        width=22,
        # Check digit right, sequence 000, which is never issued.
        example="330902201909010008",
    ),
    _field(
        "household_nature",
        "户口性质",
        "Kind of household registration",
        "code",
        "details",
        codes=lists.HOUSEHOLD_NATURES,
        note=("2014 年户籍改革后不再区分，可不填。", "No longer distinguished since 2014; may be empty."),
        example="非农业户口",
    ),
    _field(
        "household_division",
        "户口所在地行政区划",
        "Division of household registration",
        "division",
        "details",
        aliases=("户口所在地", "户口所在地行政区划代码"),
        max_length=30,
        note=(
            "6 位或 12 位行政区划代码；与身份证件号前六位相同时可不填。",
            "Division code of 6 or 12 digits; may be empty if the identity number begins with it.",
        ),
        width=16,
        example="330902000000",
    ),
    _field(
        "class_number",
        "班号",
        "Class number",
        "class",
        "enrolment",
        aliases=("班级号",),
        max_length=16,
        required_in=BOTH,
        note=("本校已建立的班级的班号。", "Number of a class that the school has."),
        example="2026101",
    ),
    _field(
        "entered_on",
        "入学年月",
        "Month of entry",
        "month",
        "enrolment",
        aliases=("入学日期", "入学时间"),
        required_in=NATIONAL_ONLY,
        note=(
            "进入本学段的年月，如 202609；简表中不填视为该班入学年的 9 月。",
            "Month of entry into the stage, such as 202609; empty in the short template: the class's.",
        ),
        example="202609",
    ),
    _field(
        "entry_mode",
        "入学方式",
        "Way of entry",
        "code",
        "enrolment",
        codes=lists.ENTRY_MODES,
        required_in=BOTH,
        note=(
            "小学、初中填“就近入学”或“其他”；普通高中填统一招生考试、特招或其他。",
            "Primary and junior: nearby enrolment or other; senior: examination, talent admission or other.",
        ),
        width=16,
        example="就近入学",
    ),
    _field(
        "study_mode",
        "就读方式",
        "Day pupil or boarder",
        "code",
        "enrolment",
        codes=lists.STUDY_MODES,
        required_in=BOTH,
        example="走读",
    ),
    _field(
        "present_address",
        "现住址",
        "Present address",
        "text",
        "private",
        aliases=("现住地址", "现居住地址"),
        max_length=200,
        required_in=BOTH,
        note=("写到门牌号。", "Down to the house number."),
        width=28,
        example="示例路1号",
    ),
    _field("mail_address", "通信地址", "Postal address", "text", "private", max_length=200, width=28),
    _field("home_address", "家庭地址", "Home address", "text", "private", max_length=200, width=28),
    _field(
        "phone",
        "联系电话",
        "Phone",
        "phone",
        "private",
        max_length=30,
        note=(
            "学生或家庭成员至少填写一个电话。",
            "At least one phone of the pupil or a family member is needed.",
        ),
        width=15,
        example="13800000000",
    ),
    _field(
        "postcode",
        "邮政编码",
        "Postcode",
        "postcode",
        "private",
        aliases=("邮编",),
        max_length=6,
        example="316000",
    ),
    _yes_no("only_child", "是否独生子女", "Only child"),
    _yes_no(
        "preschool",
        "是否受过学前教育",
        "Attended kindergarten",
        note=("只在小学入学时填写。", "At entry to primary school only."),
    ),
    _field(
        "left_behind",
        "是否留守儿童",
        "Left-behind child",
        "code",
        "details",
        codes=lists.LEFT_BEHIND,
        note=("父母外出务工三个月以上。", "Parents away for work for over three months."),
        width=14,
    ),
    _yes_no("needs_aid", "是否需要申请资助", "Needs financial aid"),
    _yes_no(
        "boarder_aid",
        "是否享受一补",
        "Receives the boarders' allowance",
        note=("家庭经济困难寄宿生生活补助。", "Living allowance of boarders from poor families."),
    ),
    _yes_no("orphan", "是否孤儿", "Orphan", note=("须有主管部门证明。", "On proof by the competent body.")),
    _yes_no(
        "martyr_family",
        "是否烈士或优抚子女",
        "Child of a martyr or of an entitled family",
        note=("须有主管部门证明。", "On proof by the competent body."),
    ),
    _field(
        "distance_km",
        "上下学距离",
        "Way to school (km)",
        "number",
        "details",
        note=("公里，可有小数。", "In kilometres, decimals allowed."),
        width=10,
        example="1.5",
    ),
    _field(
        "transport",
        "上下学方式",
        "Transport to school",
        "code",
        "details",
        codes=lists.TRANSPORT,
        example="步行",
    ),
    _yes_no("needs_bus", "是否需要乘坐校车", "Needs the school bus"),
    _field("former_name", "曾用名", "Former name", "name", "private", max_length=50),
    _field(
        "document_valid",
        "身份证件有效期",
        "Validity of the document",
        "text",
        "private",
        max_length=30,
        note=("如 20240101-20290101。", "Such as 20240101-20290101."),
        width=20,
    ),
    _field("blood", "血型", "Blood type", "code", "details", codes=lists.BLOOD_TYPES),
    _field("talent", "特长", "Talents", "text", "details", max_length=100),
    _field(
        "auxiliary_number",
        "学籍辅号",
        "Auxiliary number",
        "text",
        "private",
        max_length=30,
        note=("省级自定的号码。", "A number of the province's own."),
        width=18,
    ),
    _field(
        "seat_number",
        "班内学号",
        "Number in class",
        "text",
        "enrolment",
        max_length=20,
        width=10,
    ),
    _field("source", "学生来源", "Source", "code", "enrolment", codes=lists.SOURCES),
    _field("email", "电子信箱", "E-mail", "text", "private", aliases=("电子邮箱",), max_length=100, width=20),
    _field("homepage", "主页地址", "Home page", "text", "private", max_length=200),
    _field(
        "disability",
        "残疾类型",
        "Disability",
        "code",
        "details",
        aliases=("残疾类别",),
        codes=lists.DISABILITIES,
    ),
    _yes_no(
        "purchased_place",
        "是否由政府购买学位",
        "Place paid by the government",
        note=("民办学校填写。", "For private schools."),
    ),
    _field(
        "regular_class",
        "随班就读",
        "Learning in a regular class",
        "code",
        "details",
        codes=lists.REGULAR_CLASS,
        note=("特殊教育学生在普通班就读。", "Special-education pupils in regular classes."),
        width=16,
    ),
    *_member(1),
    *_member(2),
    _yes_no(
        "migrant_worker_child",
        "是否进城务工人员随迁子女",
        "Child of a migrant worker",
        note=(
            "户口在外省或外县农村、随务工父母在城镇居住；可由户口所在地得出。",
            "Registered in a village of another province or county, living with migrant parents in town.",
        ),
    ),
)

NATIONAL: Final = FIELDS

BY_KEY: Final = {field.column.key: field for field in FIELDS}

# Kept within what no number, class or school says. 成员 columns keep the national headers, so
# that either layout can be pasted into the other.
SHORT: Final[tuple[Field, ...]] = tuple(
    BY_KEY[key]
    for key in (
        "name",
        "document_type",
        "document_number",
        "sex",
        "birth_on",
        "class_number",
        "ethnicity",
        "nationality",
        "overseas",
        "household_division",
        "entered_on",
        "entry_mode",
        "study_mode",
        "present_address",
        "phone",
        "member1_name",
        "member1_relation",
        "member1_phone",
        "member1_document_type",
        "member1_document_number",
        "member2_name",
        "member2_relation",
        "member2_phone",
        "member2_document_type",
        "member2_document_number",
    )
)
