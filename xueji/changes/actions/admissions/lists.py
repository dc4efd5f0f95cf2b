"""Lists of admitted pupils: checked, given in, issued to their schools, taken back.

Each verb is one transaction in the national role, because a child may be known, claimed or
admitted anywhere. Checking writes nothing; a list that was given in keeps its findings;
issued, its accepted rows wait at their schools. Set-based throughout.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import polars as pl
from django.conf import settings
from django.db import connections
from django.utils import timezone

from xueji.access.actions_misses import charge, looker, over_budget, require_budget
from xueji.access.rules.misses import Standing, Way
from xueji.access.scope import Actor, national
from xueji.audit.actions import record
from xueji.changes.actions.admissions import disputes
from xueji.changes.models import AdmissionFile, AdmissionFinding, AdmissionList
from xueji.changes.queries.admission_check import checked_against_nation, identifiers_in, schools_named
from xueji.changes.rules import admission_checks
from xueji.changes.rules.admission_checks import Checked
from xueji.changes.rules.admission_findings import severity_of
from xueji.changes.rules.admissions import (
    COLUMNS,
    MOST_ROWS,
    STAGE_NAMES,
    STAGES,
    Act,
    ListState,
    Step,
    step_from,
)
from xueji.changes.rules.roster_files import EXAMPLE_MARK
from xueji.changes.rules.roster_findings import Severity
from xueji.lib import uuid7
from xueji.lib.errors import Refused
from xueji.organisations.queries import authority_of_level, calendar, known_division_codes, name_at
from xueji.organisations.queries_packs import pack_for
from xueji.spreadsheets.reader import read
from xueji.spreadsheets.tables import copy_into
from xueji.students.actions_canaries import listen
from xueji.students.actions_look_ups import asked
from xueji.students.encryption import associated
from xueji.students.rules.schemes import NUMBER_SCHEME

KEYS: Final = tuple(column.key for column in COLUMNS)


class NoSuchList(Refused):
    code = "not-found"


class NotNow(Refused):
    code = "not-now"


class OwnWork(Refused):
    code = "own-work"


class NoRows(Refused):
    code = "no-rows"


class ColumnsMissing(Refused):
    code = "columns-missing"


class TooManyRows(Refused):
    code = "too-many-rows"


class TermsMissing(Refused):
    code = "terms-missing"


class AnotherEnrols(Refused):
    code = "another-enrols"


class NothingToIssue(Refused):
    code = "nothing-to-issue"


class PupilsUnderWay(Refused):
    code = "pupils-under-way"


@dataclass(frozen=True)
class Terms:
    """What a list says of all its pupils. `report_by` is the day until which they have to come."""

    name: str
    school_year: int
    stage: str
    document: str = ""
    report_by: date | None = None


@dataclass(frozen=True)
class Given:
    """The rows of a list as they were given in: texts by key, with `row` as the spreadsheet numbers it."""

    rows: tuple[Mapping[str, Any], ...]
    formulas: tuple[tuple[int, str], ...] = ()
    lossy_numbers: tuple[tuple[int, str], ...] = ()

    def frame(self) -> pl.DataFrame:
        """Return the rows as a table of text."""
        return pl.DataFrame(
            {
                "row": pl.Series([row["row"] for row in self.rows], dtype=pl.UInt32),
                **{key: pl.Series([row.get(key) for row in self.rows], dtype=pl.String) for key in KEYS},
            }
        )


def from_file(content: bytes, file_name: str) -> Given:
    """Return the list in a workbook or CSV file. Raises Refused for a file that cannot be used."""
    sheet = read(content, columns=COLUMNS, name=file_name)
    absent = [c for c in COLUMNS if c.required and c.key not in sheet.match.found]
    if absent:
        raise ColumnsMissing(
            "缺少必需的列：" + "、".join(c.header_zh for c in absent) + "。请补上，或使用下载的模板。",
            "Required columns are missing: "
            + ", ".join(c.header_en for c in absent)
            + ". Add them, or use the template from the download.",
        )
    frame = sheet.frame.filter(~pl.col("name").fill_null("").str.starts_with(EXAMPLE_MARK))
    require_rows(frame.height)
    kept = frame.select("row", *(key for key in KEYS if key in frame.columns))
    marks = sheet.marks.filter(pl.col("column").is_in(KEYS))

    def cells(*kinds: str) -> tuple[tuple[int, str], ...]:
        return tuple(marks.filter(pl.col("kind").is_in(kinds)).select("row", "column").rows())

    return Given(
        tuple(kept.iter_rows(named=True)),
        cells("formula", "error"),
        tuple(cell for cell in cells("digits-lost") if cell[1] == "document_number"),
    )


def from_values(pupils: Sequence[Mapping[str, str]]) -> Given:
    """Return typed values (API) as a list; the first pupil is row 1."""
    require_rows(len(pupils))
    return Given(
        tuple(
            {"row": at, **{key: pupil[key] for key in KEYS if pupil.get(key)}}
            for at, pupil in enumerate(pupils, 1)
        )
    )


def require_rows(count: int) -> None:
    """Raise NoRows or TooManyRows."""
    if not count:
        raise NoRows(
            "名单中没有学生：表头下面没有任何一行数据。", "The list holds no pupil: no row below the header."
        )
    if count > MOST_ROWS:
        raise TooManyRows(
            f"名单有 {count:,} 行，一份最多 {MOST_ROWS:,} 行。请按学校或批次分开导入。",
            f"The list has {count:,} rows; one holds at most {MOST_ROWS:,}. Split it by school or batch.",
        )


def require_terms(terms: Terms, today: date) -> None:
    """Raise TermsMissing unless a list says what it is."""
    if not terms.name.strip():
        raise TermsMissing(
            "请填写批次名称，如“2026 年初中统一招生”。", "Name the batch, such as “Junior admission 2026”."
        )
    if terms.stage not in STAGES:
        raise TermsMissing("请选择招生学段。", "Choose the stage.")
    if abs(terms.school_year - today.year) > 1:
        raise TermsMissing(
            f"学年应在 {today.year - 1} 至 {today.year + 1} 之间。",
            f"The school year must lie between {today.year - 1} and {today.year + 1}.",
        )


def enrols_for(stage: str, *, by: Actor, today: date) -> int:
    """Return the authority that by the rule pack enrols for a stage: the actor's own, or one above it."""
    _id, pack = pack_for(by.place, today)
    return authority_of_level(by.place, pack.admission_level_of(stage))


