"""The pages of schools and of the tree: classes, moving several pupils, opening, renaming, closing schools."""

from __future__ import annotations

import pytest

from tests.factories import PLACES, account, pupil
from tests.web.registered import LEADER, OFFICER, REGISTRAR, as_, queries_of, register, text_of
from xueji.audit.models import Event
from xueji.changes.queries.schools import checked_school
from xueji.organisations.models import Class, Organisation, School

pytestmark = pytest.mark.usefixtures("db")

FIRST, SECOND = PLACES["2133000001"], PLACES["2133000002"]
COUNTY, PREFECTURE, PROVINCE = 330902_000000, 330900_000000, 330000_000000
NEW = {
    "name": "定海区海山小学",
    "identifier": "2133000099",
    "division": "330902",
    "kind": "211",
    "system": "6-3-3",
    "founder": "831",
    "urban_rural": "111",
}


def class_of(number: str, identifier: str = "2133000001") -> Class:
    found: Class = Class.everywhere.using("owner").get(school__identifier=identifier, number=number)
    return found


# One school -------------------------------------------------------------------------------------


def test_a_school_user_is_led_to_the_own_school_and_an_officer_to_the_list() -> None:
    assert as_(REGISTRAR).get("/schools/")["Location"] == f"/schools/{FIRST}/"
    page = text_of(as_(OFFICER).get("/schools/"))
    assert "定海区第一小学" in page
    assert "普陀区第一小学" not in page


def test_a_school_shows_its_classes_with_their_head_counts() -> None:
    register(pupil(0), pupil(1), pupil(2, class_number="2026102"))
    page = text_of(as_(LEADER).get(f"/schools/{FIRST}/"))
    assert '1班 <span class="quiet">2</span>' in page
    assert '2班 <span class="quiet">1</span>' in page
    assert "6 个班 · 3 人" in page


@pytest.mark.parametrize("path", ["schools/330903000001/", "organisations/330903000000/", "organisations/0/"])
@pytest.mark.parametrize("username", [REGISTRAR, OFFICER])
def test_nobody_looks_outside_the_own_area(path: str, username: str) -> None:
    assert as_(username).get(f"/{path}").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "schools/330902999999/",
        "schools/9999999999999999/",
        "schools/x/",
        "schools/by/9999999999/",
        "schools/by/a-b/",
        "schools/?after=x",
        "schools/?before=9999999999999",
        "organisations/330902000001/",
        "organisations/330999000000/",
        "organisations/330902000000/?after=-1",
        "classes/999999999999/",
        "classes/99999999999999999999999/",
    ],
)
def test_an_address_of_nothing_is_not_found(path: str) -> None:
    assert as_("o330000").get(f"/{path}").status_code == 404


@pytest.mark.parametrize("typed", ["第一小学", "2133000001"])
def test_schools_are_found_by_name_and_identifier(typed: str) -> None:
    page = text_of(as_("o330900").get("/schools/", {"q": typed}))
    assert f"/schools/{FIRST}/" in page
    assert f"/schools/{SECOND}/" not in page


# Classes ----------------------------------------------------------------------------------------


def test_a_class_is_opened_with_the_next_free_number() -> None:
    sent = {"grade": "primary-2026", "name": "4班", "idempotency_key": "k"}
    for _ in range(2):
        assert (
            as_(REGISTRAR).post(f"/schools/{FIRST}/classes/open/", sent)["Location"] == f"/schools/{FIRST}/"
        )
    assert class_of("2026104").name == "4班"
    assert Class.everywhere.using("owner").filter(place=FIRST).count() == 7


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        pytest.param({"number": "2026101"}, 409, id="number-taken"),
        pytest.param({"number": "二班"}, 422, id="number-in-words"),
        pytest.param({"grade": "junior-2026"}, 422, id="grade-of-another-stage"),
        pytest.param({"name": ""}, 422, id="no-name"),
    ],
)
def test_a_class_that_cannot_be_is_refused_on_the_form(changed: dict[str, str], status: int) -> None:
    sent = {"grade": "primary-2026", "name": "4班"} | changed
    answer = as_(REGISTRAR).post(f"/schools/{FIRST}/classes/open/", sent)
    assert answer.status_code == status
    assert Class.everywhere.using("owner").filter(place=FIRST).count() == 6


