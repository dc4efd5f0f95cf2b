"""Markup in one piece, where a page has hundreds of cells or options: each is escaped once and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString


def safe(value: object) -> str:
    """Return the value as markup: escaped, unless it is markup already."""
    return str(value.__html__()) if hasattr(value, "__html__") else escape(str(value))


def lines(line: str, rows: Iterable[Iterable[object]]) -> SafeString:
    """Return `line`, markup with a {} for each cell, filled in for every row."""
    return SafeString("".join(line.format(*map(safe, cells)) for cells in rows))
