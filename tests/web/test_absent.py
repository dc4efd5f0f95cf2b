"""不在校学生: three lists for school and authority, how many each office has, the monthly report, and who is kept out."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from tests.factories import PLACES, actor
from tests.status.cases import HERE, class_id, enrolled
from tests.status.test_absences import done
from tests.web.registered import LEADER, OFFICER, REGISTRAR, as_, queries_of, text_of
from tests.web.test_api import Caller
from xueji.access.scope import acting
from xueji.audit.models import Event
from xueji.status.queries import absences
from xueji.status.queries.absences import Movement

pytestmark = pytest.mark.usefixtures("db")

LATER = date(2026, 10, 20)
COUNTY = 330902_000000


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: LATER)


@pytest.fixture
def away() -> list[UUID]:
    """One whose suspension ran out, one who dropped out, one of whom nobody knows where."""
    students = [enrolled(f"测{one}离", at) for at, one in enumerate("甲乙丙")]
    done("suspension", students[0], {"reason": "10", "since": "2026-09-10", "until": "2026-09-30"})
    done(
        "dropout", students[1], {"reason": "B", "since": "2026-09-05", "whereabouts": "known", "note": "家访"}
    )
    done(
        "dropout",
        students[2],
        {"reason": "A", "since": "2026-09-06", "whereabouts": "unknown", "note": "家访"},
    )
    return students


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize(("tab", "named"), [
    ("suspensions", {"测甲离"}), ("dropouts", {"测乙离", "测丙离"}), ("pool", {"测丙离"}),
])  # fmt: skip
def test_a_school_sees_its_own_by_name_and_the_county_masked(tab: str, named: set[str]) -> None:
    page = text_of(as_(REGISTRAR).get(f"/absent/?tab={tab}"))
    assert {name for name in ("测甲离", "测乙离", "测丙离") if name in page} == named
    county = text_of(as_(OFFICER).get(f"/absent/?tab={tab}"))
    assert county.count("测*") >= len(named)
    assert not any(name in county for name in named)
    assert "定海区第一小学" in county
    assert "各单位人数" in county
    for elsewhere in ("r2133000002", "o330903"):
        assert "/pupils/0" not in text_of(as_(elsewhere).get(f"/absent/?tab={tab}"))


@pytest.mark.usefixtures("away")
def test_the_consequence_and_the_next_step_are_said() -> None:
    assert "督促复学或办理延期" in text_of(as_(REGISTRAR).get("/absent/"))
    assert "change-new" not in text_of(as_(LEADER).get("/absent/?tab=pool"))
    assert "/changes/new?kind=claim" in text_of(as_(REGISTRAR).get("/absent/?tab=pool"))
    assert "/changes/new?kind=claim" not in text_of(as_(OFFICER).get("/absent/?tab=pool"))


@pytest.mark.usefixtures("away")
def test_an_area_that_is_not_the_readers_is_not_found() -> None:
    for address in ("/absent/?area=330903000000", "/absent/?tab=banana", "/absent/?after=x",
                    "/absent/dropouts/report/?month=2026-13", "/absent/dropouts/report/?month=2027-01"):  # fmt: skip
        assert as_(OFFICER).get(address).status_code == 404, address
    assert as_("o330900").get(f"/absent/?area={COUNTY}").status_code == 200
    assert as_("a330902").get("/absent/").status_code == 403


def tallied(who: str) -> list[tuple[int, int, int, int]]:
    by = actor(who)
    with acting(by.scope):
        found = absences.tallies(by, area=by.place, today=LATER)
    return [(one.place, one.overdue, one.dropouts, one.lost) for one in found]


@pytest.mark.usefixtures("away")
def test_each_authority_sees_how_many_each_office_has() -> None:
    assert tallied(OFFICER) == tallied(REGISTRAR) == [(PLACES[HERE], 1, 2, 1)]
    assert tallied("o330900") == [(COUNTY, 1, 2, 1)]
    assert tallied("o510104") == []


def test_the_month_goes_from_its_beginning_to_its_end(away: list[UUID]) -> None:
    done("return", away[1], {"class_id": class_id(HERE, "2026101")})
    by = actor(OFFICER)
    with acting(by.scope):
        september = absences.dropout_report(by, area=by.place, month=date(2026, 9, 15))
        october = absences.dropout_report(by, area=by.place, month=LATER)
        august = absences.dropout_report(by, area=by.place, month=date(2026, 8, 1))
    assert september.total == Movement(0, 2, 1, 1, 1)
    assert october.total == Movement(1, 0, 0, 1, 1)
    assert august.total == Movement(0, 0, 0, 0, 0)
    assert [(code, one.new) for code, one in september.reasons] == [("A", 1), ("B", 1)]
    assert [one.name for one in september.offices] == ["定海区第一小学"]


@pytest.mark.usefixtures("away")
def test_the_report_is_a_page_and_a_file_that_leaves_a_trace() -> None:
    officer = as_(OFFICER)
    page = text_of(officer.get("/absent/dropouts/report/?month=2026-09"))
    assert "外出务工" in page
    assert "测" not in page.split("<main")[1]
    file = officer.get("/absent/dropouts/report.csv?month=2026-09")
    assert file["Content-Type"].startswith("text/csv")
    assert file.content.decode("utf-8-sig").splitlines()[-1] == "合计,0,2,0,2,1"
    event = Event.objects.using("owner").get(act="status.report.dropouts")
    assert (event.office, event.after) == (COUNTY, {"month": "2026-09"})


@pytest.mark.usefixtures("away")
def test_the_lists_take_few_statements() -> None:
    assert queries_of(as_(OFFICER), "/absent/?tab=pool") <= 14


@pytest.mark.usefixtures("away")
def test_programs_read_the_same() -> None:
    registrar, officer = Caller(REGISTRAR), Caller(OFFICER)
    (one,) = registrar.get("/status/absent/suspensions").json()["items"]
    assert (one["name"], one["until"], one["consequence"]) == ("测甲离", "2026-09-30", "report")
    first = officer.get("/status/absent/dropouts", limit=1).json()
    rest = officer.get("/status/absent/dropouts", limit=1, after=first["next"]).json()
    assert [one["reason"] for one in (*first["items"], *rest["items"])] == ["B", "A"]
    assert "*" in first["items"][0]["name"]
    assert len(officer.get("/status/absent/lost").json()["items"]) == 1
    assert officer.get("/status/absent").json()["offices"][0]["dropouts"] == 2
    assert officer.get("/status/absent/report", month="2026-09").json()["total"]["new"] == 2
    assert officer.get("/status/absent/lost", area=330903000000).status_code == 404
    assert Caller("r2133000002").get("/status/absent/lost").json()["items"] == []
