"""Loading the synthetic nation into an empty registry, and leaving some work on its desks.

A small nation is one transaction. A large one is drawn and written county by county by
several processes into tables without indexes, and its schools are written last: killed at
any point, the registry has no school, and the next load begins anew.
"""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import cast

import psycopg
import xlsxwriter
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from xueji.access.models import Account
from xueji.access.queries import actor_named, level_of
from xueji.access.rules.permissions import LEVEL_NAMES, ROLE_NAMES, Role
from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.changes.actions import rosters
from xueji.changes.queries.schools import school_with_identifier
from xueji.changes.rules.roster_steps import Act
from xueji.lib.crypto import KeyRing
from xueji.lib.errors import Refused
from xueji.lib.school_years import school_year as school_year_of
from xueji.organisations.actions import seed_divisions
from xueji.organisations.models import Organisation, School
from xueji.organisations.rules import divisions
from xueji.organisations.rules.school_kinds import Stage, class_number
from xueji.spreadsheets.tables import copy_into
from xueji.students.encryption import associated
from xueji.synthetic import bulk, offices
from xueji.synthetic.changes import leave_changes
from xueji.synthetic.processes import drawn_by
from xueji.synthetic.records import Keys, Setting, frames
from xueji.synthetic.rules.drawing import generator
from xueji.synthetic.rules.nation import Nation, PlannedCounty, PlannedSchool, plan_nation
from xueji.synthetic.rules.newcomers import draw_newcomers
from xueji.synthetic.rules.population import draw_population

STUDENTS, SEED = 60_000, 1
# One word for everybody, shown on the sign-in page: all these people are invented.
PASSWORD = "Xueji-demo-2026"  # noqa: S105
# From here on the indexes are put aside while loading.
LARGE = 200_000
Say = Callable[[str], None]

# Tables whose integer keys are given here, with the sequence that must not give them again.
NUMBERED = {
    "organisation": "organisations_organisation",
    "name": "organisations_organisationname",
    "change": "organisations_schoolchange",
    "grade": "organisations_grade",
    "class_": "organisations_class",
    "account": "access_account",
    "appointment": "access_appointment",
    "event": "audit_event",
}


class NotEmpty(Refused):
    code = "registry-not-empty"


class NotInProduction(Refused):
    code = "not-in-production"


@dataclass(frozen=True)
class Loaded:
    """What a load wrote: the plan, what was counted, and where to begin."""

    nation: Nation
    counts: dict[str, int]
    accounts: list[dict[str, str]]
    roster: Path | None


def note_of_accounts() -> Path:
    """Return the file that says which accounts the synthetic nation has; it marks the data as synthetic."""
    return Path(settings.VAR) / "demo.json"


def load_nation(
    *, students: int, seed: int, today: date, processes: int | None = None, say: Say = lambda sentence: None
) -> Loaded:
    """Draw a nation and write it into an empty registry.

    The same number, seed and school year give the same rows whatever the number of
    processes, except for the nonces of what is encrypted. Raises NotEmpty, NotInProduction,
    NationTooLarge.
    """
    if settings.PRODUCTION:
        raise NotInProduction(
            "生产环境不能写入虚构数据。", "Synthetic data is never written into a registry in production."
        )
    nation = plan_nation(students, seed, school_year_of(today))
    _require_empty()
    _finish_what_was_left(say)
    seed_divisions(using="owner")
    with national("synthetic") as using:
        start = _start(using)
        authorities = dict(
            Organisation.objects.using(using)
            .exclude(level="school")
            .order_by("place")
            .values_list("place", "id")
        )
    keys = offices.keys_of(nation, start, list(authorities))
    _reserve_keys(nation, start, authorities)
    counts: Counter[str] = Counter()
    if students < LARGE:
        with national("synthetic") as using:
            _write_offices(nation, keys, start, authorities, using)
            for county, of in zip(nation.counties, keys, strict=True):
                counts.update(write_county(county, of, seed, nation.school_year, using))
            _note_load(nation, using)
        _vacuum(bulk.TABLES)
    else:
        counts = _load_large(nation, keys, start, authorities, processes or os.cpu_count() or 2, say)
    _vacuum((*NUMBERED.values(), "organisations_school", "organisations_schoolidentifier"))
    accounts = _accounts_to_try(nation)
    roster = leave_work(nation, today=today)
    leave_changes(nation, today=today)
    loaded = Loaded(nation, _summed(nation, counts), accounts, roster)
    _write_note(loaded)
    return loaded


