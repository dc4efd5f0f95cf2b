"""Who read a pupil's record: for the school that holds the pupil and the authorities above it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xueji.access.rules.permissions import PERMISSIONS
from xueji.disclosures.rules.fields import BY_KEY as LEAVING
from xueji.students import queries
from xueji.students.models import Student
from xueji.students.queries import Reading
from xueji.students.rules.unmask_reasons import in_both
from xueji.web.doors import ActingRequest, door
from xueji.web.pages import Column, Row, Table, render
from xueji.web.templatetags.xueji import minute, spoken

FIELD_NAMES = {
    "identity": gettext_lazy("身份信息"),
    "schooling": gettext_lazy("就读信息"),
    "contact": gettext_lazy("联系信息"),
    "family": gettext_lazy("家庭成员"),
    "history": gettext_lazy("学籍经历"),
    "name": gettext_lazy("姓名"),
    "sex": gettext_lazy("性别"),
    "school": gettext_lazy("学校"),
    "class": gettext_lazy("班级"),
    "state": gettext_lazy("学籍状态"),
    "number": gettext_lazy("学籍号"),
    "document": gettext_lazy("身份证件号"),
    "change": gettext_lazy("学籍变动"),
    "birth": gettext_lazy("出生日期"),
    "graduation": gettext_lazy("毕业办理"),
    "absence": gettext_lazy("不在校情况"),
    "problem": gettext_lazy("问题学籍"),
}
WAYS = {
    "pupil.read": gettext_lazy("打开记录"),
    "pupils.list": gettext_lazy("在名单中看到"),
    "student.unmask": gettext_lazy("查看完整信息"),
    "status.paper.read": gettext_lazy("打开学籍变动的材料"),
    "status.copy.read": gettext_lazy("查看档案副本"),
}
DUTIES = {one.act: (one.zh, one.en) for one in PERMISSIONS}


def way(one: Reading) -> str:
    """Return how the pupil was looked at."""
    return str(WAYS.get(one.act, one.act))


def field_name(field: str) -> str:
    """Return a field that was read in words: one of a page, or one of a file that left."""
    if field in FIELD_NAMES:
        return str(FIELD_NAMES[field])
    row = LEAVING.get(field)
    return field if row is None else spoken((row.zh, row.en))


def seen(one: Reading) -> str:
    """Return what was looked at, and why where a reason was given."""
    what = _("、").join(field_name(field) for field in one.fields)
    return (
        _("%(field)s；理由：%(reason)s") % {"field": what or "–", "reason": spoken(in_both(one.reason))}
        if one.reason
        else what
    )


def who(one: Reading) -> str:
    """Return the office, and the person where the reader of the page may know that."""
    return f"{one.office} · {one.reader}" if one.reader else one.office


def lines(found: Iterable[Reading]) -> list[dict[str, object]]:
    """Return looks as the record's page lists them."""
    return [{"way": way(one), "who": who(one), "at": one.at, "seen": seen(one)} for one in found]


@door("students.view")
def readers(request: ActingRequest, student_id: UUID) -> HttpResponse:
    """Everybody who read this pupil's record, the newest first."""
    student = Student.objects.filter(pk=student_id).only("name", "place").first()
    if student is None:
        raise Http404
    after = request.GET.get("after", "")
    if after and not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise Http404
    found = queries.readings_of(student_id, by=request.actor, before=int(after) if after else None)
    columns = (
        Column(_("时间"), "nowrap"),
        Column(_("谁")),
        Column(_("方式")),
        Column(_("内容")),
        Column(_("依据的职责")),
    )
    rows = tuple(
        Row(
            (
                minute(one.at),
                who(one),
                way(one),
                seen(one),
                spoken(DUTIES[one.duty]) if one.duty in DUTIES else "",
            )
        )
        for one in found.rows
    )
    return render(
        request,
        "pupils/readers.html",
        {
            "pupil": student,
            "table": Table(_("查看记录，新的在前"), columns, rows) if rows else None,
            "after": str(found.next) if found.next else "",
            "before": "",
            "crumbs": [
                (_("学生"), reverse("students")),
                (student.name, reverse("student", args=[student_id])),
                (_("谁查看过"), ""),
            ],
        },
    )
