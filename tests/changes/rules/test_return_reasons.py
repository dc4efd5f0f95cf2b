"""Why a desk gives a roster back, as it is kept and as it is read."""

from __future__ import annotations

import pytest

from xueji.changes.rules.return_reasons import REASONS, in_both, reason_text


@pytest.mark.parametrize(
    ("code", "words", "kept"),
    [
        pytest.param("not-arrived", "", "未到校报到", id="a-usual-reason"),
        pytest.param("not-arrived", " 已电话\n核实 ", "未到校报到：已电话 核实", id="with-words"),
        pytest.param("other", "户口未迁入", "户口未迁入", id="own-words"),
        pytest.param("other", "  ", "", id="other-alone-says-nothing"),
        pytest.param("", "", "", id="nothing"),
    ],
)
def test_a_reason_is_kept_as_the_school_reads_it(code: str, words: str, kept: str) -> None:
    assert reason_text(code, words) == kept


def test_every_usual_reason_can_be_read_in_english_with_the_desk_s_own_words() -> None:
    for reason in REASONS:
        assert in_both(reason.zh) == (reason.zh, reason.en)
    assert in_both("班级有误：应为2班")[1] == "Wrong class: 应为2班"
    assert in_both("户口：未迁入") == ("户口：未迁入", "户口：未迁入")
