"""Code lists: what a national standard calls by a code, with its labels in both languages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from xueji.lib.id_numbers import normalised


@dataclass(frozen=True)
class Code:
    """One line of a code list. `words` are everyday words for the same thing."""

    code: str
    zh: str
    en: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeList:
    """A list of codes with the name of the list and where it comes from."""

    name: str
    source: str
    rows: tuple[Code, ...]

    def __post_init__(self) -> None:
        repeated = [code for code, times in Counter(row.code for row in self.rows).items() if times > 1]
        if repeated:
            raise ValueError(f"{self.name}: more than one row for {', '.join(repeated)}")

    @cached_property
    def by_code(self) -> dict[str, Code]:
        """The rows by code, in the order of the list."""
        return {row.code: row for row in self.rows}

    @cached_property
    def code_by_value(self) -> dict[str, str]:
        """The code of everything that may stand in a cell: codes, labels, everyday words.

        An earlier meaning wins: codes before labels, labels before everyday words. Last come
        codes whose leading zeros a spreadsheet took away, where only one code can be meant.
        English labels are in lower case.
        """
        found = {row.code: row.code for row in self.rows}
        for row in self.rows:
            found.setdefault(row.zh, row.code)
        for row in self.rows:
            for word in (row.en.casefold(), *row.words):
                if word:
                    found.setdefault(word, row.code)
        bare = Counter(_without_zeros(row.code) for row in self.rows)
        for row in self.rows:
            if bare[_without_zeros(row.code)] == 1:
                found.setdefault(_without_zeros(row.code), row.code)
        return found

    @cached_property
    def _code_by_folded(self) -> dict[str, str]:
        folded: dict[str, str] = {}
        for value, code in self.code_by_value.items():
            folded.setdefault(_folded(value), code)
        return folded

    def get(self, code: str) -> Code | None:
        """Return the row of a code; None if the list has no such code."""
        return self.by_code.get(code)

    def code_of(self, value: str) -> str | None:
        """Return the code that a cell means, given as code, label or everyday word; None if unknown.

        Width, case and blanks do not matter.
        """
        return self._code_by_folded.get(_folded(value))

    def labels(self, language: str = "zh") -> tuple[str, ...]:
        """Return the labels in the order of the list: Chinese, or English for "en"."""
        return tuple(row.en if language == "en" else row.zh for row in self.rows)


def _without_zeros(code: str) -> str:
    return code.lstrip("0") or "0"


def _folded(value: str) -> str:
    return normalised(value).casefold()
