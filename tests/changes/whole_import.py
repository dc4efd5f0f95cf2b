"""A roster from its file over all three desks; resumed where an earlier try stopped."""

from __future__ import annotations

from tests.factories import TODAY, actor, school
from xueji.changes.actions import rosters
from xueji.changes.models import RosterBatch
from xueji.changes.rules.roster_steps import Act, State

DESKS = {State.WITH_LEADER: "l{identifier}", State.WITH_AUTHORITY: "o{county}"}


def carry_over(
    content: bytes, *, name: str, identifier: str, report: rosters.Report = rosters.silent
) -> RosterBatch:
    """Import the file and approve it until it is registered."""
    its_school = school(identifier)
    batch, _ = rosters.import_file(
        content, file_name=name, school=its_school, by=actor(f"r{identifier}"), today=TODAY, report=report
    )
    while batch.state in DESKS:
        desk = DESKS[State(batch.state)].format(identifier=identifier, county=its_school.place // 1_000_000)
        batch = rosters.decide(batch.id, act=Act.APPROVE, by=actor(desk), today=TODAY, report=report)
    return batch
