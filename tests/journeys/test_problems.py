"""A number that stands in two records: stated by both schools, settled at the common desk."""

from __future__ import annotations

from tests.changes.test_problems import HERE, OTHER_NAME, SAME_COUNTY, number_twice
from tests.factories import pupil
from tests.journeys.conftest import Visit
from tests.journeys.visitors import Visitor

PAPER = b"%PDF-1.4 made up"


def stated(visitor: Visitor, means: str, words: str, papers: tuple[str, ...]) -> None:
    """Choose a way to answer, file the papers it needs, and state it."""
    visitor.go("/problems/")
    visitor.page.locator("[data-row] a").first.click()
    visitor.follow(means)
    for paper in papers:
        visitor.page.get_by_label("材料种类").select_option(label=paper)
        visitor.upload(name=f"{paper}.pdf", content=PAPER)
        visitor.press("上传")
        visitor.sees(f"{paper}.pdf")
    visitor.page.get_by_label("情况说明").fill(words)
    visitor.press("提交说明")
    visitor.sees("本校的说明", words)


def test_two_schools_state_and_the_county_decides(visit: Visit) -> None:
    number_twice(SAME_COUNTY)
    filing, standing, officer = visit(f"r{HERE}"), visit(f"r{SAME_COUNTY}"), visit("o330902")
    both = ("在校就读证明（盖章）", "户口簿或身份证页")
    stated(filing, "学生在校，信息无误", "户口簿原件已核对。", both)
    stated(standing, "学生不在本校", "该生从未到校。", ())
    filing.misses(pupil()["name"])
    standing.misses(OTHER_NAME)

    officer.go("/problems/")
    officer.page.locator("[data-row] a").first.click()
    officer.sees("逐项对照", OTHER_NAME, pupil()["name"], "户口簿原件已核对。", "该生从未到校。")
    officer.press("显示完整号码")
    officer.sees(pupil()["document_number"])
    officer.page.get_by_label("上报的学生无误").check()
    officer.page.get_by_label("理由").fill("已与派出所核对。")
    officer.press("作出结论")
    officer.confirm()
    officer.sees("已作出结论", "上报的学生无误")
    filing.go("/problems/?tab=closed").sees("上报的学生无误")


def test_a_school_that_mistyped_settles_it_alone_and_without_javascript(visit: Visit) -> None:
    number_twice(SAME_COUNTY)
    filing = visit(f"r{HERE}", javascript=False)
    stated(filing, "这一行不该上报", "重复上报。", ())
    filing.sees("办理结果")
