"""What the rows of a leaked file say: by what they are recognised, and which file they speak for."""

from __future__ import annotations

import random
from uuid import UUID

import pytest

from xueji.disclosures.rules import marks, traces
from xueji.disclosures.rules.traces import Match, Suspect, weigh

MINE, THEIRS = UUID(int=1), UUID(int=2)
SEEDS = {MINE: b"a" * 32, THEIRS: b"b" * 32}
FIELDS = ("name", "sex", "birth_on", "class", "ethnicity")


def row(at: int) -> tuple[str, ...]:
    return (f"测{chr(0x4E00 + at)}", "男女"[at % 2], f"2019-09-{1 + at % 28:02d}", f"{1 + at % 3}班", "汉族")


def given(of: UUID, count: int = 400) -> list[list[str]]:
    """Return the rows of a file as it left, each under its number."""
    return [marks.marked(SEEDS[of], at, list(zip(FIELDS, row(at), strict=True))) for at in range(count)]


def traced(leaked: list[tuple[int, list[str]]]) -> dict[UUID, Suspect]:
    """Trace rows given with their numbers; both files hold them all, under the same number."""
    matches = [
        Match(position, of, at, traces.PERSON, False)
        for position, (at, _cells) in enumerate(leaked)
        for of in SEEDS
    ]
    found = weigh([cells for _at, cells in leaked], matches, SEEDS, ())
    return {one.disclosure: one for one in found}


def test_a_twentieth_of_a_file_in_any_order_tells_two_files_of_the_same_pupils_apart() -> None:
    part = random.Random(1).sample(list(enumerate(given(MINE))), 20)
    found = traced(part)
    assert found[MINE].confidence > 0.9999
    assert found[THEIRS].confidence < 0.01
    assert next(iter(found)) == MINE


def test_columns_that_somebody_spelled_anew_say_nothing_and_the_others_go_on() -> None:
    leaked = [(at, [cells[0], cells[1], row(at)[2], *cells[3:]]) for at, cells in enumerate(given(MINE, 60))]
    found = traced(leaked)
    assert found[MINE].spellings == found[MINE].spellings_alike == 180
    assert found[MINE].confidence > 0.9999 > 0.01 > found[THEIRS].confidence


def test_rows_without_any_mark_speak_for_nobody() -> None:
    plain = [(at, [row(at)[0], row(at)[2]]) for at in random.Random(2).sample(range(400), 30)]
    assert all(one.confidence < 0.01 for one in traced(plain).values())


def test_one_invented_pupil_or_one_code_is_beyond_doubt() -> None:
    for match in (Match(0, MINE, 3, traces.PERSON, True), Match(0, MINE, 3, traces.CODE, False)):
        (found,) = weigh([["测试"]], [match], SEEDS, ())
        assert found.confidence >= traces.SURE


def test_a_name_that_stands_twice_in_a_file_points_to_neither_row() -> None:
    twice = [Match(0, MINE, 3, traces.NAME, False), Match(0, MINE, 4, traces.NAME, False)]
    assert weigh([["测试"]], twice, SEEDS, ()) == ()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2019-09-01", "20190901"),
        ("2019/9/1", "20190901"),
        ("2019年9月1日", "20190901"),
        ("20190901", "20190901"),
        ("2019-13-01", ""),
        ("测试", ""),
    ],
)
def test_a_day_is_read_in_the_ways_that_spreadsheets_write_it(text: str, day: str) -> None:
    assert traces.day_of(text) == day


def test_a_row_is_recognised_by_numbers_persons_and_names() -> None:
    clues = traces.clues_of(["测 试", "330902 20190901 9010", "2019/9/1", ""])
    assert [(one.kind, one.text) for one in clues] == [
        ("number", "330902201909019010"),
        ("person", "测试|20190901"),
        ("name", "测试"),
    ]
