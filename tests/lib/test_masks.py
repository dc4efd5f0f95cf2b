"""What is hidden of names and numbers."""

from __future__ import annotations

import pytest

from xueji.lib.masks import MASKS


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        pytest.param("name", "张小涵", "张*涵", id="three-characters"),
        pytest.param("name", "李明", "李*", id="two-characters"),
        pytest.param("name", "欧阳小明", "欧**明", id="four-characters"),
        pytest.param("name", "李", "*", id="one-character"),
        pytest.param("name", "阿卜杜热合曼·麦麦提吐尔逊", "阿*·麦*", id="middle-dot"),
        pytest.param("name", "𠮷小明", "𠮷*明", id="beyond-the-basic-plane"),
        pytest.param("document", "11010120180901123X", "110*************3X", id="resident-number"),
        pytest.param("document", "12345", "*****", id="too-short-to-show-anything"),
        pytest.param("student_number", "G11010120180901123X", "G110*************3X", id="student-number"),
        pytest.param("phone", "13800001234", "138****1234", id="phone"),
        pytest.param("all", "文三街 1 号", "******", id="address"),
        pytest.param("all", "", "", id="nothing"),
    ],
)
def test_a_masked_value_shows_only_its_ends(kind: str, value: str, shown: str) -> None:
    assert MASKS[kind](value) == shown