def require_enrolling(stage: str, *, by: Actor, today: date) -> None:
    """Raise AnotherEnrols where the rule pack leaves the enrolment of a stage to an authority above."""
    enrolling = enrols_for(stage, by=by, today=today)
    if enrolling != by.place:
        _id, pack = pack_for(by.place, today)
        zh, en = STAGE_NAMES[stage]
        name = name_at(enrolling)
        raise AnotherEnrols(
            f"按“{pack.name}”，{zh}由{name}统一招生，请由其导入和下达录取名单。",
            f"By the rules in force here, {name} enrols for {en.lower()} schools; it gives the list in and issues it.",
        )


# The dry run ------------------------------------------------------------------------------


def examine(
    given: Given, terms: Terms, *, by: Actor, today: date, using: str, own: UUID | None = None
) -> Checked:
    """Return a list checked, cell by cell and against the nation. Writes nothing.

    Must run inside the national scope; `own` is the list itself where it was given in already.
    """
    frame = given.frame()
    checked = admission_checks.check(
        frame,
        schools=schools_named(
            frame["school_identifier"].to_list(), lo=by.scope.lo, hi=by.scope.hi, using=using
        ),
        stage=terms.stage,
        today=today,
        divisions=known_division_codes(),
        formulas=given.formulas,
        lossy_numbers=given.lossy_numbers,
    )
    return checked_against_nation(checked, stage=terms.stage, own=own, using=using)


def dry_run(given: Given, terms: Terms, *, by: Actor, today: date) -> Checked:
    """Return what giving this list in would find. Nothing is written."""
    by.require("admission.give_in", by.place)
    require_terms(terms, today)
    require_enrolling(terms.stage, by=by, today=today)
    with national("admission") as using:
        checked = examine(given, terms, by=by, today=today, using=using)
        spent = price(checked, by=by, today=today, using=using)
    if spent is not None:
        raise over_budget(Way.ROSTER, spent.budget)
    return checked


def price(checked: Checked, *, by: Actor, today: date, using: str) -> Standing | None:
    """Keep the numbers of a list that are known under other names; return the budget that is used up, None of none.

    Must run inside the national scope. What was examined is then not to be told.
    """
    ring, whose = settings.XUEJI_KEY_RING, looker(by)
    differing = checked.findings.filter(pl.col("code") == "person-differs")["row"].cast(
        checked.rows.schema["row"]
    )
    missed = []
    for index, number, name in (
        checked.rows.filter(pl.col("row").is_in(differing.implode()))
        .select("index", "student_number", "name")
        .iter_rows()
    ):
        missed.append(asked(index or ring.blind_index(NUMBER_SCHEME, number or ""), name or ""))
    listen([index for index in checked.rows["index"] if index], way=Way.ROSTER, whose=whose, day=today)
    spent = require_budget(Way.ROSTER, whose, day=today, using=using)
    return spent or charge(Way.ROSTER, missed, whose=whose, day=today, using=using)


