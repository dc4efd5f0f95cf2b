"""What somebody who looks for a pupil typed."""

from __future__ import annotations

import pytest

from xueji.students.rules.search_terms import Field, Kind, Term, after_prefix, term_of

NAME, PINYIN, INITIALS = (Field.NAME,), (Field.PINYIN,), (Field.INITIALS,)
EITHER = (Field.PINYIN, Field.INITIALS)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("  　", None, id="blanks"),
        pytest.param("'-", None, id="signs-only"),
        pytest.param("欧阳", Term(Kind.NAME, "欧阳", NAME), id="name"),
        pytest.param(" 阿卜杜 • 麦麦 ", Term(Kind.NAME, "阿卜杜·麦麦", NAME), id="another-dot"),
        pytest.param("艾力买买提", Term(Kind.LETTERS, "ailimaimaiti", PINYIN), id="long-name-without-dots"),
        pytest.param("Zhang", Term(Kind.LETTERS, "zhang", EITHER), id="pinyin-or-initials"),
        pytest.param("li", Term(Kind.LETTERS, "li", PINYIN), id="i-begins-no-syllable"),
        pytest.param("lü", Term(Kind.LETTERS, "lv", PINYIN), id="umlaut"),
        pytest.param("Li Na", Term(Kind.LETTERS, "lina", PINYIN), id="two-words"),
        pytest.param("w", Term(Kind.LETTERS, "w", PINYIN), id="one-letter"),
        pytest.param("zh", Term(Kind.LETTERS, "zh", EITHER), id="two-consonants"),
        pytest.param("wzx", Term(Kind.LETTERS, "wzx", INITIALS), id="initials"),
        pytest.param("ｌｉ", Term(Kind.LETTERS, "li", PINYIN), id="full-width"),
        pytest.param("33010620190901901x", Term(Kind.NUMBER, "33010620190901901X"), id="number"),
        pytest.param("G330106 20190901 9018", Term(Kind.NUMBER, "G330106201909019018"), id="student-number"),
        pytest.param("12", Term(Kind.NUMBER, "12"), id="piece-of-a-number"),
        pytest.param("%_", Term(Kind.NAME, "%_", NAME), id="wildcards-are-characters"),
    ],
)
def test_what_was_typed_is_understood(typed: str, expected: Term | None) -> None:
    assert term_of(typed) == expected


@pytest.mark.parametrize("prefix", ["王", "zh", "a·", "\ud7ff", "a\U0010ffff"])
def test_a_range_holds_everything_with_its_prefix_and_nothing_else(prefix: str) -> None:
    end = after_prefix(prefix)
    assert prefix < end
    assert prefix + "龥" < end
    assert not end.startswith(prefix)
