"""Class lists for daily use: one class of the own school, marked, written into the register under the standing law."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import transaction

from xueji.access.scope import Actor
from xueji.disclosures.actions import files
from xueji.disclosures.queries import rows
from xueji.disclosures.rules.fields import CLASS_LIST
from xueji.disclosures.rules.statutes import DAILY_DUTY, STANDING
from xueji.lib.errors import Refused
from xueji.organisations.models import Class

TAKE: Final = "classes.take_list"
# A class larger than this is no class; far too large a one (大班额) has 56.
MOST_PUPILS: Final = 150


class NoList(Refused):
    code = "no-list"


@dataclass(frozen=True)
class ClassList:
    """A workbook of one class."""

    file_name: str
    content: bytes


def take(class_id: int, *, by: Actor, today: date) -> ClassList:
    """Return the list of a class of the own school, and write into the register that it left.

    Without numbers, addresses and phones. Raises NoList for a class that is not the own school's, is empty or
    has far too many pupils, NotAllowed.
    """
    by.require(TAKE, by.place)
    found = (
        Class.objects.select_related("school__organisation", "grade")
        .filter(pk=class_id, place=by.place)
        .first()
    )
    if found is None:
        raise NoList("本校没有这个班级。", "There is no such class in your school.", code="not-found")
    with transaction.atomic():
        pupils = rows.of_class(class_id, fields=CLASS_LIST, most=MOST_PUPILS + 1)
        if not 0 < len(pupils) <= MOST_PUPILS:
            raise NoList(
                f"班级没有学生，或超过 {MOST_PUPILS} 人，不能导出名单。",
                f"The class has no pupils, or more than {MOST_PUPILS}; no list is made.",
            )
        school = found.school.organisation.name
        subject = f"{school} {found.grade.number} {found.name}（{found.number}）"
        made = files.make(
            pupils,
            fields=CLASS_LIST,
            title=f"{school} {found.name}（{found.number}）名单",
            header=f"{school}　领取人：{by.name}（{by.username}）　{today}　仅限本校日常教育管理使用，不得转发；本名单含追踪标记",
            with_canaries=False,
            in_own_order=False,
        )
        files.register(
            made,
            approval_id=STANDING[DAILY_DUTY],
            export_id=None,
            place=by.place,
            recipient=f"{by.name}（{by.username}）"[:100],
            subject=subject[:200],
            fields=CLASS_LIST,
            sha256=hashlib.sha256(made.workbook).hexdigest(),
            has_own_order=False,
            students=[one.student_id for one in pupils],
            duty=TAKE,
            by=by.account_id,
            today=today,
        )
    return ClassList(f"{found.number}-{found.name}-{today:%Y%m%d}.xlsx", made.workbook)
