"""The State Council's yearly notice of days off (国务院办公厅关于部分节假日安排的通知), and its file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

DECEMBER: Final = 12


@dataclass(frozen=True)
class NoticeDay:
    """A day that a notice names: off, or worked although it is a weekend."""

    on: date
    is_working: bool
    name: str


@dataclass(frozen=True)
class Notice:
    """One year's notice, its days in order. Those around New Year may lie in the December before."""

    year: int
    days: tuple[NoticeDay, ...]


def title(year: int) -> str:
    """Return the title under which the notice of a year is published."""
    return f"国务院办公厅关于{year}年部分节假日安排的通知"