def test_only_the_registrar_of_the_school_manages_its_classes() -> None:
    sent = {"grade": "primary-2026", "name": "4班"}
    for username in (LEADER, OFFICER, "r2133000002"):
        assert as_(username).post(f"/schools/{FIRST}/classes/open/", sent).status_code == 403
    assert as_("r2133000002").get(f"/classes/{class_of('2026101').pk}/").status_code == 404


def test_an_empty_class_is_closed_and_one_with_pupils_is_not() -> None:
    register(pupil(0))
    registrar = as_(REGISTRAR)
    assert registrar.post(f"/classes/{class_of('2026102').pk}/close/").status_code == 302
    assert class_of("2026102").closed_on is not None
    answer = registrar.post(f"/classes/{class_of('2026101').pk}/close/")
    assert answer.status_code == 409
    assert "还有 1 名学生" in text_of(answer)


@pytest.mark.parametrize("pupils", [1, 45])
def test_a_class_and_a_school_take_the_same_statements_whatever_their_size(pupils: int) -> None:
    register(*(pupil(n) for n in range(pupils)))
    registrar = as_(REGISTRAR)
    assert queries_of(registrar, f"/classes/{class_of('2026101').pk}/") == 7
    assert queries_of(registrar, f"/schools/{FIRST}/") == 12


# The tree ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "place", "totals"),
    [
        pytest.param(OFFICER, COUNTY, (3, 18, 3), id="county"),
        pytest.param("o330900", PREFECTURE, (4, 24, 4), id="prefecture"),
        pytest.param("o330000", PROVINCE, (4, 24, 4), id="province"),
        pytest.param("o000000", 0, (5, 30, 5), id="ministry"),
    ],
)
def test_an_office_sees_the_totals_below_it(username: str, place: int, totals: tuple[int, ...]) -> None:
    register(pupil(0), pupil(1))
    register(pupil(2), identifier="2133000002")
    register(pupil(3), identifier="2133000003", officer="o330903")
    register(pupil(4), identifier="2151000001", officer="o510104")
    page = text_of(as_(username).get(f"/organisations/{place}/"))
    for label, number in zip(("学校", "班级", "学生"), totals, strict=True):
        assert f"<dt>{label}</dt><dd>{number}</dd>" in page


def test_schools_of_a_division_without_an_authority_stand_with_the_authority_above() -> None:
    account("o990000", 990000_000000, "officer")
    officer, address = as_("o990000"), "/organisations/990000000000/"
    sent = NEW | {"division": "990200", "identifier": "3499000099", "kind": "345", "founder": "999"}
    opened = officer.post(f"{address}schools/open/", sent)["Location"]
    assert opened == "/schools/990200000001/"
    assert opened in text_of(officer.get(address))


def test_the_founder_offered_first_is_the_authority_itself() -> None:
    for username, place, founder in ((OFFICER, COUNTY, "831"), ("o330900", PREFECTURE, "821")):
        page = text_of(as_(username).get(f"/organisations/{place}/schools/open/"))
        assert f'<option value="{founder}" selected>' in page


def test_an_office_is_led_to_itself() -> None:
    assert as_(OFFICER).get("/organisations/")["Location"] == f"/organisations/{COUNTY}/"
    assert as_(REGISTRAR).get("/organisations/")["Location"] == f"/schools/{FIRST}/"


def test_an_authority_takes_the_same_statements_whatever_lies_below() -> None:
    officer, address = as_("o330000"), f"/organisations/{PROVINCE}/"
    few = queries_of(officer, address)
    register(*(pupil(n) for n in range(20)))
    assert queries_of(officer, address) == few <= 10


