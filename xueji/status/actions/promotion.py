"""升级: planned for an area, checked school by school, signed by authorities, run in pieces, undone exactly.

A piece is some schools in one transaction: their grades go up and every pupil gets an event. Killed at any
point, a school is promoted or it is not, and the next run goes on with the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

import polars as pl
from django.db import connections
from django.db.models import Q
from django.utils import timezone

from xueji.access.rules import places
from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.organisations.queries import authority_of, calendar
from xueji.spreadsheets.tables import copy_into
from xueji.status.models import Campaign, CampaignGrade, CampaignSchool
from xueji.status.rules.promotion import (
    CampaignState,
    Difference,
    GradeFacts,
    SchoolState,
    differences,
    is_promoted,
    needs_word,
)

# So many pupils are promoted in one transaction: about two seconds of work.
PUPILS_AT_ONCE = 40_000
COUNTY = 10**6  # places

Report = Callable[[int, int], None]


class NoSuchCampaign(Refused):
    code = "not-found"


class AlreadyPlanned(Refused):
    code = "already-planned"


class NotNow(Refused):
    code = "not-now"


class OwnWork(Refused):
    code = "own-work"


class WordMissing(Refused):
    code = "reason-missing"


class StandsOnIt(Refused):
    code = "cannot-undo"


def silent(done: int, schools: int) -> None:
    """Report to nobody."""


@dataclass(frozen=True)
class PlannedSchool:
    """A school as a promotion finds it: its grades, what does not fit, and how many pupils would go up."""

    id: int
    place: int
    identifier: str
    name: str
    system: str
    grades: tuple[GradeFacts, ...]
    found: tuple[Difference, ...]

    @property
    def raised(self) -> tuple[GradeFacts, ...]:
        return tuple(grade for grade in self.grades if is_promoted(grade, self.system))

    @property
    def pupils(self) -> int:
        return sum(grade.pupils for grade in self.raised)

    @property
    def is_doubtful(self) -> bool:
        return needs_word(self.found)


GRADES = """
SELECT s.organisation_id, s.place, s.identifier, o.name, s.kind, s.system, g.id, g.stage, g.entry_year, g.number,
    coalesce(sum(h.count), 0)::int
