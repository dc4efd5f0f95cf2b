"""Rosters, new pupils and problem records over HTTP, by subject: the same checks and the same desks as the pages."""

from xueji.changes.api import admissions, desks, problems, pupils, rosters

__all__ = ("admissions", "desks", "problems", "pupils", "rosters")
