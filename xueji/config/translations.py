"""Compile the translations: .po to .mo with Babel, so that nothing outside Python is needed.

This module knows nothing of Django: the launcher calls it before Django starts.
"""

from __future__ import annotations

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def catalogues(root: Path) -> list[Path]:
    """Return the .po files under `root/locale`, sorted."""
    return sorted(root.glob("locale/*/LC_MESSAGES/*.po"))


def compile_one(po: Path) -> Path:
    """Write the .mo beside a .po in one step, so that a reader never meets half a file; return its path."""
    with po.open("rb") as source:
        catalogue = read_po(source, locale=po.parts[-3])
    mo = po.with_suffix(".mo")
    unfinished = mo.with_suffix(f".mo.{os.getpid()}")
    with unfinished.open("wb") as target:
        write_mo(target, catalogue)
    unfinished.replace(mo)
    return mo


def compile_all(root: Path) -> list[Path]:
    """Compile every catalogue under `root`; return the files written."""
    return [compile_one(po) for po in catalogues(root)]


def compile_if_stale(root: Path) -> list[Path]:
    """Compile the catalogues whose .mo is missing or older than its .po; return the files written."""
    return [compile_one(po) for po in catalogues(root) if _is_stale(po)]


def _is_stale(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns
