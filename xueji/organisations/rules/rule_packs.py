"""What a province decides for itself, as one dated file of parameters (省级规则包).

`parse` reads such a file against the table of parameters (`pack_parameters`) and the national
limits (`national_limits`). A provincial file holds only what differs; everything else is what
the national default says. Shapes: `pack_shapes`; the pack in words: `pack_words`.

Source: 《中小学生学籍管理办法》 (2025) art. 5: provinces coordinate and write implementing rules.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

from xueji.lib.errors import Refused
from xueji.organisations.rules import divisions
from xueji.organisations.rules.national_limits import LIMITS
from xueji.organisations.rules.pack_parameters import BY_KEY, PARAMETERS, Misfit
from xueji.organisations.rules.pack_shapes import (
    ProgrammeTerms,
    RulePack,
    SuspensionRules,
    TransferRules,
    Window,
)
from xueji.organisations.rules.pack_words import Difference, Sentence, difference, in_words

__all__ = (
    "Difference",
    "PackRefused",
    "Problem",
    "ProgrammeTerms",
    "RulePack",
    "Sentence",
    "SuspensionRules",
    "TransferRules",
    "Window",
    "default",
    "difference",
    "in_words",
    "parse",
    "shipped",
)

SHIPPED: Final = Path(__file__).resolve().parent.parent / "packs"
NATIONAL: Final = "00"
MOST_CHARACTERS: Final = 60_000
VERSION: Final = r"[0-9A-Za-z.-]{1,20}"
FIRST_YEAR: Final = 2000

# How sure a parameter is, strongest first.
CONFIDENCES: Final = {
    "2025": ("2025年办法原文", "Text of the 2025 Measures"),
    "seed": ("教育部答记者问", "The Ministry's answers to the press"),
    "2013": ("2013年办法", "The 2013 Measures"),
    "prov": ("省级实施细则", "Provincial rules"),
    "op": ("操作手册", "Manuals of the national system"),
    "code": ("公开的程序", "Public programs"),
    "press": ("公开报道", "Press"),
    "rec": ("常识，未核对", "Recalled, not checked"),
    "inf": ("推定，待确认", "Inferred, to be confirmed"),
}

# What stands at the head of a file, and whether a file must have it.
HEAD: Final = {
    "province": True, "name": True, "version": True, "source": True, "valid_from": True, "valid_until": False
}  # fmt: skip
TABLES: Final = ("confidence", "sources")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file: the line (from 1), the parameter or empty, and what to do, in both languages."""

    line: int
    parameter: str
    zh: str
    en: str