def accepted_of(checked: Checked) -> pl.DataFrame:
    """Return the rows that nothing keeps from being accepted."""
    rejected = checked.rejected_rows().cast(checked.rows.schema["row"])
    return checked.rows.filter(~pl.col("row").is_in(rejected.implode()))


def warnings_of(checked: Checked) -> int:
    """Return how many findings only ask for a look."""
    return sum(severity_of(code) is Severity.WARNING for code in checked.findings["code"].to_list())


# The verbs --------------------------------------------------------------------------------


def give_in(
    given: Given, terms: Terms, *, file_name: str, by: Actor, today: date, door: str = "workbook"
) -> tuple[AdmissionList, bool]:
    """Keep a list with its findings, to be issued; return it, and whether it is new.

    No school sees it yet. The same rows of the same authority under the same terms are the
    list that they already are. Raises TooManyMisses.
    """
    by.require("admission.give_in", by.place)
    require_terms(terms, today)
    require_enrolling(terms.stage, by=by, today=today)
    content = json.dumps(
        {"terms": asdict(terms), **asdict(given)}, ensure_ascii=False, sort_keys=True, default=str
    )
    with national("admission") as using:
        checked = examine(given, terms, by=by, today=today, using=using)
        spent = price(checked, by=by, today=today, using=using)
        kept = (
            None
            if spent
            else keep_list(
                given, terms, checked, content=content, file_name=file_name, door=door, by=by, using=using
            )
        )
    if kept is None:
        raise over_budget(Way.ROSTER, spent.budget)  # type: ignore[union-attr]  # nothing else keeps it from being kept
    return kept


def keep_list(
    given: Given,
    terms: Terms,
    checked: Checked,
    *,
    content: str,
    file_name: str,
    door: str,
    by: Actor,
    using: str,
) -> tuple[AdmissionList, bool]:
    """Write a checked list with its findings; the same rows under the same terms are the list they already are."""
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    accepted = accepted_of(checked).height
    list_id = uuid7.new()
    with connections[using].cursor() as cursor:
        cursor.execute(
            """INSERT INTO changes_admissionlist (id, place, name, document, school_year, stage, report_by, state,
                   door, file_name, sha256, rows, accepted, rejected, warnings, uploaded_by, version)
               VALUES (%s, %s, %s, %s, %s, %s, %s, 'checked', %s, %s, %s, %s, %s, %s, %s, %s, 1)
               ON CONFLICT (place, sha256) WHERE state <> 'withdrawn' DO NOTHING""",
            [
                list_id,
                by.place,
                terms.name.strip()[:100],
                terms.document.strip()[:100],
                terms.school_year,
                terms.stage,
                terms.report_by,
                door,
                file_name[:200],
                sha256,
                len(given.rows),
                accepted,
                len(given.rows) - accepted,
                warnings_of(checked),
                by.account_id,
            ],
        )
        if cursor.rowcount == 0:
            live = AdmissionList.everywhere.using(using).exclude(state=ListState.WITHDRAWN)
            return live.get(place=by.place, sha256=sha256), False
    AdmissionFile.everywhere.using(using).create(
        list_id=list_id,
        place=by.place,
        content=settings.XUEJI_KEY_RING.encrypt(content, associated("admission file", list_id)),
    )
    keep_findings(list_id, by.place, checked, using)
    given_in = AdmissionList.everywhere.using(using).get(pk=list_id)
    note(
        given_in,
        "admission.give_in",
        by=by,
        using=using,
        after={"rows": given_in.rows, "accepted": accepted},
    )
    return given_in, True


def keep_findings(list_id: UUID, place: int, checked: Checked, using: str) -> None:
    """Write the findings of a list in place of earlier ones."""
    AdmissionFinding.everywhere.using(using).filter(list_id=list_id).delete()
    if checked.findings.is_empty():
        return
    severities = {code: severity_of(code).value for code in checked.findings["code"].unique()}
    with connections[using].cursor() as cursor:
        copy_into(
            cursor,
            "changes_admissionfinding",
            checked.findings.select(
                pl.lit(str(list_id)).alias("list_id"),
                pl.lit(place).alias("place"),
                "row",
                "column",
                "code",
                pl.col("code").replace_strict(severities).alias("severity"),
                "params",
            ),
        )


