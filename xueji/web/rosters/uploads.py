"""Rosters on their way in: the list, the upload, the templates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.rules.permissions import Level
from xueji.changes import jobs
from xueji.changes.actions import rosters
from xueji.changes.queries import batches
from xueji.changes.queries.template import LAYOUTS, template_for
from xueji.changes.rules.roster_steps import STATE_NAMES, State
from xueji.lib.errors import Refused
from xueji.organisations.models import School
from xueji.spreadsheets.rules.limits import MAX_FILE_BYTES
from xueji.web.doors import ActingRequest, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, render
from xueji.web.rosters import words
from xueji.web.rosters.batch import workbook
from xueji.web.templatetags.xueji import in_chinese, spoken, thousands


class FileTooLarge(Refused):
    code = "file-too-large"


class RosterFilter(forms.Form):
    state = forms.ChoiceField(label=gettext_lazy("状态"), required=False)
    office = forms.CharField(label=gettext_lazy("学校名称或标识码"), required=False, max_length=50)
    late = forms.BooleanField(label=gettext_lazy("只看逾期"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        choices = [("", _("全部")), *((state.value, spoken(names)) for state, names in STATE_NAMES.items())]
        self.fields["state"].choices = choices  # type: ignore[attr-defined]


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("把名册文件拖到这里，或选择文件"),
        help_text=gettext_lazy(".xlsx 或 .csv，最多 200,000 行"),
        error_messages={
            "required": gettext_lazy("请选择一个文件。"),
            "empty": gettext_lazy("文件是空的，请重新选择。"),
        },
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )


def own_school(request: ActingRequest) -> School:
    """Return the school that one acts for. Raises Http404 for an authority."""
    found = School.objects.select_related("organisation").filter(place=request.actor.place).first()
    if found is None:
        raise Http404
    return found


@door("roster.view")
def roster_list(request: ActingRequest) -> HttpResponse:
    """The rosters of the own school, or of all schools of an authority, latest first."""
    actor, today = request.actor, timezone.localdate()
    form = RosterFilter(request.GET)
    is_authority = actor.level is not Level.SCHOOL
    if not is_authority:
        del form.fields["office"]
    if not form.is_valid():
        raise Http404
    chosen = form.cleaned_data
    page = batches.rosters(
        today=today,
        state=chosen["state"],
        office=chosen.get("office", ""),
        is_late=chosen["late"],
        after=words.uuid_key(request.GET.get("after", "")),
        before=words.uuid_key(request.GET.get("before", "")),
    )
    columns = [Column(_("名册"))]
    if is_authority:
        columns.append(Column(_("学校")))
    columns += [
        Column(_("行"), "number"),
        Column(_("通过"), "number"),
        Column(_("需改"), "number"),
        Column(_("状态"), "nowrap"),
        Column(_("上传"), "nowrap"),
        Column(_("注册期限"), "nowrap"),
    ]
    rows = []
    for batch in page.items:
        is_open = batch.closed_on is None
        cells: list[object] = [words.title_of(batch.file_name, batch.door)]
        if is_authority:
            cells.append(batch.school.organisation.name)
        cells += [
            thousands(batch.rows),
            thousands(batch.accepted - batch.excepted),
            thousands(batch.rejected + batch.excepted),
            words.state_mark(batch.state, batch.version),
            words.day_mark(batch.uploaded_at),
            words.due_mark(batch.due_on, today) if is_open else "",
        ]
        rows.append(Row(tuple(cells), url=reverse("roster", args=[batch.id])))
    context = {
        "form": form,
        "is_filtered": any(chosen.values()),
        "table": Table(_("新生名册，最近上传的在前"), tuple(columns), tuple(rows)),
        "before": words.key_text(page.before),
        "after": words.key_text(page.after),
        "may_upload": actor.may("roster.upload"),
    }
    return render(request, "rosters/list.html", context)


@door("roster.upload", methods=("GET", "HEAD", "POST"))
def new(request: ActingRequest) -> HttpResponse:
    """The upload. The file is kept and the worker checks it; the same file again leads to what it is already."""
    school = own_school(request)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    context = {"form": form, "crumbs": [(_("新生名册"), reverse("rosters")), (_("上传"), "")]}
    if request.method != "POST":
        return render(request, "rosters/new.html", context)
    if not form.is_valid():
        return render(request, "rosters/new.html", context, status=UNPROCESSABLE)
    file = form.cleaned_data["file"]
    try:
        if file.size > MAX_FILE_BYTES:
            most = MAX_FILE_BYTES >> 20
            raise FileTooLarge(
                f"文件有 {file.size >> 20} MB，最多 {most} MB。请删去无关的工作表和图片，或分成几个文件上传。",
                f"The file has {file.size >> 20} MB, at most {most} MB are taken. Remove sheets and pictures that"
                " do not belong to it, or split it.",
            )
        batch, is_new = rosters.receive(file.read(), file_name=file.name, school=school, by=request.actor)
    except Refused as refused:
        return render(request, "rosters/new.html", context, refused=refused)
    if batch.state == State.UPLOADED:
        # A repetition takes up what was left lying; checking twice is harmless.
        jobs.check_roster.defer(batch_id=str(batch.id))
    if not is_new:
        messages.info(request, _("这个文件上传过，没有重复处理。这就是原来的名册。"))
    return HttpResponseRedirect(reverse("roster", args=[batch.id]))


@door("roster.upload")
def template(request: ActingRequest) -> HttpResponse:
    """The template of the own school."""
    layout = words.one_of(request.GET.get("layout", "short"), LAYOUTS) or "short"
    school = own_school(request)
    content = template_for(school, layout)  # type: ignore[arg-type]
    name = (
        f"{school.organisation.name}-{'新生名册' if layout == 'short' else '新生名册71列'}.xlsx"
        if in_chinese()
        else f"roster-{school.identifier}-{layout}.xlsx"
    )
    return workbook(content, name)
