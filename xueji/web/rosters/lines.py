"""The lines of a roster's page: its findings, its pupils, and which of them are ticked to be taken out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from xueji.changes.models import RosterBatch
from xueji.changes.queries import batches, findings
from xueji.changes.queries.problems import held_rows
from xueji.changes.rules import return_reasons
from xueji.changes.rules.roster_findings import BY_CODE as FINDING_CODES
from xueji.changes.rules.roster_findings import Severity
from xueji.lib import masks
from xueji.students.actions import note_listed
from xueji.students.rules import code_lists
from xueji.web.doors import ActingRequest
from xueji.web.pages import Column, Row, Table, part
from xueji.web.rosters import words
from xueji.web.templatetags.xueji import in_chinese, spoken, thousands

SAMPLE, WHOLE_PAGE = 20, 100
# What the page shows of each pupil, as the record of who read it names it.
ROW_FIELDS = ("name", "sex", "birth", "class", "document")

# What each code is called where there is no cell to speak about.
KINDS = {
    "missing": gettext_lazy("缺少内容"),
    "not-own-school": gettext_lazy("不是本校"),
    "unknown-code": gettext_lazy("代码不存在"),
    "id-length": gettext_lazy("证件号长度"),
    "id-check-digit": gettext_lazy("证件号校验"),
    "id-division": gettext_lazy("证件号行政区划"),
    "id-birth-mismatch": gettext_lazy("出生日期与证件不一致"),
    "id-sex-mismatch": gettext_lazy("性别与证件不一致"),
    "birth-impossible": gettext_lazy("出生日期不可能"),
    "age-out-of-range": gettext_lazy("年龄超出通常范围"),
    "date-format": gettext_lazy("日期写法"),
    "name-characters": gettext_lazy("姓名字符"),
    "formula": gettext_lazy("公式"),
    "too-long": gettext_lazy("内容过长"),
    "phone-format": gettext_lazy("电话号码"),
    "postcode-format": gettext_lazy("邮政编码"),
    "number-format": gettext_lazy("数字写法"),
    "unknown-class": gettext_lazy("班号不存在"),
    "guardian-missing": gettext_lazy("缺少监护人"),
    "duplicate-in-file": gettext_lazy("文件内重复"),
    "already-enrolled": gettext_lazy("已有学籍"),
    "to-be-checked": gettext_lazy("证件号待核查"),
    "same-person-suspected": gettext_lazy("疑似同一人"),
    "admitted-elsewhere": gettext_lazy("已被他校录取"),
    "admission-disputed": gettext_lazy("重复招生核查中"),
}


def kind_of(code: str) -> str:
    """Return what a finding code is called."""
    return str(KINDS[code]) if code in KINDS else code


@dataclass(frozen=True)
class Ticked:
    """What somebody has filled in on the decision so far: rows taken out, and why."""

    rows: tuple[int, ...] = ()
    code: str = ""
    words: str = ""

    @property
    def reason(self) -> str:
        return return_reasons.reason_text(self.code, self.words)

    def as_query(self) -> dict[str, str]:
        told = {"except": ",".join(map(str, self.rows)), "reason": self.code, "words": self.words}
        return {name: value for name, value in told.items() if value}


def ticked_from(source: Any) -> Ticked:
    """Return the decision so far, from an address or a form. Raises Http404 for what no form sends."""
    texts = [text for value in source.getlist("except") for text in value.split(",") if text]
    rows = sorted({row for text in texts if (row := words.row_key(text)) is not None})
    code = words.one_of(source.get("reason", ""), return_reasons.BY_CODE)
    said = source.get("words", "")[:200]
    if "\0" in said:
        raise Http404
    return Ticked(tuple(rows), code, said)


def findings_context(request: ActingRequest, batch: RosterBatch) -> dict[str, Any]:
    """Return the table of findings, filtered, one page of it."""
    code = words.one_of(request.GET.get("code", ""), FINDING_CODES)
    severity = words.one_of(request.GET.get("severity", ""), findings.WITHIN)
    tally = findings.tally(batch.id)
    found = batches.findings_page(
        batch.id,
        code=code,
        severity=severity,
        after=words.finding_key(request.GET.get("after", "")),
        before=words.finding_key(request.GET.get("before", "")),
    )
    held = held_rows(batch, [one.row for one in found.items])
    columns = (
        Column(_("行"), "nowrap"),
        Column(_("列"), "nowrap"),
        Column(_("程度"), "nowrap"),
        Column(_("问题与改法")),
    )
    rows = tuple(
        Row(
            (
                # A card on a phone has no header above its number.
                _("第 %(line)s 行") % {"line": thousands(one.row)},
                one.column if in_chinese() else one.column_en,
                severity_mark(one.severity, one.code),
                one.message_zh if in_chinese() else one.message_en,
            ),
            url=reverse("problem", args=[held[one.row]]) if one.row in held else "",
        )
        for one in found.items
    )
    return {
        "has_findings": bool(tally),
        "findings": Table(_("检查结果，按行排列"), columns, rows),
        "before": words.key_text(found.before),
        "after": words.key_text(found.after),
        "chips": chips_of(tally, code=code, severity=severity),
    }


@dataclass(frozen=True)
class Chip:
    """One press that narrows a list: its word, its number, its address."""

    label: str
    count: int
    query: str
    is_current: bool


def chips_of(tally: list[tuple[str, int]], *, code: str, severity: str) -> list[Chip]:
    """Return the ways to narrow the findings: all, by severity, by kind, each with its number."""
    mild = sum(count for kind, count in tally if FINDING_CODES[kind].severity is Severity.WARNING)
    every = sum(count for _kind, count in tally)
    chips = [Chip(_("全部"), every, "", not code and not severity)]
    if 0 < mild < every:
        chips.append(Chip(_("需改"), every - mild, "severity=error", severity == "error"))
        chips.append(Chip(_("提示"), mild, "severity=warning", severity == "warning"))
    return chips + [Chip(kind_of(kind), count, f"code={kind}", kind == code) for kind, count in tally]


def severity_mark(severity: str, code: str) -> Any:
    """Return whether a finding keeps its row out, as a mark with its word."""
    if severity == "warning":
        return part("state", tone="waiting", word=pgettext("程度", "提示"))
    held = FINDING_CODES[code].severity is Severity.HELD
    return part("state", tone="late", word=_("待核查") if held else _("需改"))


@dataclass(frozen=True)
class Line:
    """A pupil of the batch as it is shown: number masked."""

    pupil: batches.Pupil
    sex: str
    document: str
    document_type: str
    warnings: list[str] = field(default_factory=list)
    reason: str = ""
    is_ticked: bool = False


def line_of(pupil: batches.Pupil, ticked: Collection[int] = ()) -> Line:
    """Return a pupil ready to be shown."""

    def label(codes: Any, code: str) -> str:
        row = codes.get(code)
        return code if row is None else spoken((row.zh, row.en))

    return Line(
        pupil=pupil,
        sex=label(code_lists.SEXES, pupil.sex),
        document=masks.document(pupil.document),
        document_type=label(code_lists.DOCUMENT_TYPES, pupil.document_type),
        warnings=[one.message_zh if in_chinese() else one.message_en for one in pupil.warnings],
        reason=spoken(return_reasons.in_both(pupil.reason)),
        is_ticked=pupil.row in ticked,
    )


def pupils_context(
    request: ActingRequest, batch: RosterBatch, *, at_desk: bool, ticked: Ticked
) -> dict[str, Any]:
    """Return the accepted rows, a sample first and then all by pages; with boxes at a desk."""
    shown_all = request.GET.get("all") == "yes"
    is_warned = request.GET.get("warned") == "yes"
    found = batches.pupils_page(
        batch.id,
        is_warned=is_warned,
        after=words.row_key(request.GET.get("rows_after", "")),
        before=words.row_key(request.GET.get("rows_before", "")),
        size=WHOLE_PAGE if shown_all or is_warned else SAMPLE,
    )
    on_page = {pupil.row for pupil in found.items}
    taken_out = batches.pupils_page(batch.id, states=batches.TAKEN_OUT, size=50) if batch.excepted else None
    shown = [*found.items, *(taken_out.items if taken_out else ())]
    note_listed(
        [pupil.student_id for pupil in shown], by=request.actor, fields=ROW_FIELDS, duty="roster.view"
    )
    return {
        "lines": [line_of(pupil, ticked.rows) for pupil in found.items],
        "shown_all": shown_all,
        "ranges": ranges_of(batch, shown_all=shown_all, is_warned=is_warned),
        "is_warned": is_warned,
        "rows_before": words.key_text(found.before) if shown_all or is_warned else "",
        "rows_after": words.key_text(found.after) if shown_all or is_warned else "",
        "has_more": not shown_all and not is_warned and found.after is not None,
        "taken_out": [line_of(pupil) for pupil in taken_out.items] if taken_out else [],
        "taken_out_more": taken_out is not None and taken_out.after is not None,
        "ticked": ticked,
        "ticked_elsewhere": ",".join(str(row) for row in ticked.rows if row not in on_page),
        "ticked_count": len(ticked.rows),
        "reasons": [(one.code, spoken((one.zh, one.en))) for one in return_reasons.REASONS]
        if at_desk
        else [],
        "rest": max(batch.accepted - batch.excepted - len(ticked.rows), 0),
    }


def ranges_of(batch: RosterBatch, *, shown_all: bool, is_warned: bool) -> list[tuple[str, str, bool]]:
    """Return which rows can be shown: (word, query, whether they are shown now). None when all are there."""
    ranges = []
    if batch.accepted > SAMPLE:
        ranges.append((_("前 20 人"), "sample=yes", not shown_all and not is_warned))
        ranges.append((_("全部"), "all=yes", shown_all))
    if batch.warnings:
        if not ranges:
            ranges.append((_("全部"), "sample=yes", not is_warned))
        ranges.append((_("有提示的"), "warned=yes", is_warned))
    return ranges