def issue(list_id: UUID, *, by: Actor, today: date, version: int | None = None) -> AdmissionList:
    """Let the pupils of a list wait at their schools. It is checked once more; who changed since is rejected.

    Whoever issues it is another person than who gave it in. Of a child that two schools admit
    the dispute opens by itself. Raises NoSuchList, NotNow, OwnWork, AnotherEnrols, NothingToIssue.
    """
    with national("admission") as using:
        found = locked(list_id, by=by, using=using)
        step_to(found, Act.ISSUE, by=by, version=version)
        if found.uploaded_by == by.account_id:
            raise OwnWork(
                "导入名单的人不能自己下达，请由本单位另一位同事办理。",
                "Who gave a list in cannot issue it; a second person of the office has to.",
            )
        given, terms = kept(found, using)
        require_enrolling(terms.stage, by=by, today=today)
        lock_schools(given, using)
        checked = examine(given, terms, by=by, today=today, using=using, own=found.id)
        rows = accepted_of(checked)
        if rows.is_empty():
            raise NothingToIssue(
                "名单中没有可以下达的学生：请先按检查结果改正后重新导入。",
                "No pupil of this list can be issued: correct it as the findings say and give it in again.",
            )
        keep_findings(found.id, found.place, checked, using)
        found.accepted, found.rejected = rows.height, found.rows - rows.height
        found.warnings = warnings_of(checked)
        found.state, found.issued_by, found.issued_on = ListState.ISSUED, by.account_id, today
        found.days_used = calendar(using).days_used(timezone.localdate(found.uploaded_at), today)
        found.version += 1
        found.save(using=using)
        write_rows(found, rows, using)
        opened = disputes.open_for_list(found, by=by, today=today, using=using)
        record_rows(found, "admission.admit", by=by, using=using)
        after = {"state": found.state, "pupils": found.accepted, "disputes": opened}
        note(found, "admission.issue", by=by, using=using, after=after)
        return found


def lock_schools(given: Given, using: str) -> None:
    """Hold the schools of a list, so that none closes between the check and the end of it."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """SELECT 1 FROM organisations_school WHERE organisation_id IN (
                SELECT school_id FROM organisations_schoolidentifier WHERE identifier = ANY(%s))
               ORDER BY organisation_id FOR KEY SHARE""",
            [identifiers_in(row.get("school_identifier") for row in given.rows)],
        )


LOCK_CHILDREN = """
INSERT INTO changes_admittedchild AS c (scheme, index)
SELECT scheme, index FROM changes_admission WHERE list_id = %s ORDER BY scheme, index
ON CONFLICT (scheme, index) DO UPDATE SET scheme = EXCLUDED.scheme
"""


def write_rows(found: AdmissionList, rows: pl.DataFrame, using: str) -> None:
    """COPY the accepted rows of a list to their schools, and lock their children."""
    ring = settings.XUEJI_KEY_RING
    indexes = rows["index"].to_list()
    documents = ring.encrypt_many(
        [number or "" for number in rows["document_number"]], [associated("identifier", i) for i in indexes]
    )
    with connections[using].cursor() as cursor:
        copy_into(
            cursor,
            "changes_admission",
            rows.select(
                pl.lit(str(found.id)).alias("list_id"),
                pl.Series("id", uuid7.many_text(rows.height)),
                "place",
                "row",
                "school_id",
                "scheme",
                "index",
                pl.Series("document", documents, dtype=pl.Binary),
                "name",
                pl.col("sex_final").fill_null("").alias("sex"),
                pl.col("birth").alias("birth_on"),
                pl.col("code_document_type").fill_null("1").alias("document_type"),
                pl.col("code_entry_mode").fill_null("").alias("entry_mode"),
                pl.col("exam_number").fill_null("").alias("exam_number"),
                "student_id",
                pl.lit("awaited").alias("state"),
                pl.lit("").alias("reason"),
            ),
        )
        cursor.execute(LOCK_CHILDREN, [found.id])


UNDER_WAY = """
SELECT count(*) FROM changes_admission a
WHERE a.list_id = %s AND (a.state IN ('registered', 'elsewhere')
    OR EXISTS (SELECT 1 FROM changes_rosterclaim c
        WHERE c.scheme = a.scheme AND c.index = a.index AND c.place = a.place)
    OR EXISTS (SELECT 1 FROM changes_case k WHERE k.id = a.case_id AND k.closed_on IS NULL))
