"""Rule packs: what is shipped, what a file may say, and which line is wrong."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xueji.organisations.rules import divisions, pack_codes, rule_packs
from xueji.organisations.rules.national_limits import LIMITS
from xueji.organisations.rules.pack_parameters import BY_KEY, GROUPS, PARAMETERS
from xueji.organisations.rules.rule_packs import PackRefused, RulePack, Window, default, parse, shipped

HEAD = """\
province = "51"
name = "四川省"
version = "2099.1"
source = "试验用"
valid_from = 2099-01-01
"""
FIRST_OF_BODY = HEAD.count("\n") + 1


def pack(body: str = "", head: str = HEAD) -> RulePack:
    return parse(head + body, file="51.toml")


def problems(body: str, head: str = HEAD) -> list[tuple[int, str]]:
    with pytest.raises(PackRefused) as refused:
        pack(body, head)
    return [(one.line, one.parameter) for one in refused.value.problems]


# The files that come with the program.


def test_the_national_default_and_seven_provinces_are_shipped() -> None:
    assert list(shipped()) == ["00", "31", "32", "35", "43", "44", "51", "65"]


@pytest.mark.parametrize("province", shipped())
def test_every_shipped_pack_is_read_and_says_every_parameter(province: str) -> None:
    read = parse(shipped()[province], file=f"{province}.toml")
    assert read.province == province
    assert province == "00" or read.name == divisions.name_of(f"{province}0000")
    sentences = rule_packs.in_words(read)
    assert [one.parameter for one in sentences] == list(BY_KEY)
    for one in sentences:
        assert one.zh.endswith("。")
        assert one.en.endswith(".")
        assert "{" not in (one.zh + one.en).replace(read.auxiliary_number, "")
        assert one.confidence in rule_packs.CONFIDENCES
        assert one.source


@pytest.mark.parametrize("province", shipped())
def test_the_comment_before_each_shipped_parameter_and_the_table_say_the_same_confidence(
    province: str,
) -> None:
    text = shipped()[province]
    document = tomllib.loads(text)
    commented, table, tag = {}, "", ""
    for line in text.partition("\n[confidence]\n")[0].splitlines():
        if found := re.match(r"\[(\w+)\]", line):
            table = found[1]
        elif found := re.match(r"# \[(\w+)\]", line):
            tag = found[1]
        elif table and (found := re.match(r"(\w+) =", line)):
            commented[f"{table}.{found[1]}"], tag = tag, ""
    assert commented == document["confidence"]


def test_the_national_default_sets_every_parameter_itself() -> None:
    assert default().own == set(BY_KEY)


def test_a_province_says_only_what_differs_and_inherits_the_rest() -> None:
    read = parse(shipped()["51"], file="51.toml")
    assert read.valid_from == date(2026, 2, 1)
    assert read.valid_until == date(2031, 1, 31)
    assert read.truancy_days_running == 15
    assert read.transfer.chain_senior == ("county", "prefecture")
    assert read.transfer.windows == default().transfer.windows
    assert "transfer.windows" not in read.own
    assert read.source_of("transfer.windows") == default().source


@pytest.mark.parametrize(
    ("province", "key", "value"),
    [
        pytest.param("51", "transfer.closed_grades_same_county", {1, 6, 7, 9, 10, 12}, id="sichuan-inside-a-county"),
        pytest.param("51", "suspension.overdue", "withdrawal", id="sichuan-overdue"),
        pytest.param("32", "transfer.private_full_closed", True, id="jiangsu-private"),
        pytest.param("32", "suspension.grade_on_return", "choice", id="jiangsu-return"),
        pytest.param("32", "programme.to_vocational", {(2, 1)}, id="jiangsu-programme"),
        pytest.param("44", "transfer.closed_terms", {(10, 1)}, id="guangdong-grade-10"),
        pytest.param("44", "signature.attendance_proof", "principal", id="guangdong-signature"),
        pytest.param("43", "repetition.shares", {"senior": Decimal("0.02")}, id="hunan-repetition"),
        pytest.param("43", "suspension.overdue_months", 1, id="hunan-overdue"),
        pytest.param("35", "transfer.reasons", set(pack_codes.REASONS.by_code), id="fujian-reasons"),
        pytest.param("35", "suspension.documents", ("medical_county",), id="fujian-hospital"),
        pytest.param("31", "number.auxiliary", "[0-9]{19}", id="shanghai-number"),
    ],
)  # fmt: skip
def test_what_the_provinces_decide_is_in_their_packs(province: str, key: str, value: Any) -> None:
    assert BY_KEY[key].of(parse(shipped()[province], file="x")) == value


def test_xinjiang_opens_transfers_twice_a_year() -> None:
    transfer = parse(shipped()["65"], file="65.toml").transfer
    assert transfer.is_open_on(date(2026, 9, 14))
    assert not transfer.is_open_on(date(2026, 9, 15))
    assert transfer.is_open_on(date(2027, 1, 5))


@pytest.mark.parametrize(
    ("day", "holds"),
    [((2026, 12, 20), True), ((2027, 1, 1), True), ((2027, 2, 28), True), ((2027, 3, 1), False), ((2026, 12, 19), False)],
)  # fmt: skip
def test_a_window_may_go_over_new_year(day: tuple[int, int, int], holds: bool) -> None:
    assert Window((12, 20), (2, 28)).holds(date(*day)) is holds


def test_fewer_papers_are_asked_for_across_provinces() -> None:
    transfer = pack('[transfer]\ndocuments = ["application", "housing"]\n').transfer
    assert transfer.documents_asked(is_cross_province=False) == ("housing", "application")
    assert "application" not in transfer.documents_asked(is_cross_province=True)


# What a file may not say, and the line that is named.


@pytest.mark.parametrize(
    ("body", "found"),
    [
        pytest.param("[transfer]\nwindow = []\n", [(7, "transfer.window")], id="unknown-key"),
        pytest.param("[transfers]\nwindows = []\n", [(6, "transfers")], id="unknown-table"),
        pytest.param("colour = 1\n", [(6, "colour")], id="unknown-at-the-head"),
        pytest.param("[transfer]\n\n# a comment with [ in it\nwindows = 3\n", [(9, "transfer.windows")], id="no-list"),
        pytest.param('[transfer]\nwindows = ["02-30..03-20"]\n', [(7, "transfer.windows")], id="no-such-day"),
        pytest.param("transfer.closed_grades = [0]\n", [(6, "transfer.closed_grades")], id="dotted-grade-0"),
        pytest.param("transfer = { closed_grades = [13] }\n", [(6, "transfer.closed_grades")], id="inline-grade-13"),
        pytest.param("[transfer]\nclosed_grades = [\n1, # [\n1]\n", [(7, "transfer.closed_grades")], id="grade-twice"),
        pytest.param("[transfer]\nclosed_terms = ['10-3']\n", [(7, "transfer.closed_terms")], id="third-term"),
        pytest.param("[transfer]\nprivate_full_closed = 1\n", [(7, "transfer.private_full_closed")], id="one-is-not-true"),
        pytest.param("[transfer]\nchain_senior = []\n", [(7, "transfer.chain_senior")], id="no-desk"),
        pytest.param("[transfer]\nreasons = ['rich']\n", [(7, "transfer.reasons")], id="unknown-reason"),
        pytest.param("[suspension]\nmost_months = true\n", [(7, "suspension.most_months")], id="true-is-no-number"),
        pytest.param("[suspension]\noverdue = 'prison'\n", [(7, "suspension.overdue")], id="unknown-choice"),
        pytest.param("[repetition]\nshares = { senior = 1.5 }\n", [(7, "repetition.shares")], id="share-above-all"),
        pytest.param("[repetition]\nshares = { senior = nan }\n", [(7, "repetition.shares")], id="share-not-a-number"),
        pytest.param("[number]\nauxiliary = '(a+)+$'\n", [(7, "number.auxiliary")], id="pattern-of-its-own"),
        pytest.param("[number]\nauxiliary = '[9-0]{3}'\n", [(7, "number.auxiliary")], id="pattern-backwards"),
        pytest.param("[confidence]\n'transfer.windows' = 'sure'\n", [(7, "confidence.transfer.windows")], id="unknown-tag"),
        pytest.param("[confidence]\n'transfer.windows' = 'prov'\n", [(7, "confidence.transfer.windows")], id="tag-of-nothing"),
        pytest.param("[sources]\n'colour' = 'x'\n", [(7, "sources.colour")], id="source-of-nothing"),
        pytest.param("[transfer]\na = 1\n[skipping]\nstages = 1\n", [(7, "transfer.a"), (9, "skipping.stages")], id="two"),
        pytest.param("[transfer\n", [(6, "")], id="no-toml"),
        pytest.param("x = 1\nx = 2\n", [(7, "")], id="twice"),
        pytest.param(f"x = {'[' * 20_000}\n", [(7, "")], id="too-deep"),
        pytest.param(f"x = {'9' * 5_000}\n", [(7, "")], id="number-too-long"),
        pytest.param(f"# {'长' * 60_000}\n", [(1, "")], id="too-long"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_the_line(body: str, found: list[tuple[int, str]]) -> None:
    assert problems(body) == found


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        pytest.param('version = "2099.1"\n', "", [(1, "version")], id="missing"),
        pytest.param('"51"', '"99x"', [(1, "province")], id="no-province"),
        pytest.param('"51"', "51", [(1, "province")], id="number-for-text"),
        pytest.param('"2099.1"', '"二版"', [(3, "version")], id="version-in-words"),
        pytest.param("2099-01-01", "0001-01-01", [(5, "valid_from")], id="long-ago"),
        pytest.param('"四川省"', '" "', [(2, "name")], id="blank"),
        pytest.param("2099-01-01", '"2099"', [(5, "valid_from")], id="text-for-date"),
        pytest.param("2099-01-01", "2099-01-01T00:00:00", [(5, "valid_from")], id="instant-for-date"),
        pytest.param("2099-01-01\n", "2099-01-01\nvalid_until = 2098-12-31\n", [(6, "valid_until")], id="ends-first"),
    ],
)  # fmt: skip
def test_a_wrong_head_is_refused_with_the_line(old: str, new: str, found: list[tuple[int, str]]) -> None:
    assert problems("", HEAD.replace(old, new)) == found


def test_the_refusal_names_file_line_parameter_reason_and_remedy() -> None:
    with pytest.raises(PackRefused) as refused:
        pack("[entry]\narchive_months = 0\n")
    assert refused.value.zh == "51.toml 第 7 行：建档期限（entry.archive_months）应是 1 到 12 的整数。"
    assert refused.value.en == (
        "51.toml, line 7: Archive deadline (entry.archive_months) has to be a whole number from 1 to 12."
    )


def test_the_national_default_may_leave_nothing_out() -> None:
    text = shipped()["00"].replace("archive_months = 2\n", "")
    with pytest.raises(PackRefused) as refused:
        parse(text, file="00.toml")
    assert "entry.archive_months" in {one.parameter for one in refused.value.problems}


def test_a_national_version_kept_before_a_parameter_came_says_of_it_what_the_shipped_one_says() -> None:
    text = (
        shipped()["00"].replace("archive_months = 2\n", "").replace('"entry.archive_months" = "prov"\n', "")
    )
    text = "\n".join(line for line in text.split("\n") if not line.startswith('"entry.archive_months"'))
    assert parse(text, file="00.toml", base=default()).archive_months == default().archive_months


def test_who_enrols_is_the_county_unless_a_province_leaves_senior_schools_to_the_prefecture() -> None:
    assert [default().admission_level_of(stage) for stage in ("primary", "junior", "senior")] == [
        "county"
    ] * 3
    sichuan = parse(shipped()["51"], file="51.toml")
    assert [sichuan.admission_level_of(stage) for stage in ("primary", "junior", "senior")] == [
        "county",
        "county",
        "prefecture",
    ]
    with pytest.raises(PackRefused):
        pack('[admission]\nsenior_level = "school"\n')


# What contradicts the national rules, each with its article.

AGAINST_THE_NATION = {
    "withdrawal.grades": "[8, 10, 11, 12]",
    "expulsion.grades": "[9]",
    "repetition.shares": "{ junior = 0.01 }",
    "transfer.days_per_party": "15",
    "transfer.refusals": '["no_seat", "fees"]',
    "transfer.documents_cross_province": '["housing", "attendance_proof"]',
    "transfer.closed_grades": "[1, 2, 3, 4, 5, 6, 7, 8, 9]",
    "transfer.archive_paper_days": "60",
    "entry.archive_months": "3",
    "suspension.most_months": "24",
    "demotion.pupils": '"all"',
    "cancellation.cases": '["withdrawal"]',
    "key_data.fields": '["name", "sex", "birth_on"]',
}


def test_every_national_limit_has_a_pack_that_breaks_it() -> None:
    assert {limit.parameter for limit in LIMITS} == set(AGAINST_THE_NATION)


@pytest.mark.parametrize(("key", "value"), AGAINST_THE_NATION.items())
def test_a_pack_that_contradicts_the_national_rules_is_refused_with_the_article(key: str, value: str) -> None:
    table, _, name = key.partition(".")
    with pytest.raises(PackRefused) as refused:
        pack(f"[{table}]\n{name} = {value}\n")
    (problem,) = refused.value.problems
    assert (problem.line, problem.parameter) == (7, key)
    limit = next(one for one in LIMITS if one.parameter == key)
    assert limit.article in problem.zh
    assert limit.article_en in problem.en


@pytest.mark.parametrize("code", sorted(pack_codes.FORBIDDEN_REFUSALS))
def test_fees_quotas_and_marks_are_no_reasons_to_refuse(code: str) -> None:
    assert problems(f"[transfer]\nrefusals = ['{code}']\n") == [(7, "transfer.refusals")]


# Words and comparison.


def test_two_versions_differ_where_they_say_something_else() -> None:
    before, after = pack(), pack("[transfer]\nwindows = ['02-20..03-20']\nprivate_full_closed = false\n")
    (found,) = rule_packs.difference(before, after)
    assert found.parameter == "transfer.windows"
    assert found.before == ("全年可以办理转学。", "Transfers are open the whole year.")
    assert found.after == (
        "转学在每年 2 月 20 日至 3 月 20 日办理。",
        "Transfers are filed from 02-20 to 03-20 of each year.",
    )


def test_what_a_province_writes_without_a_tag_it_says_for_itself() -> None:
    read = pack("[entry]\ncutoff = '12-31'\n[sources]\n'entry.cutoff' = '川教发〔2099〕1号'\n")
    assert read.entry_cutoff == (12, 31)
    assert read.confidence["entry.cutoff"] == "prov"
    assert read.source_of("entry.cutoff") == "川教发〔2099〕1号"


def test_a_pack_stands_on_the_default_it_was_written_under() -> None:
    older = parse(shipped()["00"].replace("most_extensions = 1", "most_extensions = 2"), file="00.toml")
    assert parse(HEAD, file="51.toml", base=older).suspension.most_extensions == 2
    assert pack().suspension.most_extensions == 1


def test_every_parameter_stands_in_a_group_with_a_name() -> None:
    assert {parameter.group for parameter in PARAMETERS} == set(GROUPS)
    assert len(BY_KEY) == len(PARAMETERS)
    assert len({parameter.attribute for parameter in PARAMETERS}) == len(PARAMETERS)


# Whatever is typed is read or refused, and every refusal names a line of the file.

LINES = st.sampled_from(
    ["[transfer]", "windows = [", "]", "'02-20..03-20',", '"""', "'''", "[confidence]", "closed_grades = [1, 2]",
     "x = {", "}", "# [", "[[transfer]]", "[transfer.windows]", "transfer = 1", '"transfer.windows" = "prov"', "shares.senior = 0.1",
     "[repetition]", "[repetition.shares]", "senior = 0.5", "province = 3", "[sources]", "sources = 1", "\\", '"', "a.b.c = 1"]
)  # fmt: skip


@given(st.lists(LINES | st.text(max_size=12), max_size=12), st.booleans())
def test_whatever_is_typed_is_read_or_refused(lines: list[str], with_head: bool) -> None:
    text = (HEAD if with_head else "") + "\n".join(lines)
    found: tuple[rule_packs.Problem, ...] = ()
    try:
        assert len(rule_packs.in_words(parse(text, file="51.toml"))) == len(PARAMETERS)
    except PackRefused as refused:
        found = refused.problems or (rule_packs.Problem(0, "", "", ""),)
    assert all(1 <= one.line <= text.count("\n") + 1 for one in found)
