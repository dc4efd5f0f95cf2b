"""Lists of admitted pupils for the authority that enrols: given in, findings, issued, how far each school is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xueji.access.rules.permissions import Level
from xueji.changes.actions.admissions import lists as actions
from xueji.changes.actions.admissions.lists import Terms
from xueji.changes.models import AdmissionList
from xueji.changes.queries import admissions as queries
from xueji.changes.rules.admissions import COLUMNS, STAGE_NAMES, Act, ListState, step_from
from xueji.changes.rules.roster_findings import Severity
from xueji.lib.errors import Refused
from xueji.organisations.queries import name_at
from xueji.spreadsheets.rules.limits import MAX_FILE_BYTES
from xueji.spreadsheets.writer import write_template
from xueji.web.admissions import pupils, words
from xueji.web.doors import ActingRequest, done_once, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, part, render
from xueji.web.rosters.batch import workbook
from xueji.web.rosters.uploads import FileTooLarge
from xueji.web.rosters.words import finding_key, key_text, one_of, row_key, uuid_key
from xueji.web.templatetags.xueji import day, in_chinese, thousands

SEVERITIES = ("", Severity.ERROR, Severity.WARNING)
# What an authority counts per school, in the order in which a pupil goes through it.
COUNTED = ("awaited", "reported", "registered", "not_come", "disputed", "elsewhere")


class ListForm(forms.Form):
    """A list, and what it says of all its pupils."""

    name = forms.CharField(
        label=gettext_lazy("批次名称"),
        max_length=100,
        help_text=gettext_lazy("如“2026 年初中统一招生第一批”。"),
    )
    document = forms.CharField(label=gettext_lazy("录取文号"), max_length=100, required=False)
    school_year = forms.IntegerField(label=gettext_lazy("入学年份"), min_value=2000, max_value=2100)
    stage = forms.ChoiceField(label=gettext_lazy("招生学段"))
    report_by = forms.DateField(
        label=gettext_lazy("报到截止日期"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    file = forms.FileField(
        label=gettext_lazy("把录取名单拖到这里，或选择文件"),
        help_text=gettext_lazy(".xlsx 或 .csv，最多 50,000 行"),
        error_messages={
            "required": gettext_lazy("请选择一个文件。"),
            "empty": gettext_lazy("文件是空的，请重新选择。"),
        },
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = [  # type: ignore[attr-defined]
            ("", _("请选择")),
            *words.chosen(STAGE_NAMES),
        ]

    def terms(self) -> Terms:
        """Return what the form says of all pupils."""
        given = self.cleaned_data
        return Terms(
            given["name"], given["school_year"], given["stage"], given["document"], given["report_by"]
        )


def list_of(list_id: UUID) -> AdmissionList:
    """Return the list in scope. Raises Http404."""
    found = queries.list_with(list_id)
    if found is None:
        raise Http404
    return found


@door("admission.view")
def home(request: ActingRequest) -> HttpResponse:
    """The lists of an authority; for a school the pupils it awaits."""
    if request.actor.level is Level.SCHOOL:
        return pupils.of_school(request)
    page = queries.lists(
        after=uuid_key(request.GET.get("after", "")), before=uuid_key(request.GET.get("before", ""))
    )
    columns = (
        Column(_("批次")),
        Column(_("学段"), "nowrap"),
        Column(_("导入单位")),
        Column(_("录取"), "number"),
        Column(_("需改"), "number"),
        Column(_("状态"), "nowrap"),
        Column(_("报到截止"), "nowrap"),
    )
    rows = tuple(
        Row(
            (
                one.name,
                _("%(year)s 年%(stage)s") % {"year": one.school_year, "stage": words.stage_word(one.stage)},
                name_at(one.place),
                thousands(one.accepted),
                thousands(one.rejected),
                words.list_mark(one.state),
                day(one.report_by),
            ),
            url=reverse("admission", args=[one.id]),
        )
        for one in page.items
    )
    context = {
        "table": Table(_("录取名单，最近导入的在前"), columns, rows) if rows else None,
        "before": key_text(page.before),
        "after": key_text(page.after),
        "may_give_in": request.actor.may("admission.give_in"),
        "may_import": request.actor.may("preschool.import"),
    }
    return render(request, "admissions/list.html", context)


@door("admission.give_in", methods=("GET", "HEAD", "POST"))
def new(request: ActingRequest) -> HttpResponse:
    """The upload: the list is checked at once and kept with its findings; no school sees it yet."""
    today = timezone.localdate()
    form = (
        ListForm(request.POST, request.FILES)
        if request.method == "POST"
        else ListForm(initial={"school_year": today.year})
    )
    elsewhere = {
        stage: office
        for stage in STAGE_NAMES
        if (office := actions.enrols_for(stage, by=request.actor, today=today)) != request.actor.place
    }
    form.fields["stage"].help_text = "".join(
        _("%(stage)s由%(office)s统一招生。") % {"stage": words.stage_word(stage), "office": name_at(office)}
        for stage, office in elsewhere.items()
    )
    context = {
        "form": form,
        "fields": [form[key] for key in ("name", "document", "school_year", "stage", "report_by")],
        "crumbs": [(_("录取名单"), reverse("admissions")), (_("导入"), "")],
    }
    if request.method != "POST":
        return render(request, "admissions/new.html", context)
    if not form.is_valid():
        return render(request, "admissions/new.html", context, status=UNPROCESSABLE)
    file = form.cleaned_data["file"]
    try:
        if file.size > MAX_FILE_BYTES:
            most = MAX_FILE_BYTES >> 20
            raise FileTooLarge(
                f"文件超过 {most} MB。请删去无关的工作表和图片，或分成几个文件上传。",
                f"The file has more than {most} MB. Remove what does not belong to it, or split it.",
            )
        given = actions.from_file(file.read(), file.name)
        found, is_new = actions.give_in(
            given, form.terms(), file_name=file.name, by=request.actor, today=today
        )
    except Refused as refused:
        return render(request, "admissions/new.html", context, refused=refused)
    if not is_new:
        messages.info(request, _("这份名单导入过，没有重复处理。这就是原来的名单。"))
    return led_to(found)


def led_to(found: AdmissionList) -> HttpResponse:
    """Return the way to a list's page."""
    response = HttpResponse(status=302)
    response["Location"] = reverse("admission", args=[found.id])
    return response