"""


def withdraw(list_id: UUID, *, by: Actor, today: date, reason: str = "") -> AdmissionList:
    """Take a list back: its schools await its pupils no longer. Repeating it changes nothing.

    Raises PupilsUnderWay once one of its pupils has come, is in dispute or is registered.
    """
    with national("admission") as using:
        found = locked(list_id, by=by, using=using)
        if found.state == ListState.WITHDRAWN:
            return found
        step_to(found, Act.WITHDRAW, by=by)
        with connections[using].cursor() as cursor:
            cursor.execute(LOCK_CHILDREN, [found.id])
            cursor.execute(UNDER_WAY, [found.id])
            (under_way,) = cursor.fetchone()
            if under_way:
                raise PupilsUnderWay(
                    f"名单中有 {under_way} 名学生已报到、已注册或正在核查重复招生，不能整体撤回。"
                    "请先由学校撤回报到，或待核查办结。",
                    f"{under_way} pupils of this list have come, are registered or in dispute: it cannot be taken"
                    " back as a whole. Their schools take the arrivals back first.",
                )
            cursor.execute(
                """UPDATE changes_admission SET state = 'cancelled', ended_on = %s
                   WHERE list_id = %s AND state IN ('awaited', 'not_come')""",
                [today, found.id],
            )
        before, found.state = found.state, ListState.WITHDRAWN
        found.version += 1
        found.save(using=using)
        if before == ListState.ISSUED:
            record_rows(found, "admission.cancel", by=by, using=using)
        after = {"state": found.state, "reason": reason[:200]}
        note(found, "admission.withdraw", by=by, using=using, before={"state": before}, after=after)
        return found


# What the verbs share ----------------------------------------------------------------------


def locked(list_id: UUID, *, by: Actor, using: str) -> AdmissionList:
    """Return the list of the office of `by`, locked until commit. Raises NoSuchList."""
    found: AdmissionList | None = (
        AdmissionList.everywhere.using(using).select_for_update().filter(pk=list_id, place=by.place).first()
    )
    if found is None:
        raise NoSuchList(
            "没有这份录取名单，或它不是本单位导入的。请从列表重新进入。",
            "There is no such list, or another office gave it in; open it from the list again.",
        )
    return found


def step_to(found: AdmissionList, act: Act, *, by: Actor, version: int | None = None) -> Step:
    """Return the step that `by` may take now. Raises NotNow, NotAllowed."""
    step = step_from(ListState(found.state), act)
    if step is None or (version is not None and version != found.version):
        raise NotNow(
            "该名单刚刚有变化，可能已由同事办理；请刷新查看当前状态。",
            "This list has just changed, perhaps by a colleague; reload to see where it is.",
        )
    by.require(step.permission, found.place)
    return step


def kept(found: AdmissionList, using: str) -> tuple[Given, Terms]:
    """Return the rows and terms of a list as they were given in."""
    file = AdmissionFile.everywhere.using(using).get(list_id=found.id)
    text = settings.XUEJI_KEY_RING.decrypt(bytes(file.content), associated("admission file", found.id))
    content = json.loads(text)
    given = Given(
        tuple(content["rows"]),
        tuple((row, column) for row, column in content["formulas"]),
        tuple((row, column) for row, column in content["lossy_numbers"]),
    )
    return given, Terms(found.name, found.school_year, found.stage, found.document, found.report_by)


def record_rows(found: AdmissionList, act: str, *, by: Actor, using: str) -> None:
    """Append one event per pupil of a list, in one statement, where the pupil's school reads it."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            """INSERT INTO audit_event (subject_id, act, subject_kind, account_id, office, place, batch_id, after)
               SELECT a.id, %s, 'admission', %s, %s, a.place, a.list_id,
                   jsonb_build_object('state', a.state, 'row', a.row)
               FROM changes_admission a WHERE a.list_id = %s ORDER BY a.row""",
            [act, by.account_id, by.place, found.id],
        )


def note(
    found: AdmissionList, act: str, *, by: Actor, using: str, before: Any = None, after: Any = None
) -> None:
    """Record an event of a list."""
    record(
        act,
        by=by.account_id,
        office=by.place,
        subject_kind="admission_list",
        subject_id=found.id,
        place=found.place,
        batch_id=found.id,
        before=before,
        after=after,
        using=using,
    )
