"""The permission table on a page and over the API: the very table by which the registry decides."""

from __future__ import annotations

import re

import pytest

from tests import factories
from tests.web.registered import OFFICER, as_, text_of
from tests.web.test_api import Caller
from xueji.access.rules.permissions import PERMISSIONS, Level, Role

pytestmark = pytest.mark.usefixtures("db")


def rows_of(page: str) -> dict[str, list[str]]:
    """Return the cells of each row of the table by its first one."""
    found = {}
    for row in re.findall(r"<tr data-row>(.*?)</tr>", page, re.S):
        cells = [
            re.sub(r"<[^>]+>", "", cell).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)
        ]
        found[cells[0]] = cells[1:]
    return found


def test_every_administrator_sees_every_act_with_its_holders() -> None:
    factories.account("s330902", 330902 * 1_000_000, "security")
    for username in ("a330902", "s330902"):
        found = rows_of(text_of(as_(username).get("/permissions/")))
        assert set(found) == {one.zh for one in PERMISSIONS}
        assert found["上传新生名册"] == ["学校", "–", "–", "–", "–", "–"]
        assert found["查看学生"][:3] == ["学校", "学校、省、市、县级", "省、市、县级"]


def test_the_table_is_narrowed_to_a_role_and_a_level() -> None:
    found = rows_of(text_of(as_("a330902").get("/permissions/", {"role": "leader", "level": "school"})))
    assert set(found) == {one.zh for one in PERMISSIONS if (Role.LEADER, Level.SCHOOL) in one.holders}
    assert as_("a330902").get("/permissions/", {"role": "king"}).status_code == 404


def test_the_api_gives_the_same_table_and_others_get_neither() -> None:
    items = Caller("a330902").get("/permissions").json()["items"]
    assert {(one["act"], held["role"], held["level"]) for one in items for held in one["holders"]} == {
        (one.act, role.value, level.value) for one in PERMISSIONS for role, level in one.holders
    }
    assert as_(OFFICER).get("/permissions/").status_code == 403
    assert Caller(OFFICER).get("/permissions").status_code == 403