def write_county(county: PlannedCounty, keys: Keys, seed: int, school_year: int, using: str) -> Counter[str]:
    """Draw the pupils of a county and COPY them; return what was counted."""
    population = draw_population(county, seed=seed, school_year=school_year)
    ring = cast(KeyRing, settings.XUEJI_KEY_RING).uncapped()
    setting = Setting(school_year, ring)
    with connections[using].cursor() as cursor:
        for table, frame in frames(county, population, keys, setting):
            copy_into(cursor, table, frame)
    pupils = population.pupils
    return Counter(
        {
            "pupils": pupils.height,
            "with_siblings": int((pupils["siblings"] > 0).sum()),
            "twins": int(pupils["is_twin"].sum()),
            "without_number": int((pupils["number"] == "").sum()),
            "overseas": int((pupils["overseas"] != "00").sum()),
            "migrants": int(pupils["is_migrant"].sum()),
            "minorities": int((~pupils["people"].is_in(["01", ""])).sum()),
            "left_behind": int((pupils["left_behind"] > 0).sum()),
            "boarders": int(pupils["boards"].sum()),
            **{str(stage): int((pupils["stage"] == stage).sum()) for stage in Stage},
        }
    )


def _require_empty() -> None:
    people = [School._base_manager, Account._base_manager]
    if any(manager.using("owner").exists() for manager in people):
        raise NotEmpty(
            "系统中已有学校或账号，演示数据只能写入空的系统。若要重新生成，请停止服务并删除 var 目录。",
            "The registry has schools or accounts already; the synthetic nation is only written into an empty one."
            " To draw it anew, stop the service and delete the folder var.",
        )


# Large nations.


def _note_of_bulk() -> Path:
    return Path(settings.VAR) / "demo-unfinished.json"


def _url(alias: str) -> str:
    """Return a door as a connection string: the options of the server's protocol, not those of Python's driver."""
    given = connections[alias].settings_dict
    spoken = {option.keyword.decode() for option in Conninfo.get_defaults()}
    return make_conninfo(
        "",
        dbname=given["NAME"],
        user=given["USER"] or None,
        password=given["PASSWORD"] or None,
        host=given["HOST"] or None,
        port=given["PORT"] or None,
        **{name: value for name, value in given["OPTIONS"].items() if name in spoken},
    )


def _finish_what_was_left(say: Say) -> None:
    """Set right what a large load left that was killed."""
    if _note_of_bulk().exists():
        say("上次生成未完成，正在清理…… Clearing what an unfinished load left …")
        _give_up()


def _give_up() -> None:
    with psycopg.connect(_url("owner"), autocommit=True) as owner:
        bulk.empty(owner)
        bulk.build_again(_url("owner"), _note_of_bulk())
        bulk.join_again(owner, _note_of_bulk())


def _load_large(
    nation: Nation,
    keys: list[Keys],
    start: offices.Start,
    authorities: dict[int, int],
    processes: int,
    say: Say,
) -> Counter[str]:
    note = _note_of_bulk()
    with psycopg.connect(_url("owner"), autocommit=True) as owner:
        bulk.put_aside(owner, note)
        try:
            counts = _write_counties(nation, keys, processes, say)
            say("正在建立索引…… Building the indexes …")
            bulk.build_again(_url("owner"), note)
            with national("synthetic") as using:
                _write_offices(nation, keys, start, authorities, using)
                _note_load(nation, using)
            bulk.join_again(owner, note)
        except BaseException:
            if School.objects.using("owner").exists():
                raise
            _give_up()
            raise
    return counts


def _write_counties(nation: Nation, keys: list[Keys], processes: int, say: Say) -> Counter[str]:
    """Have several processes draw and write the counties; return what was counted."""
    counts: Counter[str] = Counter()
    said = 0
    jobs = (
        (county, of, nation.seed, nation.school_year)
        for county, of in zip(nation.counties, keys, strict=True)
    )
    door = dict(connections["national"].settings_dict)
    with closing(drawn_by(processes, jobs, door)) as drawn:
        for done in drawn:
            counts.update(done)
            if counts["pupils"] * 20 // nation.students > said:
                said = counts["pupils"] * 20 // nation.students
                say(f"{counts['pupils']:,} / {nation.students:,}")
    return counts


# Keys and offices.


def _start(using: str) -> offices.Start:
    with connections[using].cursor() as cursor:
        last = {}
        for name, table in NUMBERED.items():
            cursor.execute(sql.SQL("SELECT coalesce(max(id), 0) FROM {}").format(sql.Identifier(table)))
            (last[name],) = cursor.fetchone()
    return offices.Start(**last)


