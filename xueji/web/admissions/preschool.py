"""Kindergarten records: an authority tries a file and imports it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.changes.actions import preschool as actions
from xueji.changes.rules.preschool import COLUMNS
from xueji.lib.errors import Refused
from xueji.spreadsheets.writer import write_template
from xueji.web.admissions.lists import severity_mark
from xueji.web.doors import ActingRequest, door
from xueji.web.pages import UNPROCESSABLE, Column, Row, Table, render
from xueji.web.rosters.batch import workbook
from xueji.web.templatetags.xueji import in_chinese, thousands

SHOWN = 200


class RecordsForm(forms.Form):
    """A file of kindergarten records."""

    file = forms.FileField(
        label=gettext_lazy("把学前教育记录拖到这里，或选择文件"),
        help_text=gettext_lazy(".xlsx 或 .csv，最多 50,000 行"),
        error_messages={
            "required": gettext_lazy("请选择一个文件。"),
            "empty": gettext_lazy("文件是空的，请重新选择。"),
        },
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )


@door("preschool.import", methods=("GET", "HEAD", "POST"))
def upload(request: ActingRequest) -> HttpResponse:
    """The upload; tried without writing, or imported, with what was found in each row."""
    form = RecordsForm(request.POST, request.FILES) if request.method == "POST" else RecordsForm()
    context: dict[str, Any] = {
        "form": form,
        "crumbs": [(_("录取名单"), reverse("admissions")), (_("学前教育记录"), "")],
    }
    if request.method != "POST":
        return render(request, "admissions/preschool.html", context)
    if not form.is_valid():
        return render(request, "admissions/preschool.html", context, status=UNPROCESSABLE)
    file = form.cleaned_data["file"]
    is_dry_run = request.POST.get("act") != "import"
    try:
        done = actions.import_records(
            actions.from_file(file.read(), file.name),
            file_name=file.name,
            by=request.actor,
            today=timezone.localdate(),
            is_dry_run=is_dry_run,
        )
    except Refused as refused:
        return render(request, "admissions/preschool.html", context, refused=refused)
    context |= {
        "done": done,
        "is_dry_run": is_dry_run,
        "figures": [
            (_("行"), thousands(done.rows), ""),
            (_("可导入") if is_dry_run else _("已导入"), thousands(done.accepted), "good"),
            (_("需改"), thousands(done.rejected), "late" if done.rejected else ""),
        ],
        "table": findings_table(done.findings[:SHOWN]),
        "more": max(len(done.findings) - SHOWN, 0),
    }
    return render(request, "admissions/preschool.html", context)


def findings_table(found: tuple[actions.Told, ...]) -> Table | None:
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


@door("preschool.import")
def template(request: ActingRequest) -> HttpResponse:
    """The workbook to fill in."""
    content = write_template(COLUMNS, title_zh="学前教育记录", sheet_name="学前教育记录")
    return workbook(content, "学前教育记录模板.xlsx" if in_chinese() else "kindergarten-records.xlsx")
