"""Code lists: codes with their labels in two languages, and every spelling that is understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from xueji.lib.id_numbers import normalised


@dataclass(frozen=True, slots=True)
class Code:
    """One row of a code list."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class CodeList:
    """A list of codes by a standard: `name` for people, `source` where it was taken from."""

    name: str
    source: str
    rows: tuple[Code, ...]
    _by_code: dict[str, Code] = field(init=False, repr=False, compare=False)
    _spellings: dict[str, str] = field(init=False, repr=False, compare=False)
    _folded: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_code = {row.code: row for row in self.rows}
        if len(by_code) != len(self.rows):
            raise ValueError(f"{self.name}: a code stands in the list twice")
        object.__setattr__(self, "rows", tuple(self.rows))
        object.__setattr__(self, "_by_code", by_code)
        object.__setattr__(self, "_spellings", _spellings(self.rows, str))
        object.__setattr__(self, "_folded", _spellings(self.rows, _folded))

    def __iter__(self) -> Iterator[Code]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, code: object) -> bool:
        return code in self._by_code

    def get(self, code: str) -> Code | None:
        """Return the row of a code, or None when the list has no such code."""
        return self._by_code.get(code)

    def code_of(self, value: str) -> str | None:
        """Return the code meant by a code, a Chinese or an English label; None when none is, or several are.

        Width, blanks and case do not matter, nor zeros that a spreadsheet took from the front
        of a code, as long as only one code can be meant.
        """
        return self._folded.get(_folded(value))

    def lookup(self) -> dict[str, str]:
        """Return every spelling that is understood, as written in the list, with its code."""
        return dict(self._spellings)

    def labels(self) -> list[str]:
        """Return the Chinese labels in the order of the list."""
        return [row.zh for row in self.rows]

    def choices(self) -> list[tuple[str, str]]:
        """Return pairs of code and Chinese label in the order of the list."""
        return [(row.code, row.zh) for row in self.rows]


def _folded(value: str) -> str:
    return normalised(value).casefold()


def _spellings(rows: Iterable[Code], fold: Callable[[str], str]) -> dict[str, str]:
    """Return spellings with their codes: codes first, then labels, then codes without leading zeros.

    A spelling of a later kind never hides one of an earlier kind, and one that two rows
    share is left out.
    """
    rows = tuple(rows)
    found: dict[str, str] = {}
    kinds: tuple[Callable[[Code], str], ...] = (
        lambda row: row.code,
        lambda row: row.zh,
        lambda row: row.en,
        lambda row: row.code.lstrip("0") or "0",
    )
    for spelling in kinds:
        pairs = [(fold(spelling(row)), row.code) for row in rows if spelling(row)]
        shared = Counter(text for text, _ in pairs)
        found = {text: code for text, code in pairs if shared[text] == 1} | found
    return found