def _reserve_keys(nation: Nation, start: offices.Start, authorities: dict[int, int]) -> None:
    """Move the sequences beyond every key of the load, before any of them is used."""
    schools = sum(len(county.schools) for county in nation.counties)
    cohorts = sum(len(school.cohorts) for county in nation.counties for school in county.schools)
    classes = sum(
        len(cohort.class_sizes)
        for county in nation.counties
        for school in county.schools
        for cohort in school.cohorts
    )
    posts = 2 * schools + len(offices.AUTHORITY_ROLES) * len(authorities)
    more = {
        "organisation": schools,
        "name": schools,
        "change": schools,
        "grade": cohorts,
        "class_": classes,
        "account": posts,
        "appointment": posts,
        "event": nation.students,
    }
    with connections["owner"].cursor() as cursor:
        for name, table in NUMBERED.items():
            sequence = (
                "'audit_event_id_seq'" if name == "event" else f"pg_get_serial_sequence('{table}', 'id')"
            )
            cursor.execute(f"SELECT setval({sequence}, %s)", [getattr(start, name) + more[name]])


def _write_offices(
    nation: Nation, keys: list[Keys], start: offices.Start, authorities: dict[int, int], using: str
) -> None:
    with connections[using].cursor() as cursor:
        for table, frame in offices.school_frames(nation, keys, start, authorities):
            copy_into(cursor, table, frame)
        hashed = make_password(PASSWORD)
        for table, frame in offices.account_frames(nation, list(authorities), start, hashed):
            copy_into(cursor, table, frame)


def _note_load(nation: Nation, using: str) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT id FROM organisations_organisation WHERE place = 0")
        (ministry,) = cursor.fetchone()
    record(
        "demo.load",
        by=None,
        office=0,
        subject_kind="organisation",
        subject_id=ministry,
        place=0,
        after={"students": nation.students, "seed": nation.seed, "school_year": nation.school_year},
        using=using,
    )


def _vacuum(tables: Iterable[str]) -> None:
    with connections["owner"].cursor() as cursor:
        for table in tables:
            cursor.execute(f"VACUUM (ANALYZE) {table}")


# Something to do on the desks, by the same verbs as everybody's work.

TO_TRY = 40  # rows of the roster that is not sent yet
ON_DESKS = (12, 18, 24)  # rows of those that are
DAYS_AGO = (14, 6, 1)
LATE = 1  # the roster of children who came in September; the leader has approved it
DOUBTFUL = 2  # the roster with a child whose number is known under another name


def leave_work(nation: Nation, *, today: date) -> Path | None:
    """Leave rosters on the desks of leaders and a county, and write one to try out.

    Returns where the roster to try out was written, for the first school; None where the
    nation has no primary school.
    """
    sizes = (TO_TRY, *ON_DESKS)
    chosen = [
        (county, school) for county in nation.counties for school in county.schools if _first_classes(school)
    ][: len(sizes)]
    if not chosen:
        return None
    newcomers = {
        county.division: _newcomers(nation, county, sum(sizes))
        for county in {c.index: c for c, _ in chosen}.values()
    }
    known = _known_child(chosen[0][1])
    path = Path(settings.VAR) / "demo-roster.xlsx"
    for nth, ((county, school), size) in enumerate(zip(chosen, sizes, strict=False)):
        # Each child is taken out, so that none is in two rosters.
        rows = [newcomers[county.division].pop() for _ in range(size)]
        for position, row in enumerate(rows):
            number = position % _first_classes(school) + 1
            row["班号"] = class_number(nation.school_year, Stage.PRIMARY, number)
            # Who came in September is late by now.
            row["入学年月"] = f"{nation.school_year}09" if nth == LATE else f"{today:%Y%m}"
        if nth == 0:
            path.write_bytes(_workbook(_with_mistakes(rows, known)))
            continue
        if nth == DOUBTFUL:
            rows[4] |= {"姓名": rows[4]["姓名"] + "宝", "身份证件号": known[1]}
        _send(school, rows, on=today - timedelta(days=DAYS_AGO[nth - 1]), is_approved=nth == LATE)
    return path


def _newcomers(nation: Nation, county: PlannedCounty, n: int) -> list[dict[str, str]]:
    return draw_newcomers(
        generator(nation.seed, nation.students, 5, county.index),
        division=county.division,
        full_name=county.full_name,
        grade=1,
        school_year=nation.school_year,
        n=n,
    )


def _first_classes(school: PlannedSchool) -> int:
    """Return how many first classes a primary school has."""
    first = (cohort.class_sizes for cohort in school.cohorts if cohort.grade.number == 1)
    return len(next(first, ())) if school.kind == "211" else 0