def test_a_school_is_opened_renamed_and_found_by_both_names() -> None:
    officer = as_(OFFICER)
    answer = officer.post(f"/organisations/{COUNTY}/schools/open/", NEW)
    school = School.objects.using("owner").get(identifier=NEW["identifier"])
    assert answer["Location"] == f"/schools/{school.place}/"
    assert officer.post(f"/schools/{school.place}/rename/", {"name": "定海区海滨小学"}).status_code == 302
    for name in ("海山", "海滨"):
        assert f"/schools/{school.place}/" in text_of(officer.get("/schools/", {"q": name}))
    page = text_of(officer.get(f"/schools/{school.place}/"))
    assert "由 定海区海山小学 改为 定海区海滨小学" in page
    assert officer.get(f"/schools/by/{NEW['identifier']}/")["Location"] == f"/schools/{school.place}/"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        pytest.param({"identifier": "2133000001"}, 409, id="identifier-given-before"),
        pytest.param({"identifier": "2151000099"}, 409, id="identifier-of-another-province"),
        pytest.param({"identifier": "x"}, 409, id="identifier-of-letters"),
        pytest.param({"division": "330903"}, 422, id="division-outside"),
        pytest.param({"system": "9"}, 422, id="system-of-other-kinds"),
        pytest.param({"kind": "219", "identifier": ""}, 409, id="attached-class-under-nothing"),
        pytest.param({"kind": "219", "under": "2133000001"}, 409, id="attached-class-with-identifier"),
        pytest.param({"kind": "218", "under": "2133000003"}, 403, id="teaching-point-of-another-county"),
        pytest.param({"kind": "218", "under": "2133009999"}, 422, id="teaching-point-of-no-school"),
        pytest.param({"under": "2133000001"}, 409, id="school-under-a-school"),
        pytest.param({"identifier": ""}, 409, id="no-identifier"),
        pytest.param({"name": ""}, 422, id="no-name"),
    ],
)
def test_a_school_that_cannot_be_is_refused_on_the_form(changed: dict[str, str], status: int) -> None:
    before = Organisation.objects.using("owner").count()
    answer = as_(OFFICER).post(f"/organisations/{COUNTY}/schools/open/", NEW | changed)
    assert answer.status_code == status
    assert Organisation.objects.using("owner").count() == before


def test_teaching_points_and_attached_classes_hang_under_a_school() -> None:
    officer, address = as_(OFFICER), f"/organisations/{COUNTY}/schools/open/"
    for number, kind in enumerate(("218", "319", "319")):
        sent = NEW | {"identifier": "", "kind": kind, "under": "2133000001", "name": f"一小附设{number}"}
        page = text_of(officer.get(officer.post(address, sent)["Location"]))
        assert "所属学校" in page
        assert "定海区第一小学" in page
    assert School.objects.using("owner").filter(identifier="", under__place=FIRST).count() == 3


def test_an_attached_class_takes_rosters_that_carry_its_school_s_identifier() -> None:
    sent = NEW | {"identifier": "", "kind": "219", "under": "2133000001"}
    as_(OFFICER).post(f"/organisations/{COUNTY}/schools/open/", sent)
    attached = School.objects.using("owner").get(identifier="")
    assert "2133000001" in checked_school(attached, "owner").known_identifiers


def test_a_founder_of_another_level_than_the_place_is_warned_of() -> None:
    officer, address = as_("o330000"), f"/organisations/{PROVINCE}/schools/open/"
    sent = NEW | {"division": "330000", "founder": "831"}
    assert "is_checked" not in text_of(officer.get(address))
    answer = officer.post(address, sent)
    assert answer.status_code == 422
    assert "两者不一致" in text_of(answer)
    assert "is_checked" in text_of(answer)
    opened = officer.post(address, sent | {"is_checked": "on"})
    assert opened.status_code == 302
    assert "两者不一致" in text_of(officer.get(opened["Location"]))
    assert "两者不一致" not in text_of(officer.get(f"/schools/{FIRST}/"))


