"""A class is split in a browser: ticked and looked at, decided by a second person on a phone, undone by the county."""

from __future__ import annotations

import pytest

from tests.factories import pupil
from tests.journeys.conftest import Visit
from tests.journeys.visitors import PHONE
from tests.status.cases import HERE, class_id
from tests.web.registered import register

pytestmark = pytest.mark.usefixtures("db")

NAMES = ("测分甲", "测分乙", "测分丙")


def test_a_class_is_split_and_put_together_again(site: str, visit: Visit) -> None:
    register(*(pupil(at, name=name) for at, name in enumerate(NAMES)))
    class_page = f"/classes/{class_id(HERE, '2026101')}/"
    registrar = visit(f"r{HERE}")
    registrar.go(class_page)
    registrar.press("下一步看结果")
    registrar.sees("请先在名单中勾选学生")
    for name in NAMES[:2]:
        registrar.row(name).get_by_role("checkbox").check()
    registrar.page.get_by_label("把勾选的学生调入").select_option(label="新开一个班")
    registrar.page.get_by_label("新班名称").fill("4班")
    registrar.press("下一步看结果")
    registrar.sees("2 名学生从 1班 调入 4班", "要么全部调动，要么都不动")
    registrar.press("提交领导审核")
    registrar.sees("等待学校领导审核")
    registrar.go(class_page)
    registrar.sees(*NAMES)

    leader = visit(f"l{HERE}", size=PHONE)
    leader.go("/")
    leader.follow("分班与并班 一年级")
    leader.sees("同意后各班人数", NAMES[0], "新开：4班")
    assert not leader.is_too_wide()
    with leader.page.expect_navigation():
        leader.press("同意")
    leader.sees("调班已生效")
    registrar.go(class_page)
    registrar.sees(NAMES[2])
    registrar.misses(NAMES[0])

    county = visit("o330902")
    county.go("/changes/")
    county.follow("分班与并班")
    county.row("定海区第一小学").locator("a").click()
    county.sees("撤销后全部学生回到原班级")
    county.misses(NAMES[0])
    county.page.get_by_label("理由").fill("学期中不应分班")
    with county.page.expect_navigation():
        county.press("撤销这次调班")
    county.sees("学生都回到原班级")
    registrar.go(class_page)
    registrar.sees(*NAMES)