class PackRefused(Refused):
    """A file that is no rule pack, or one that contradicts the national rules; `problems` are in order of line."""

    code = "pack-refused"

    def __init__(self, file: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(
            "\n".join(f"{file} 第 {one.line} 行：{one.zh}" for one in problems),
            "\n".join(f"{file}, line {one.line}: {one.en}" for one in problems),
        )
        self.file = file
        self.problems = problems


def parse(text: str, *, file: str, base: RulePack | None = None) -> RulePack:
    """Return the pack that a TOML file describes; what it leaves out is as in `base`, else in the national default.

    The national file itself (province "00") must set every parameter; a national version that was kept before a
    parameter came is read over `base`.
    Raises PackRefused with every problem found: no TOML, an unknown or missing key, a wrong type,
    a value out of range, a contradiction to the national rules (with its article).
    """
    document = _document(text, file)
    lines = _lines(text)
    problems: list[Problem] = []

    def line_of(key: str) -> int:
        while key not in lines and "." in key:
            key = key.rpartition(".")[0]
        return lines.get(key, 1)

    def note(key: str, zh: str, en: str) -> None:
        problems.append(Problem(line_of(key), key, zh, en))

    head = dict(_head(document, note))
    is_national = head.get("province") == NATIONAL
    values: dict[str, Any] = {}
    for key, raw in _leaves(document):
        parameter = BY_KEY.get(key)
        if parameter is None:
            note(
                key,
                f"没有 {key} 这个参数。请核对名称；可用的参数列在草稿页。",
                f"There is no parameter {key}. Check its name; the page of the draft lists the parameters.",
            )
            continue
        try:
            values[key] = parameter.kind.read(raw)
        except Misfit as misfit:
            note(key, f"{parameter.zh}（{key}）{misfit.zh}", f"{parameter.en} ({key}) {misfit.en}")
    own = frozenset(values)
    if is_national and base is None:
        for key in BY_KEY:
            if key not in own and not any(one.parameter == key for one in problems):
                note(
                    key,
                    f"国家默认规则缺少 {key}。请补上，国家默认规则须列出全部参数。",
                    f"The national default lacks {key}. Add it: the default sets every parameter.",
                )
    for limit in LIMITS:
        if limit.parameter in values and not limit.holds(values[limit.parameter]):
            note(
                limit.parameter,
                f"{limit.zh}（{limit.article}）请改正或删去 {limit.parameter}。",
                f"{limit.en} ({limit.article_en}) Correct or remove {limit.parameter}.",
            )
    confidence = _notes(document, "confidence", own, note)
    sources = _notes(document, "sources", own, note)
    if problems:
        raise PackRefused(file, tuple(sorted(problems, key=lambda one: (one.line, one.parameter))))
    return _pack(head, values, confidence, sources, base if is_national else base or default())


@cache
def default() -> RulePack:
    """Return the national default as shipped: what holds where a province has decided nothing."""
    return parse((SHIPPED / f"{NATIONAL}.toml").read_text(encoding="utf-8"), file=f"{NATIONAL}.toml")


@cache
def shipped() -> Mapping[str, str]:
    """Return the text of each file that comes with the program, by province, the national default first."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(SHIPPED.glob("*.toml"))}


# The file as TOML -----------------------------------------------------------------------------------

_AT = re.compile(r"at line (\d+)")
# What a statement can be cut at: texts and comments are skipped as a whole.
_TOKEN = re.compile(
    r"""
    \"{3}(?:\\.|[^\\])*?\"{3} | '{3}.*?'{3}
    | "(?:\\.|[^"\\\n])*" | '[^'\n]*'
    | \#[^\n]* | [\[\]{}] | \n
    """,
    re.DOTALL | re.VERBOSE,
)


def _document(text: str, file: str) -> dict[str, Any]:
    if len(text) > MOST_CHARACTERS:
        raise PackRefused(
            file,
            (
                Problem(
                    1,
                    "",
                    f"规则包超过 {MOST_CHARACTERS} 个字符，请删去多余的注释。",
                    f"The pack is longer than {MOST_CHARACTERS} characters; cut its comments.",
                ),
            ),
        )
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        at = _AT.search(str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        raise PackRefused(
            file,
            (
                Problem(
                    line,
                    "",
                    "这一行不符合 TOML 的写法。请检查引号、等号、括号和日期；同一个键只能写一次。",
                    f"This is not TOML ({error}). Check quotes, equals signs, brackets and dates; "
                    "a key may stand only once.",
                ),
            ),
        ) from error


def _lines(text: str) -> dict[str, int]:
    """Return the line of each key of a document that is known to be TOML."""
    found: dict[str, int] = {}
    table, depth, start = "", 0, 0

    def statement(end: int) -> None:
        nonlocal table
        source = text[start:end]
        try:
            said = tomllib.loads(source)
        except ValueError:
            return
        line = text.count("\n", 0, start + len(source) - len(source.lstrip())) + 1
        if source.lstrip().startswith("["):
            table = _way(said)
            found.setdefault(table, line)
            return
        for key in _ways(said):
            found.setdefault(f"{table}.{key}" if table else key, line)

    for token in _TOKEN.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
        elif token[0] in ("]", "}"):
            depth -= 1
        elif token[0] == "\n" and depth == 0:
            statement(token.end())
            start = token.end()
    statement(len(text))
    return found


def _way(said: Any) -> str:
    """Return the dotted name of the one table that a header opens."""
    parts = []
    while said and isinstance(said, dict | list):
        if isinstance(said, list):
            said = said[0]
            continue
        ((name, said),) = said.items()
        parts.append(name)
    return ".".join(parts)


def _ways(said: Mapping[str, Any]) -> Iterator[str]:
    """Yield the dotted name of every key in a mapping, outer ones too."""
    for name, value in said.items():
        yield name
        if isinstance(value, dict):
            yield from (f"{name}.{way}" for way in _ways(value))


# What the file says -----------------------------------------------------------------------------------


def _head(document: Mapping[str, Any], note: Any) -> Iterator[tuple[str, Any]]:
    for key, is_needed in HEAD.items():
        if key in document:
            fault = _fault(key, document[key], document)
            if fault is None:
                yield key, document[key]
            else:
                note(key, *fault)
        elif is_needed:
            note(
                key,
                f"缺少 {key}。请在文件开头写上。",
                f"{key} is missing. Write it at the head of the file.",
            )


def _fault(key: str, value: Any, document: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what is wrong with a value of the head; None for a right one."""
    if key.startswith("valid"):
        if type(value) is not date or value.year < FIRST_YEAR:
            return (
                f"{key} 应是 {FIRST_YEAR} 年以后的日期，不加引号，例如 2026-02-01。",
                f"{key} has to be a date from {FIRST_YEAR} on, without quotes, such as 2026-02-01.",
            )
        begins = document.get("valid_from")
        if key == "valid_until" and type(begins) is date and value < begins:
            return (
                "截止日期早于开始日期，请改正。",
                "The last day lies before the first; correct one of them.",
            )
        return None
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        return f"{key} 应是加引号的文字。", f"{key} has to be a text in quotes."
    if key == "province" and value != NATIONAL and not is_province(value):
        return (
            f"没有代码为 {value} 的省份。请写行政区划代码的前两位，例如 51。",
            f"There is no province {value}. Write the first two digits of its division, such as 51.",
        )
    if key == "version" and not re.fullmatch(VERSION, value):
        return (
            'version 应由数字、字母、点和短横组成，最多 20 个字符，例如 "2026.1"。',
            'version consists of digits, letters, dots and dashes, at most 20, such as "2026.1".',
        )
    return None