def _known_child(school: PlannedSchool) -> tuple[str, str]:
    """Return name and document number of a pupil of the school with a resident number."""
    with national("synthetic") as using, connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT s.name, i.index, i.value FROM students_student s
               JOIN students_identifier i ON i.student_id = s.id AND i.scheme = 'R'
               WHERE s.place = %s ORDER BY s.id LIMIT 1""",
            [school.place],
        )
        name, index, value = cursor.fetchone()
    return name, settings.XUEJI_KEY_RING.decrypt(value, associated("identifier", bytes(index)))


def _send(planned: PlannedSchool, rows: list[dict[str, str]], *, on: date, is_approved: bool) -> None:
    """Have the registrar submit a roster, and where asked the leader approve it."""
    with national("synthetic") as using:
        school = school_with_identifier(planned.identifier, using)
    registrar = _actor(Role.REGISTRAR, planned.identifier, on)
    name = f"{planned.name}新生名册.xlsx"
    batch, _ = rosters.import_file(_workbook(rows), file_name=name, school=school, by=registrar, today=on)
    if is_approved:
        leader = _actor(Role.LEADER, planned.identifier, on)
        rosters.decide(batch.id, act=Act.APPROVE, by=leader, today=on + timedelta(days=1))


def _actor(role: Role, name: str, on: date) -> Actor:
    return actor_named(f"{role[0]}{name}", today=on)[0]


def _with_mistakes(rows: list[dict[str, str]], known: tuple[str, str]) -> list[dict[str, str]]:
    """Return the rows with the mistakes that registrars make most, each in a row of its own."""
    number = rows[3]["身份证件号"]
    rows[3]["身份证件号"] = number[:17] + ("0" if number[17] != "0" else "1")
    rows[7]["身份证件号"] = rows[7]["身份证件号"].lower()[:6] + " " + rows[7]["身份证件号"][6:]
    rows[11]["班号"] = "2099199"
    rows[14]["姓名"] = '=HYPERLINK("http://example.invalid")'
    rows[18]["身份证件号"] = rows[2]["身份证件号"]
    rows[22] |= {"姓名": known[0], "身份证件号": known[1]}
    rows[25]["联系电话"] = "12345"
    rows[25]["成员1联系电话"] = "12345"
    rows[29]["成员1姓名"] = ""
    rows[33]["民族"] = "汉人"
    return rows


def _workbook(rows: list[dict[str, str]]) -> bytes:
    """Return the rows as a workbook under the headers of the short template."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False}) as book:
        # The same rows are the same file, byte by byte: only so is a repetition known as one.
        book.set_properties({"created": None})
        sheet = book.add_worksheet("名册")
        headers = list(rows[0])
        for column, header in enumerate(headers):
            sheet.set_column(column, column, 22 if header in ("身份证件号", "现住址") else 12)
            sheet.write_string(0, column, header)
        for line, row in enumerate(rows, start=1):
            for column, header in enumerate(headers):
                sheet.write_string(line, column, row[header])
    return file.getvalue()


# What is told at the end.


def _accounts_to_try(nation: Nation) -> list[dict[str, str]]:
    """Return one account per role: those of one school, its county, prefecture, province and the ministry."""
    county = nation.counties[0]
    school = next(s for s in county.schools if s.place // 10**6 == int(county.division))
    prefecture = divisions.parent(county.division) or f"{county.division[:2]}0000"
    chosen = [
        (Role.REGISTRAR, school.place),
        (Role.LEADER, school.place),
        *((role, int(county.division) * 10**6) for role in offices.AUTHORITY_ROLES),
        (Role.OFFICER, int(prefecture) * 10**6),
        (Role.OFFICER, int(county.division[:2]) * 10**10),
        (Role.ADMINISTRATOR, int(county.division[:2]) * 10**10),
        (Role.OFFICER, 0),
        (Role.ADMINISTRATOR, 0),
    ]
    with national("synthetic") as using:
        named = dict(
            Organisation.objects.using(using)
            .filter(place__in={p for _, p in chosen})
            .values_list("place", "name")
        )
    identifiers = {school.place: school.identifier}
    return [
        {
            "username": offices.username(role, place, identifiers),
            "password": PASSWORD,
            "role": f"{LEVEL_NAMES[level_of(place)][0]}{ROLE_NAMES[role][0]}",
            "office": named[place],
        }
        for role, place in chosen
    ]


def _summed(nation: Nation, counts: Counter[str]) -> dict[str, int]:
    return {
        "counties": len(nation.counties),
        "schools": sum(len(county.schools) for county in nation.counties),
        "classes": sum(
            len(cohort.class_sizes)
            for county in nation.counties
            for school in county.schools
            for cohort in school.cohorts
        ),
        **counts,
    }


def _write_note(loaded: Loaded) -> None:
    note = note_of_accounts()
    content = {
        "synthetic": True,
        "students": loaded.nation.students,
        "seed": loaded.nation.seed,
        "school_year": loaded.nation.school_year,
        "counts": loaded.counts,
        "roster": str(loaded.roster) if loaded.roster else None,
        "accounts": loaded.accounts,
    }
    draft = note.with_suffix(".draft")
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    draft.replace(note)
