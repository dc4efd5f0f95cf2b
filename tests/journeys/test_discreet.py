"""A placement at a specialised school in a browser: filed and decided by those who must know, and told to nobody else."""

from __future__ import annotations

import pytest
from django.utils import timezone

from tests.journeys.conftest import Visit
from tests.journeys.visitors import Visitor
from tests.status.cases import HERE, NEXT_DOOR, class_id, enrolled
from tests.status.test_placements import SPECIALISED, specialised_school
from xueji.status.models import Case

pytestmark = pytest.mark.usefixtures("db")

NAME = "欧阳合成"
TOLD = "专门学校"


def decide(who: Visitor, *, takes_effect: bool = False) -> None:
    """Find the case where alone it stands, and approve it."""
    who.go("/")
    who.misses(NAME, "欧**成", TOLD)
    who.go("/changes/")
    who.misses("欧**成", TOLD)
    who.follow("须保密的业务")
    who.row("专门学校就读").locator("a").click()
    who.sees("办理过程")
    if takes_effect:
        who.press("同意")
        who.confirm()
    else:
        with who.page.expect_navigation():
            who.press("同意")


def test_a_placement_is_seen_by_those_who_must_know_and_by_nobody_else(site: str, visit: Visit) -> None:
    specialised_school()
    student = enrolled(NAME)
    officer = visit("o330902")
    officer.go(f"/pupils/{student}/")
    officer.follow("办理学籍变动")
    officer.follow("专门学校就读")
    officer.page.get_by_label("专门学校标识码").fill(SPECIALISED)
    officer.page.get_by_label("开始日期").fill(timezone.localdate().isoformat())
    officer.upload(name="决定书.pdf", content=b"%PDF-1.4 made up")
    officer.press("上传")
    officer.sees("材料已收到")
    # A private value is not shown again, and nothing of it is kept before it is filed.
    officer.page.get_by_label("专门学校标识码").fill(SPECIALISED)
    officer.page.get_by_label("开始日期").fill(timezone.localdate().isoformat())
    officer.press("提交")
    officer.page.wait_for_url("**/changes/*/")
    officer.sees("办理过程")
    case = Case.everywhere.using("owner").get(student_id=student).id

    decide(visit(f"l{HERE}"))
    decide(visit(f"l{SPECIALISED}"), takes_effect=True)
    assert Case.everywhere.using("owner").get(student_id=student).state == "completed"

    leader = visit(f"l{HERE}")
    leader.go("/discreet/")
    leader.sees("在专门学校就读的学生", NAME, "示例专门")

    registrar = visit(f"r{HERE}")
    for address in (
        "/",
        "/changes/",
        "/changes/?tab=closed",
        "/absent/",
        "/pupils/",
        f"/pupils/{student}/",
        f"/pupils/{student}/changes/",
        f"/classes/{class_id(HERE, '2026101')}/",
        "/overdue/",
        "/reminders/",
    ):
        registrar.go(address)
        registrar.misses(TOLD, "示例专门", "须保密")
    for address in (f"/changes/{case}/", "/discreet/", f"/pupils/{student}/discreet/placement/"):
        answer = registrar.page.goto(address)
        assert answer is not None
        assert answer.status in (403, 404), address
        registrar.misses("示例专门", NAME)

    stranger = visit(f"l{NEXT_DOOR}")
    stranger.go("/discreet/")
    stranger.sees("没有须保密的业务")
    answer = stranger.page.goto(f"/changes/{case}/")
    assert answer is not None
    assert answer.status == 404
