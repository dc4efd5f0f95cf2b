"""The national code lists: complete, unique, in both languages, and forgiving of everyday words."""

from __future__ import annotations

import pytest

from xueji.lib.codes import CodeList
from xueji.students.rules import code_lists as lists
from xueji.students.rules.nationalities import NATIONALITIES

ALL = [NATIONALITIES, *(value for value in vars(lists).values() if isinstance(value, CodeList))]
SIZES = {
    "sex": 4,
    "ethnicity": 58,
    "nationality": 249,
    "document_type": 12,
    "overseas": 16,
    "political": 13,
    "health": 5,
    "relation": 83,
    "blood": 10,
    "enrolment_state": 16,
}

each_list = pytest.mark.parametrize("codes", ALL, ids=lambda codes: codes.name)


@each_list
def test_codes_and_labels_are_unique_and_in_both_languages(codes):
    for values in ([row.code for row in codes.rows], codes.labels(), codes.labels("en")):
        assert len(set(values)) == len(values)
        assert all(value == value.strip() and value for value in values)


@each_list
def test_every_code_label_and_word_leads_to_its_own_row(codes):
    for row in codes.rows:
        for value in (row.code, row.zh, row.en, *row.words):
            assert codes.code_of(value) == row.code, value


@each_list
def test_a_list_names_its_source(codes):
    assert codes.name
    assert codes.source


def test_no_two_lists_have_one_name():
    assert len({codes.name for codes in ALL}) == len(ALL) >= 19


@pytest.mark.parametrize(("name", "size"), SIZES.items())
def test_standard_lists_are_complete(name, size):
    assert next(len(codes.rows) for codes in ALL if codes.name == name) == size


@pytest.mark.parametrize(
    ("codes", "value", "code"),
    [
        pytest.param(lists.RELATIONS, "爸爸", "51", id="dad"),
        pytest.param(lists.RELATIONS, "姥姥", "64", id="grandma"),
        pytest.param(lists.RELATIONS, "1", "51", id="father-in-some-programs"),
        pytest.param(lists.RELATIONS, "2", "52", id="mother-in-some-programs"),
        pytest.param(lists.RELATIONS, "继父", "57", id="stepfather"),
        pytest.param(lists.ETHNICITIES, "1", "01", id="zero-lost-in-a-spreadsheet"),
        pytest.param(lists.DOCUMENT_TYPES, "a", "A", id="lower-case"),
        pytest.param(lists.DOCUMENT_TYPES, "身份证", "1", id="identity-card"),
        pytest.param(lists.TRANSPORT, "自行车(含摩托车、电动自行车)", "2", id="half-width-brackets"),
        pytest.param(NATIONALITIES, "chn", "CHN", id="country-lower-case"),
        pytest.param(NATIONALITIES, "香港", "HKG", id="region"),
        pytest.param(lists.BLOOD_TYPES, "AB型", "3", id="blood"),
        pytest.param(lists.YES_NO, "是", "1", id="yes"),
        pytest.param(lists.LEFT_BEHIND, "否", "0", id="no"),
        pytest.param(lists.ETHNICITIES, "火星族", None, id="unknown"),
        pytest.param(lists.SEXES, "", None, id="empty"),
    ],
)
def test_a_cell_may_say_it_in_everyday_words(codes, value, code):
    assert codes.code_of(value) == code


@pytest.mark.parametrize(
    ("codes", "chosen"),
    [
        (lists.SEXES, lists.PUPIL_SEXES),
        (lists.DOCUMENT_TYPES, lists.PUPIL_DOCUMENT_TYPES),
        (lists.POLITICAL_STATUSES, lists.PUPIL_POLITICAL_STATUSES),
        (lists.RELATIONS, lists.GUARDIAN_RELATIONS),
        (lists.ENROLMENT_STATES, sorted(lists.OPEN_STATES)),
        *((lists.ENTRY_MODES, modes) for modes in lists.ENTRY_MODES_OF_STAGE.values()),
    ],
)
def test_choices_are_rows_of_their_list(codes, chosen):
    assert len(set(chosen)) == len(chosen)
    assert set(chosen) <= set(codes.by_code)


@pytest.mark.parametrize(
    ("code", "stage", "expected"),
    [
        ("11", "primary", "11"),
        ("12", "junior", "12"),
        ("12", "senior", "99"),
        ("99", "primary", "12"),
        ("21", "primary", None),
        ("11", "senior", None),
    ],
)
def test_other_ways_of_entry_are_written_by_stage(code, stage, expected):
    assert lists.entry_mode_in_stage(code, stage) == expected