@door("admission.give_in")
def template(request: ActingRequest) -> HttpResponse:
    """The workbook to fill in."""
    example = {column.key: column.example for column in COLUMNS if column.example}
    content = write_template(COLUMNS, title_zh="录取名单", sheet_name="录取名单", example=example)
    return workbook(content, "录取名单模板.xlsx" if in_chinese() else "admissions.xlsx")


# One list -------------------------------------------------------------------------------------


@door("admission.view")
def show(request: ActingRequest, list_id: UUID) -> HttpResponse:
    """A list: its findings before it is issued, how far each school is afterwards."""
    return page(request, list_of(list_id))


def page(request: ActingRequest, found: AdmissionList, *, refused: Refused | None = None) -> HttpResponse:
    """Return the page of a list, with a refusal above it when there is one. Raises Http404 for a school."""
    actor = request.actor
    if actor.level is Level.SCHOOL:
        raise Http404
    state = ListState(found.state)
    severity = one_of(request.GET.get("severity", ""), SEVERITIES)
    told = queries.findings_page(
        found.id,
        severity=severity,
        after=finding_key(request.GET.get("after", "")),
        before=finding_key(request.GET.get("before", "")),
    )
    is_own = found.place == actor.place
    issuing, taking_back = step_from(state, Act.ISSUE), step_from(state, Act.WITHDRAW)
    may_issue = is_own and issuing is not None and actor.may(issuing.permission)
    progress = queries.progress_of(found.id) if state is not ListState.CHECKED else []
    totals = {key: sum(one.counts.get(key, 0) for one in progress) for key in COUNTED}
    context: dict[str, Any] = {
        "found": found,
        "office": name_at(found.place),
        "stage": words.stage_word(found.stage),
        "state": words.list_mark(found.state),
        "is_checked": state is ListState.CHECKED,
        "is_issued": state is ListState.ISSUED,
        "may_issue": may_issue and found.uploaded_by != actor.account_id and found.accepted > 0,
        "own_work": may_issue and found.uploaded_by == actor.account_id,
        "may_withdraw": is_own and taking_back is not None and actor.may(taking_back.permission),
        "figures": figures_of(found, totals),
        "progress": progress_table(found, progress),
        "absent_url": f"{reverse('admission-pupils', args=[found.id])}?status=not_come",
        "absent": totals["not_come"],
        "findings": findings_table(told.items),
        "severity": severity,
        "chips": chips_of(found, severity),
        "before": key_text(told.before),
        "after": key_text(told.after),
        "crumbs": [(_("录取名单"), reverse("admissions")), (found.name, "")],
    }
    return render(request, "admissions/show.html", context, refused=refused)


def figures_of(found: AdmissionList, totals: dict[str, int]) -> list[tuple[str, str, str]]:
    """Return the numbers on top: of the check before a list is issued, of the arrivals afterwards."""
    if found.state == ListState.CHECKED:
        return [
            (_("行"), thousands(found.rows), ""),
            (_("通过"), thousands(found.accepted), "good" if found.accepted else ""),
            (_("需改"), thousands(found.rejected), "late" if found.rejected else ""),
            (_("提示"), thousands(found.warnings), "waiting" if found.warnings else ""),
        ]
    tones = {"registered": "good", "not_come": "late", "disputed": "late", "awaited": "waiting"}
    return [
        (words.status_word(key), thousands(count), tones.get(key, "") if count else "")
        for key, count in totals.items()
    ]