FROM organisations_school s
JOIN organisations_organisation o ON o.id = s.organisation_id
JOIN organisations_grade g ON g.school_id = s.organisation_id AND g.is_open
LEFT JOIN organisations_class c ON c.grade_id = g.id
LEFT JOIN students_headcount h ON h.class_of_id = c.id
WHERE s.state = 'open' AND s.place >= %(lo)s AND s.place < %(hi)s {narrowed}
GROUP BY s.organisation_id, s.place, s.identifier, o.name, s.kind, s.system, g.id ORDER BY s.place, g.number
"""

# The system that most schools of a kind have in a county; of two as common, the six years of most of the country.
USUAL = """
SELECT place / 1000000, kind, mode() WITHIN GROUP (ORDER BY system DESC) FROM organisations_school
WHERE state = 'open' AND place >= %(lo)s AND place < %(hi)s GROUP BY 1, 2
"""


def foresee(
    area: int, *, school_year: int, using: str, only: Collection[int] = ()
) -> Iterator[PlannedSchool]:
    """Yield every open school of an area as a promotion into `school_year` would find it: the dry run. Writes nothing.

    `only`: places of schools to look at, instead of all.
    """
    lo, hi = places.scope(area)
    known: dict[str, Any] = {"lo": lo, "hi": hi, "only": list(only)}
    with connections[using].cursor() as cursor:
        # A school is compared with its whole county, also where it is looked at alone.
        county = {"lo": lo // COUNTY * COUNTY, "hi": -(-hi // COUNTY) * COUNTY}
        cursor.execute(USUAL, county)
        usual = {(division, kind): system for division, kind, system in cursor.fetchall()}
        cursor.execute(GRADES.format(narrowed="AND s.place = ANY(%(only)s)" if only else ""), known)
        rows = cursor.fetchall()
    for (id_, place, identifier, name, kind, system), group in groupby(rows, key=lambda row: row[:6]):
        grades = tuple(GradeFacts(*row[6:]) for row in group)
        found = differences(
            grades, system=system, usual=usual[place // COUNTY, kind], school_year=school_year
        )
        yield PlannedSchool(id_, place, identifier, name, system, grades, tuple(found))


def look_ahead(area: int, *, school_year: int, by: Actor) -> list[PlannedSchool]:
    """Return what a promotion into a school year would find at every open school of an area in scope. Writes nothing.

    Raises NotAllowed.
    """
    by.require("promotion.view", area)
    with national("status.promotion") as using:
        return list(foresee(area, school_year=school_year, using=using))


def plan(*, area: int, school_year: int, by: Actor, today: date) -> Campaign:
    """Plan the promotion of an area into a school year: note every school and grade, and what does not fit.

    Raises NotAllowed, AlreadyPlanned.
    """
    by.require("promotion.plan", area)
    with national("status.promotion") as using:
        if (
            Campaign.objects.using(using)
            .filter(~Q(state="undone"), area=area, school_year=school_year)
            .exists()
        ):
            raise AlreadyPlanned(
                "本范围该学年的升级已经在办，请从列表进入。",
                "This promotion is planned already; open it from the list.",
            )
        campaign = Campaign.objects.using(using).create(
            id=uuid7.new(),
            area=area,
            school_year=school_year,
            state=CampaignState.PLANNED,
            planned_by=by.account_id,
            planned_on=today,
        )
        schools = list(foresee(area, school_year=school_year, using=using))
        _write(campaign, schools, using)
        _note(campaign, "plan", by=by, using=using, after={"schools": len(schools), "year": school_year})
    return campaign


def _write(campaign: Campaign, schools: list[PlannedSchool], using: str) -> None:
    authorities: dict[int, int] = {}
    for school in schools:
        division = school.place // 10**6
        if division not in authorities:
            authorities[division] = authority_of(school.place, using=using)
    if not schools:
        return
    raised = [(school.place, grade) for school in schools for grade in school.raised]
    with connections[using].cursor() as cursor:
        copy_into(
            cursor,
            "status_campaignschool",
            pl.DataFrame(
                {
                    "campaign_id": [str(campaign.id)] * len(schools),
                    "place": [one.place for one in schools],
                    "school_id": [one.id for one in schools],
                    "authority": [authorities[one.place // 10**6] for one in schools],
                    "state": [SchoolState.OPEN.value] * len(schools),
                    "pupils": [one.pupils for one in schools],
                    "differences": [_as_json(one.found) for one in schools],
                    "needs_word": [needs_word(one.found) for one in schools],
                    "note": [""] * len(schools),
                }
            ),
        )
        if raised:
            copy_into(
                cursor,
                "status_campaigngrade",
                pl.DataFrame(
                    {
                        "campaign_id": [str(campaign.id)] * len(raised),
                        "place": [place for place, _grade in raised],
                        "grade_id": [grade.id for _place, grade in raised],
                        "before": [grade.number for _place, grade in raised],
                        "after": [grade.number + 1 for _place, grade in raised],
                        "pupils": [grade.pupils for _place, grade in raised],
                    }
                ),
            )


def _as_json(found: tuple[Difference, ...]) -> str:
    return json.dumps([{"code": one.code, **one.values} for one in found], ensure_ascii=False)


def check_again(campaign_id: UUID, *, by: Actor, school_places: Collection[int]) -> int:
    """Look again at schools that are not promoted, after something was put right; return how many were looked at."""
    by.require("promotion.sign")
    with national("status.promotion") as using:
        campaign = _campaign(campaign_id, using, CampaignState.PLANNED, CampaignState.RUNNING)
        wanted = [
            place
            for place in CampaignSchool.everywhere.using(using)
            .filter(campaign=campaign, place__in=list(school_places))
            .exclude(state=SchoolState.DONE)
            .values_list("place", flat=True)
            if place in by.scope
        ]
        if not wanted:
            return 0
        _read_anew(campaign, wanted, using)
        _note(campaign, "check", by=by, using=using, after={"schools": wanted})
    return len(wanted)


def _read_anew(campaign: Campaign, wanted: Collection[int], using: str) -> None:
    """Note the schools at some places as they are now; those that are not in operation any more are taken out."""
    CampaignGrade.everywhere.using(using).filter(campaign=campaign, place__in=wanted).delete()
    CampaignSchool.everywhere.using(using).filter(campaign=campaign, place__in=wanted).delete()
    _write(
        campaign,
        list(foresee(campaign.area, school_year=campaign.school_year, using=using, only=wanted)),
        using,
    )


def look_again(school_places: Collection[int], *, using: str) -> None:
    """Let promotions that are planned or run look at schools anew whose grades became others; they are signed anew.

    What was promoted or left out stays so. Called by acts that move classes between schools.
    """
    for campaign in Campaign.objects.using(using).filter(
        state__in=[CampaignState.PLANNED, CampaignState.RUNNING]
    ):
        lo, hi = places.scope(campaign.area)
        settled = set(
            CampaignSchool.everywhere.using(using)
            .filter(campaign=campaign, place__in=list(school_places))
            .exclude(state__in=[SchoolState.OPEN, SchoolState.SIGNED])
            .values_list("place", flat=True)
        )
        wanted = [place for place in school_places if lo <= place < hi and place not in settled]
        if wanted:
            _read_anew(campaign, wanted, using)


def sign(
    campaign_id: UUID, *, by: Actor, today: date, school_places: Collection[int] | None = None, note: str = ""
) -> int:
    """Sign the authority's own schools; without `school_places` all that have nothing doubtful. Return how many.

    A school with something doubtful needs a word why it is right as it is. Raises WordMissing, NotNow.
    """
    by.require("promotion.sign")
    with national("status.promotion") as using:
        campaign = _campaign(campaign_id, using, CampaignState.PLANNED, CampaignState.RUNNING)
        own = CampaignSchool.everywhere.using(using).filter(
            campaign=campaign, authority=by.place, state__in=[SchoolState.OPEN, SchoolState.LEFT_OUT]
        )
        if school_places is None:
            own = own.filter(needs_word=False, state=SchoolState.OPEN)
        else:
            own = own.filter(place__in=list(school_places))
            if not note.strip() and own.filter(needs_word=True).exists():
                raise WordMissing(
                    "所选学校有需要说明的差异，请填写说明，或先更正后重新核对。",
                    "Something is doubtful about a chosen school: say why it is right, or correct it and check again.",
                )
        signed = own.update(
            state=SchoolState.SIGNED,
            note=note.strip()[:300],
            signed_by=by.account_id,
            signed_on=today,
            days_used=calendar(using).days_used(campaign.planned_on, today),
        )
        _note(campaign, "sign", by=by, using=using, after={"schools": signed, "note": note.strip()[:300]})
    return signed


def leave_out(campaign_id: UUID, *, by: Actor, today: date, school_places: Collection[int], note: str) -> int:
    """Keep schools of the own authority out of this promotion, with a reason; return how many. Raises WordMissing."""
    by.require("promotion.sign")
    if not note.strip():
        raise WordMissing("请填写本次不升级的理由。", "Say why they are left out.")
    with national("status.promotion") as using:
        campaign = _campaign(campaign_id, using, CampaignState.PLANNED, CampaignState.RUNNING)
        left = (
            CampaignSchool.everywhere.using(using)
            .filter(
                campaign=campaign,
                authority=by.place,
                place__in=list(school_places),
                state__in=[SchoolState.OPEN, SchoolState.SIGNED],
            )
            .update(
                state=SchoolState.LEFT_OUT,
                note=note.strip()[:300],
                signed_by=by.account_id,
                signed_on=today,
                days_used=calendar(using).days_used(campaign.planned_on, today),
            )
        )
        _note(campaign, "leave_out", by=by, using=using, after={"schools": left, "note": note.strip()[:300]})
    return left


def start(campaign_id: UUID, *, by: Actor) -> Campaign:
    """Let a planned promotion run: all signed schools, and others as soon as they are signed.

    Raises OwnWork for who planned it (two-person rule), NotNow.
    """
    with national("status.promotion") as using:
        campaign = _campaign(campaign_id, using, CampaignState.PLANNED)
        by.require("promotion.start", campaign.area)
        if campaign.planned_by == by.account_id:
            raise OwnWork(
                "制定计划的人不能启动升级，请由主管领导启动。",
                "Who planned it cannot start it; the leader has to.",
            )
        campaign.state = CampaignState.RUNNING
        campaign.started_by = by.account_id
        campaign.started_at = timezone.now()
        campaign.save(using=using)
        _note(campaign, "start", by=by, using=using, after={"state": campaign.state})
    return campaign


TAKE = """
WITH waiting AS (
    SELECT place, sum(pupils) OVER (ORDER BY place) AS so_far, pupils FROM (
        SELECT place, pupils FROM status_campaignschool
        WHERE campaign_id = %(campaign)s AND state = 'signed' ORDER BY place LIMIT 2000
        FOR UPDATE SKIP LOCKED) locked
)
SELECT array_agg(place) FROM waiting WHERE so_far - pupils < %(most)s
"""

# A grade that was changed by hand since it was planned: its school is to be looked at again.
CHANGED = """
UPDATE status_campaignschool s SET state = 'open', signed_by = NULL, signed_on = NULL, days_used = NULL
WHERE s.campaign_id = %(campaign)s AND s.place = ANY(%(places)s) AND EXISTS (
    SELECT 1 FROM status_campaigngrade m JOIN organisations_grade g ON g.id = m.grade_id
    WHERE m.campaign_id = s.campaign_id AND m.place = s.place AND g.number <> m.before)
