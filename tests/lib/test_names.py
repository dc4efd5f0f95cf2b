"""Names in pinyin, as people search for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji.lib import names


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        pytest.param("张伟", "zhangwei", "zw", id="plain"),
        pytest.param("吕布", "lvbu", "lb", id="u-umlaut"),
        pytest.param("单雨桐", "shanyutong", "syt", id="surname-shan"),
        pytest.param("单于丹", "chanyudan", "cyd", id="surname-chanyu"),
        pytest.param("解缙", "xiejin", "xj", id="surname-xie"),
        pytest.param("曾理", "zengli", "zl", id="surname-zeng"),
        pytest.param("仇英", "qiuying", "qy", id="surname-qiu"),
        pytest.param("查文", "zhawen", "zw", id="surname-zha"),
        pytest.param("区小明", "ouxiaoming", "oxm", id="surname-ou"),
        pytest.param("朴英", "piaoying", "py", id="surname-piao"),
        pytest.param("翟天", "zhaitian", "zt", id="surname-zhai"),
        pytest.param("覃勇", "qinyong", "qy", id="surname-qin"),
        pytest.param("尉建国", "weijianguo", "wjg", id="surname-wei"),
        pytest.param("尉迟恭", "yuchigong", "ycg", id="surname-yuchi"),
        pytest.param("万晓", "wanxiao", "wx", id="surname-wan"),
        pytest.param("万俟雪", "moqixue", "mqx", id="surname-moqi"),
        pytest.param("令狐明", "linghuming", "lhm", id="surname-linghu"),
        pytest.param("欧阳娜娜", "ouyangnana", "oynn", id="surname-ouyang"),
        pytest.param("长孙敏", "zhangsunmin", "zsm", id="surname-zhangsun"),
        pytest.param("澹台明", "tantaiming", "ttm", id="surname-tantai"),
        pytest.param("李单", "lidan", "ld", id="not-a-surname-inside"),
        pytest.param("李晟", "lisheng", "ls", id="given-name-reading"),
        pytest.param("阿依古丽·买买提", "ayigulimaimaiti", "ayglmmt", id="middle-dot"),
        pytest.param("查干·巴特尔", "chaganbateer", "cgbte", id="sound-of-another-language"),
        pytest.param("𬱖", "di", "d", id="beyond-the-basic-plane"),
        pytest.param("张\U000323af", "zhang\U000323af", "z\U000323af", id="reading-unknown"),
        pytest.param("John O'Brien Smith", "johnobriensmith", "jobs", id="latin"),
        pytest.param("José Álvarez-Ruiz", "josealvarezruiz", "jar", id="accents"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_a_name_is_read_as_its_bearer_says_it(name: str, pinyin: str, initials: str) -> None:
    assert (names.pinyin(name), names.initials(name)) == (pinyin, initials)


def test_every_surname_has_a_syllable_for_each_of_its_characters() -> None:
    assert all(len(surname) == len(syllables) for surname, syllables in names.SURNAMES.items())
    assert all(s.isascii() and s.islower() for syllables in names.SURNAMES.values() for s in syllables)


han = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)


@given(st.lists(st.text(han, min_size=1, max_size=5)))
def test_common_characters_are_all_read_one_letter_and_one_syllable_each(many: list[str]) -> None:
    read, first = names.pinyin_many(many), names.initials_many(many)
    assert all(text.isascii() and text.islower() for text in read)
    assert [len(letters) for letters in first] == [len(name) for name in many]
    assert all(text.startswith(letters[0]) for text, letters in zip(read, first, strict=True))