def is_province(code: str) -> bool:
    """Return whether two digits are those of a province."""
    return len(code) == 2 and code.isascii() and code.isdigit() and bool(divisions.name_of(f"{code}0000"))


def _leaves(document: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each key that is no head, no note and no table of parameters, with its raw value."""
    tables = {key.rpartition(".")[0] for key in BY_KEY}
    for name, value in document.items():
        key = f"{before}{name}"
        if not before and (name in HEAD or name in TABLES):
            continue
        if key in tables and isinstance(value, dict):
            yield from _leaves(value, f"{key}.")
        else:
            yield key, value


def _notes(document: Mapping[str, Any], table: str, own: frozenset[str], note: Any) -> dict[str, str]:
    """Return what a table beside the parameters says of each: how sure it is, or where it comes from."""
    said = document.get(table, {})
    if not isinstance(said, dict):
        note(table, f"{table} 应是一张表：[{table}]。", f"{table} has to be a table: [{table}].")
        return {}
    found: dict[str, str] = {}
    for key, value in said.items():
        if key not in BY_KEY:
            note(
                f"{table}.{key}",
                f'[{table}] 中的 {key} 不是参数名。请写成带引号的完整名称，例如 "transfer.windows"。',
                f"{key} in [{table}] names no parameter. Write the whole name in quotes, such as "
                '"transfer.windows".',
            )
        elif not isinstance(value, str) or (table == "confidence" and value not in CONFIDENCES):
            note(
                f"{table}.{key}",
                f"{key} 的{'可信度应是下列之一：' + '、'.join(CONFIDENCES) if table == 'confidence' else '来源应是文字'}。",
                f"{key} has to be "
                + (f"one of {', '.join(CONFIDENCES)}." if table == "confidence" else "a text."),
            )
        elif key not in own:
            note(
                f"{table}.{key}",
                f"[{table}] 说明了 {key}，但文件没有设置它。请补上该参数或删去说明。",
                f"[{table}] speaks of {key}, which the file does not set. Set it, or remove the line.",
            )
        else:
            found[key] = value
    return found


def _pack(
    head: Mapping[str, Any],
    values: Mapping[str, Any],
    confidence: Mapping[str, str],
    sources: Mapping[str, str],
    base: RulePack | None,
) -> RulePack:
    by_part: dict[str, dict[str, Any]] = {"": {}, "transfer": {}, "suspension": {}, "programme_terms": {}}
    for parameter in PARAMETERS:
        part, _, attribute = parameter.attribute.rpartition(".")
        inherited = None if base is None else parameter.of(base)
        by_part[part][attribute] = values.get(parameter.key, inherited)
    own = frozenset(values)
    return RulePack(
        **{"valid_until": None, **head},
        transfer=TransferRules(**by_part["transfer"]),
        suspension=SuspensionRules(**by_part["suspension"]),
        programme_terms=ProgrammeTerms(**by_part["programme_terms"]),
        own=own,
        # Who writes a file without saying how sure it is speaks as the province.
        confidence={
            **({} if base is None else base.confidence),
            **dict.fromkeys(own, "prov"),
            **confidence,
        },
        sources={
            **({} if base is None else {key: base.source_of(key) for key in BY_KEY}),
            **dict.fromkeys(own, head["source"]),
            **sources,
        },
        **by_part[""],
    )