RETURNING s.place
"""

RAISE = """
WITH raised AS (
    UPDATE organisations_grade g SET number = m.{to} FROM status_campaigngrade m
    WHERE m.campaign_id = %(campaign)s AND m.place = ANY(%(places)s) AND g.id = m.grade_id AND g.number = m.{of}
    RETURNING g.id, m.{of} AS before, m.{to} AS after
), told AS (
    INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, before, after)
    SELECT e.student_id, %(act)s, 'student', %(account)s, %(office)s, e.place, %(campaign)s,
        jsonb_build_object('grade', r.before), jsonb_build_object('grade', r.after)
    FROM raised r
    JOIN organisations_class c ON c.grade_id = r.id
    JOIN students_enrolment e ON e.class_of_id = c.id AND e.ended_on IS NULL
)
UPDATE status_campaignschool SET state = %(state)s, done_at = now()
WHERE campaign_id = %(campaign)s AND place = ANY(%(places)s)
"""


def run(campaign_id: UUID, *, report: Report = silent, pupils_at_once: int = PUPILS_AT_ONCE) -> int:
    """Promote every signed school of a running promotion, piece by piece; return how many schools were promoted.

    Can be killed and called again, and by several processes at once. Raises NotNow, NoSuchCampaign.
    """
    promoted = 0
    while True:
        done = run_piece(campaign_id, pupils_at_once=pupils_at_once)
        if done is None:
            return promoted
        promoted += done
        report(promoted, done)


def run_piece(campaign_id: UUID, *, pupils_at_once: int = PUPILS_AT_ONCE) -> int | None:
    """Promote some signed schools in one transaction; return how many, None when none is left.

    When no school waits for a signature any more, the promotion is done.
    """
    with national("status.promotion") as using, connections[using].cursor() as cursor:
        campaign = Campaign.objects.using(using).filter(pk=campaign_id).first()
        if campaign is None:
            raise no_such_campaign()
        if campaign.state != CampaignState.RUNNING:
            return None
        cursor.execute(TAKE, {"campaign": campaign.id, "most": pupils_at_once})
        (taken,) = cursor.fetchone()
        if not taken:
            _finish(campaign, using)
            return None
        known: dict[str, Any] = {
            "campaign": campaign.id,
            "places": taken,
            "act": "status.promotion.promote",
            "account": campaign.started_by,
            "office": campaign.area,
            "state": SchoolState.DONE,
        }
        cursor.execute(CHANGED, known)
        changed = {row[0] for row in cursor.fetchall()}
        known["places"] = [place for place in taken if place not in changed]
        cursor.execute(RAISE.format(of="before", to="after"), known)
        return len(known["places"])


def _finish(campaign: Campaign, using: str) -> None:
    waiting = [SchoolState.OPEN, SchoolState.SIGNED]
    if CampaignSchool.everywhere.using(using).filter(campaign=campaign, state__in=waiting).exists():
        return
    Campaign.objects.using(using).filter(pk=campaign.pk, state=CampaignState.RUNNING).update(
        state=CampaignState.DONE, ended_at=timezone.now()
    )


def undo(campaign_id: UUID, *, by: Actor, reason: str, school_places: Collection[int] | None = None) -> int:
    """Take a promotion back, of some schools or of all of the area: the exact inverse; return how many schools.

    Raises WordMissing, StandsOnIt where a later promotion of a school was run.
    """
    if not reason.strip():
        raise WordMissing("请写明撤销的理由。", "Say why it is undone.")
    with national("status.promotion") as using, connections[using].cursor() as cursor:
        campaign = _campaign(campaign_id, using, CampaignState.RUNNING, CampaignState.DONE)
        by.require("promotion.undo")
        done = CampaignSchool.everywhere.using(using).filter(campaign=campaign, state=SchoolState.DONE)
        if school_places is not None:
            done = done.filter(place__in=list(school_places))
        wanted = [
            place for place in done.select_for_update().values_list("place", flat=True) if place in by.scope
        ]
        if not wanted:
            raise NotNow("没有可以撤销的学校。", "There is no school to undo.")
        known: dict[str, Any] = {
            "campaign": campaign.id,
            "places": wanted,
            "act": "status.promotion.undo",
            "account": by.account_id,
            "office": by.place,
            "state": SchoolState.UNDONE,
        }
        cursor.execute(
            """SELECT count(*) FROM status_campaigngrade m JOIN organisations_grade g ON g.id = m.grade_id
               WHERE m.campaign_id = %(campaign)s AND m.place = ANY(%(places)s) AND g.number <> m.after""",
            known,
        )
        (changed,) = cursor.fetchone()
        if changed:
            raise StandsOnIt(
                "有的学校此后年级又有变化（如下一学年已升级），不能撤销；请先撤销后来的升级。",
                "Grades of some schools changed again since, as by a later promotion; undo that one first.",
            )
        cursor.execute(RAISE.format(of="after", to="before"), known)
        rest = CampaignSchool.everywhere.using(using).filter(campaign=campaign, state=SchoolState.DONE)
        if school_places is None and not rest.exists():
            Campaign.objects.using(using).filter(pk=campaign.pk).update(
                state=CampaignState.UNDONE, ended_at=timezone.now()
            )
        _note(
            campaign,
            "undo",
            by=by,
            using=using,
            after={"schools": len(wanted), "reason": reason.strip()[:300]},
        )
    return len(wanted)


def _campaign(campaign_id: UUID, using: str, *states: CampaignState) -> Campaign:
    campaign = Campaign.objects.using(using).select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        raise no_such_campaign()
    if campaign.state not in states:
        raise NotNow(
            "该次升级已不在这一环节，请刷新查看。",
            "This promotion is past that step; reload to see where it is.",
        )
    return campaign


def no_such_campaign() -> NoSuchCampaign:
    return NoSuchCampaign(
        "没有这次升级，请从列表进入。", "There is no such promotion; open it from the list."
    )


def _note(campaign: Campaign, act: str, *, by: Actor, using: str, after: dict[str, Any]) -> None:
    record(
        f"promotion.{act}",
        by=by.account_id,
        office=by.place,
        subject_kind="campaign",
        subject_id=campaign.id,
        place=campaign.area,
        after=after,
        using=using,
    )