def test_a_school_is_merged_and_its_identifier_still_leads_to_it() -> None:
    officer = as_(OFFICER)
    assert officer.post(f"/schools/{SECOND}/close/", {"into": "2133000001"}).status_code == 302
    page = text_of(officer.get("/schools/by/2133000002/", follow=True))
    assert "已撤销" in page
    assert "并入 定海区第一小学" in page
    assert officer.get(f"/schools/{SECOND}/rename/").status_code == 404


def test_a_closed_school_links_its_successor() -> None:
    officer = as_(OFFICER)
    officer.post(f"/schools/{SECOND}/close/", {"into": "2133000001"})
    page = text_of(officer.get(f"/schools/{SECOND}/"))
    assert page.count(f'<a href="/schools/{FIRST}/">定海区第一小学</a>') == 2
    # Nobody acts for a school that is closed.
    assert as_("r2133000002").get(f"/schools/{SECOND}/").status_code == 302


def test_a_school_gets_a_new_identifier_and_is_found_by_both() -> None:
    officer = as_(OFFICER)
    address = f"/schools/{FIRST}/identifier/"
    assert f'href="{address}"' in text_of(officer.get(f"/schools/{FIRST}/"))
    answer = officer.post(address, {"identifier": "2133000077", "document": "定教〔2026〕7号"})
    assert answer["Location"] == f"/schools/{FIRST}/"
    for identifier in ("2133000001", "2133000077"):
        assert officer.get(f"/schools/by/{identifier}/")["Location"] == f"/schools/{FIRST}/"
        assert f"/schools/{FIRST}/" in text_of(officer.get("/schools/", {"q": identifier}))
    event = Event.objects.using("owner").get(act="school.identifier")
    assert (event.before, event.after["identifier"]) == ({"identifier": "2133000001"}, "2133000077")


@pytest.mark.parametrize(
    ("identifier", "said"),
    [
        pytest.param("2133000002", "已使用过", id="of-another-school"),
        pytest.param("2133000001", "已使用过", id="its-own-former"),
        pytest.param("3133000077", "前两位", id="of-another-kind"),
        pytest.param("2151000077", "所在省份", id="of-another-province"),
        pytest.param("12", "10 位数字", id="too-short"),
    ],
)
def test_an_identifier_that_cannot_be_is_refused_on_the_form(identifier: str, said: str) -> None:
    officer, address = as_(OFFICER), f"/schools/{FIRST}/identifier/"
    officer.post(address, {"identifier": "2133000077"})
    answer = officer.post(address, {"identifier": identifier})
    assert answer.status_code == 409
    assert said in text_of(answer)
    assert School.objects.using("owner").get(place=FIRST).identifier == "2133000077"


def test_a_school_with_pupils_stays_open() -> None:
    register(pupil(0))
    answer = as_(OFFICER).post(f"/schools/{FIRST}/close/", {})
    assert answer.status_code == 409
    assert "还有 1 名在籍学生" in text_of(answer)
    assert as_(OFFICER).post(f"/schools/{SECOND}/close/", {"into": "2133009999"}).status_code == 422


@pytest.mark.parametrize("username", [REGISTRAR, "l330902", "a330902", "o000000"])
def test_only_an_officer_below_the_ministry_changes_schools(username: str) -> None:
    browser = as_(username)
    assert browser.post(f"/schools/{FIRST}/rename/", {"name": "新名"}).status_code == 403
    assert browser.post(f"/schools/{FIRST}/identifier/", {"identifier": "2133000077"}).status_code == 403
    assert browser.post(f"/organisations/{COUNTY}/schools/open/", NEW).status_code == 403
