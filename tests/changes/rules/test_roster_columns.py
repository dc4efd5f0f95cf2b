"""The two layouts of a roster: every column there, in order, and every example right."""

from __future__ import annotations

import pytest

from xueji.changes.rules.roster_columns import BY_KEY, FIELDS, NATIONAL, SHORT, Field
from xueji.lib import id_numbers
from xueji.organisations.rules.divisions import known_codes
from xueji.organisations.rules.school_kinds import school_identifier_problem
from xueji.spreadsheets.rules.columns import find_header_row, header_index

MEMBER = [
    "姓名",
    "关系",
    "关系说明",
    "现住址",
    "户口所在地行政区划",
    "联系电话",
    "是否监护人",
    "身份证件类型",
    "身份证件号",
    "民族",
    "工作单位",
    "职务",
]
HEADERS = [
    *[
        "学校标识码",
        "姓名",
        "性别",
        "出生日期",
        "出生地行政区划代码",
        "籍贯",
        "民族",
        "国籍/地区",
        "身份证件类型",
        "港澳台侨外",
        "健康状况",
        "政治面貌",
        "身份证件号",
        "户口性质",
        "户口所在地行政区划",
        "班号",
        "入学年月",
        "入学方式",
        "就读方式",
        "现住址",
        "通信地址",
        "家庭地址",
        "联系电话",
        "邮政编码",
        "是否独生子女",
        "是否受过学前教育",
        "是否留守儿童",
        "是否需要申请资助",
        "是否享受一补",
        "是否孤儿",
        "是否烈士或优抚子女",
        "上下学距离",
        "上下学方式",
        "是否需要乘坐校车",
        "曾用名",
        "身份证件有效期",
        "血型",
        "特长",
        "学籍辅号",
        "班内学号",
        "学生来源",
        "电子信箱",
        "主页地址",
        "残疾类型",
        "是否由政府购买学位",
        "随班就读",
    ],
    *(f"成员1{part}" for part in MEMBER),
    *(f"成员2{part}" for part in MEMBER),
    "是否进城务工人员随迁子女",
]

each_field = pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.column.key)


def test_the_national_layout_has_its_71_headers_in_order():
    assert [field.column.header_zh for field in NATIONAL] == HEADERS
    assert len(HEADERS) == 71


def test_the_short_layout_is_a_part_of_the_national_one():
    assert set(SHORT) <= set(NATIONAL)
    assert len(SHORT) < 30
    assert BY_KEY["school_identifier"] not in SHORT


def test_every_field_that_a_layout_requires_is_in_it():
    assert {f for f in FIELDS if "short" in f.required_in} <= set(SHORT)
    assert {f for f in FIELDS if f.column.required} <= set(SHORT)


def test_no_header_or_alias_means_two_columns():
    texts = [
        text
        for f in FIELDS
        for text in {f.column.header_zh, f.column.header_en, f.column.key, *f.column.aliases}
    ]
    assert len(texts) == len(set(texts))
    index = header_index([f.column for f in FIELDS])
    assert all(index[f.column.header_zh] == f.column.key for f in FIELDS)


@each_field
def test_a_field_says_itself_in_both_languages(field: Field):
    column = field.column
    assert column.header_zh
    assert column.header_en.isascii()
    assert bool(column.note_zh) == bool(column.note_en)


@each_field
def test_a_coded_field_accepts_its_example_and_every_choice(field: Field):
    if field.code_list is None:
        assert field.kind not in {"code", "yesno"}
        assert field.column.choices is None
        return
    assert field.kind in {"code", "yesno"}
    assert field.column.choices
    for label in (*field.column.choices, field.column.example):
        assert not label or field.code_list.code_of(label) is not None


@each_field
def test_an_example_fits_its_cell(field: Field):
    assert field.max_length is None or len(field.column.example) <= field.max_length


def test_the_example_pupil_is_whole_and_unreal():
    example = {f.column.key: f.column.example for f in FIELDS}
    assert all(example[f.column.key] for f in FIELDS if f.required_in)
    number = example["document_number"]
    assert number[-1] == id_numbers.check_digit(number[:17])
    assert number[14:17] == "000"
    assert number[6:14] == example["birth_on"]
    assert number[:6] in known_codes()
    assert school_identifier_problem(example["school_identifier"], "211") is None
    assert example["name"].startswith("示例")


def test_a_member_is_kept_apart_from_the_pupil():
    for n in (1, 2):
        fields = [f for f in FIELDS if f.where == f"member{n}"]
        assert [f.column.header_zh for f in fields] == [f"成员{n}{part}" for part in MEMBER]
        assert all(f.column.key.startswith(f"member{n}_") for f in fields)


def test_values_kept_as_codes_are_never_among_the_encrypted_texts():
    assert not [f for f in FIELDS if f.where == "private" and f.code_list is not None]


def test_the_header_is_found_below_a_title_and_in_any_order():
    rows = [["新生名册", None], list(reversed(HEADERS))]
    found = find_header_row(rows, [f.column for f in FIELDS])
    assert found is not None
    index, match = found
    assert index == 1
    assert len(match.found) == 71
    assert not match.unknown
    assert not match.missing_required