def progress_table(found: AdmissionList, progress: list[queries.SchoolProgress]) -> Table | None:
    """Return how far each school is; the number of those who have not come leads to who they are."""
    columns = (
        Column(_("学校")),
        Column(_("录取"), "number"),
        *(Column(words.status_word(key), "number") for key in COUNTED),
    )
    rows = tuple(
        Row(
            (one.name, thousands(one.total), *(thousands(one.counts.get(key, 0)) for key in COUNTED)),
            url=f"{reverse('admission-pupils', args=[found.id])}?place={one.place}",
        )
        for one in progress
    )
    return Table(_("各校报到进度"), columns, rows) if rows else None


def findings_table(found: list[queries.Told]) -> Table | None:
    columns = (
        Column(_("行"), "nowrap"),
        Column(_("列"), "nowrap"),
        Column(_("程度"), "nowrap"),
        Column(_("问题与改法")),
    )
    rows = tuple(
        Row(
            (
                _("第 %(line)s 行") % {"line": thousands(one.row)},
                one.column if in_chinese() else one.column_en,
                severity_mark(one.severity),
                one.message_zh if in_chinese() else one.message_en,
            )
        )
        for one in found
    )
    return Table(_("检查结果，按行排列"), columns, rows) if rows else None


def severity_mark(severity: str) -> Any:
    """Return whether a finding keeps its row out, as a mark with its word."""
    if severity == Severity.WARNING:
        return part("state", tone="waiting", word=_("提示"))
    return part("state", tone="late", word=_("需改"))


def chips_of(found: AdmissionList, severity: str) -> list[tuple[str, str, str, bool]]:
    """Return the ways to narrow the findings: label, number, query, whether it is the current one."""
    counts = queries.warning_count(found.id)
    labels = {Severity.ERROR: _("需改"), Severity.WARNING: _("提示")}
    chips = [(_("全部"), thousands(sum(counts.values())), "", not severity)]
    chips += [
        (label, thousands(counts[key]), f"severity={key}", severity == key)
        for key, label in labels.items()
        if counts[key]
    ]
    return chips


def version_from(request: ActingRequest) -> int:
    """Return the version of the list that the form was made from. Raises Http404 when it has none."""
    version = row_key(request.POST.get("version", ""))
    if version is None:
        raise Http404
    return version


@door("admission.issue", methods=("POST",))
def issue(request: ActingRequest, list_id: UUID) -> HttpResponse:
    """Let the pupils of a list wait at their schools."""
    found, version = list_of(list_id), version_from(request)

    def act() -> str:
        done = actions.issue(found.id, by=request.actor, today=timezone.localdate(), version=version)
        messages.success(
            request,
            ngettext(
                "已下达 %(number)s 人，各录取学校现在可以办理报到。",
                "已下达 %(number)s 人，各录取学校现在可以办理报到。",
                done.accepted,
            )
            % {"number": thousands(done.accepted)},
        )
        return reverse("admission", args=[found.id])

    try:
        return done_once(request, act)
    except Refused as refused:
        return page(request, list_of(list_id), refused=refused)


@door("admission.give_in", methods=("POST",))
def withdraw(request: ActingRequest, list_id: UUID) -> HttpResponse:
    """Show what taking a list back means; when confirmed, take it back."""
    found = list_of(list_id)
    if request.POST.get("confirmed") == "yes":

        def act() -> str:
            actions.withdraw(found.id, by=request.actor, today=timezone.localdate())
            messages.success(request, _("已撤回名单。改正后可以重新导入。"))
            return reverse("admission", args=[found.id])

        try:
            return done_once(request, act)
        except Refused as refused:
            return page(request, list_of(list_id), refused=refused)
    context = {
        "question": _("撤回整份名单"),
        "figures": [(_("学生"), thousands(found.accepted), "")],
        "consequences": [
            _("各录取学校不再等待这些学生；已有学生报到、注册或正在核查的，不能撤回。"),
            _("撤回后不能恢复，但可以重新导入同一份名单。"),
        ],
        "label": _("撤回"),
        "dangerous": True,
        "action": request.path,
        "hidden": [("version", str(found.version))],
        "back": reverse("admission", args=[found.id]),
        "crumbs": [
            (_("录取名单"), reverse("admissions")),
            (found.name, reverse("admission", args=[found.id])),
            (_("撤回"), ""),
        ],
    }
    return render(request, "rosters/confirm.html", context)
