"""The pages of pupils: finding them, the masked record, another class, the formal number."""

from __future__ import annotations

import re
import uuid
from html import unescape
from typing import Any, NamedTuple

import pytest
from django.test import Client

from tests.factories import pupil, resident_number
from tests.web.registered import LEADER, OFFICER, REGISTRAR, as_, one_called, queries_of, register, text_of
from xueji.access.rules.misses import BY_WAY, Budget, Counted, Way
from xueji.audit.models import Event
from xueji.organisations.models import Class
from xueji.students import queries
from xueji.students.models import Enrolment, Identifier, Student
from xueji.students.queries import search

pytestmark = pytest.mark.usefixtures("db")

AMINA = "阿卜杜热合曼·麦麦提吐尔逊"
NUMBER = resident_number(1, birth="20190912")
NAMES = ("王子涵", "王伟", "欧阳娜", AMINA)


@pytest.fixture
def four() -> None:
    register(
        pupil(0, name="王子涵", document_number=NUMBER),
        pupil(1, name="王伟", class_number="2026102", migrant_worker_child="是"),
        pupil(2, name="欧阳娜"),
        pupil(3, name=AMINA),
    )


@pytest.fixture
def provisional() -> Student:
    """A pupil without document, whose student number is a J."""
    register(pupil(0, name="赵一", document_type="Z", document_number=None, sex="男", birth_on="20190901"))
    return one_called("赵一")


def found_in(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/pupils/[0-9a-f-]{36}/">([^<]+)</a>', page)


def list_of(browser: Client, **query: Any) -> list[str]:
    answer = browser.get("/pupils/", query)
    assert answer.status_code == 200
    return found_in(text_of(answer))


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("", {"王子涵", "王伟", "欧阳娜", AMINA}, id="nothing"),
        pytest.param("王", {"王子涵", "王伟"}, id="surname"),
        pytest.param("阿卜杜热合曼•麦麦", {AMINA}, id="middle-dot-of-another-kind"),
        pytest.param("ouyang", {"欧阳娜"}, id="pinyin"),
        pytest.param("wzh", {"王子涵"}, id="initials"),
        pytest.param(NUMBER.lower(), {"王子涵"}, id="resident-number"),
        pytest.param(f"G{NUMBER[:6]} {NUMBER[6:]}", {"王子涵"}, id="student-number-with-blank"),
        pytest.param(NUMBER[:10], set(), id="part-of-a-number"),
        pytest.param("李", set(), id="nobody"),
        pytest.param("%", set(), id="wildcard"),
        pytest.param("'; --", set(), id="quotes"),
    ],
)
@pytest.mark.parametrize("username", [REGISTRAR, OFFICER, "o330900", "o330000"])
def test_pupils_are_found_by_what_one_knows_of_them(username: str, typed: str, expected: set[str]) -> None:
    assert set(list_of(as_(username), q=typed)) == expected


@pytest.mark.usefixtures("four")
def test_a_list_can_be_narrowed_by_class_grade_and_state() -> None:
    registrar = as_(REGISTRAR)
    second = Class.everywhere.using("owner").get(school__identifier="2133000001", number="2026102")
    assert list_of(registrar, class_id=second.pk) == ["王伟"]
    assert len(list_of(registrar, grade=1)) == 4
    assert list_of(registrar, grade=2) == []
    assert list_of(registrar, state="02") == []
    assert list_of(registrar, state="ended") == []
    assert len(list_of(as_(OFFICER), state="01", grade=1, at=330902000001)) == 4
    assert list_of(as_(OFFICER), at=330902000002) == []


@pytest.mark.usefixtures("four")
def test_an_ended_enrolment_is_found_under_those_who_left() -> None:
    left = one_called("王伟")
    Enrolment.everywhere.using("owner").filter(student=left).update(state="07", ended_on="2026-12-31")
    for username in (REGISTRAR, OFFICER, "o330000"):
        assert list_of(as_(username), state="ended") == ["王伟"]
        assert "王伟" not in list_of(as_(username))
        assert "王伟" in list_of(as_(username), state="any")


@pytest.mark.usefixtures("four")
def test_numbers_in_a_list_are_masked_and_flags_are_words() -> None:
    page = text_of(as_(REGISTRAR).get("/pupils/"))
    assert NUMBER not in page
    assert f"G{NUMBER[:3]}*************{NUMBER[-2:]}" in page
    assert "随迁子女" in page


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize("username", ["r2133000002", "r2133000003", "o330903", "o510000"])
def test_nobody_finds_the_pupils_of_others(username: str) -> None:
    browser = as_(username)
    assert list_of(browser) == []
    assert list_of(browser, q=NUMBER) == []
    assert browser.get(f"/pupils/{one_called('王伟').pk}/").status_code == 404


def test_the_ministry_sees_numbers_and_no_pupils() -> None:
    assert as_("o000000").get("/pupils/").status_code == 403
    assert as_("o000000").get("/organisations/0/").status_code == 200


def test_who_is_not_signed_in_is_led_to_the_sign_in() -> None:
    answer = Client().get("/pupils/", {"q": "王"})
    assert answer["Location"].startswith("/sign-in?next=%2Fpupils%2F")


@pytest.mark.parametrize(
    "query",
    [
        {"at": "330903000001"},
        {"at": "x"},
        {"q": "\0"},
        {"q": "王" * 101},
        {"at": "9" * 40},
        {"after": "x"},
        {"after": "W10"},
        {"after": "WzAsIngiLDFd"},
        {"before": "é"},
        {"state": "zz"},
        {"grade": "13"},
        {"class_id": "1e9"},
    ],
)
def test_an_address_that_makes_no_sense_is_not_there(query: dict[str, str]) -> None:
    assert as_(REGISTRAR).get("/pupils/", query).status_code == 404


class Page(NamedTuple):
    address: str
    names: list[str]


def walk(browser: Client, address: str, rel: str) -> list[Page]:
    """Return the pages that following the links `rel` leads over."""
    pages = []
    while True:
        text = text_of(browser.get(address))
        pages.append(Page(address, found_in(text)))
        link = re.search(rf'rel="{rel}" href="([^"]+)"', text)
        if link is None:
            return pages
        address = "/pupils/" + unescape(link.group(1))


@pytest.mark.parametrize("typed", ["", "测", "ce", "cs"])
@pytest.mark.parametrize("username", [REGISTRAR, OFFICER, "o330000"])
def test_paging_forward_and_back_meets_everyone_once(
    monkeypatch: pytest.MonkeyPatch, username: str, typed: str
) -> None:
    register(*(pupil(n) for n in range(23)))
    monkeypatch.setattr(queries.find, "__kwdefaults__", {"page": 5})
    browser, everyone = as_(username), Student.everywhere.using("owner").values_list("name", flat=True)
    forward = walk(browser, f"/pupils/?q={typed}", "next")
    assert sorted(name for page in forward for name in page.names) == sorted(everyone)
    backward = walk(browser, forward[-1].address, "prev")
    assert [page.names for page in reversed(backward)] == [page.names for page in forward]


@pytest.mark.usefixtures("four")
def test_the_count_is_asked_for_apart_and_stops_where_counting_gets_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    browser = as_(OFFICER)
    ask = {"HX-Request": "true", "HX-Target": "span#count"}
    assert "共 4 人" in text_of(browser.get("/pupils/", headers=ask))
    monkeypatch.setattr(search, "MOST_COUNTED", 1)
    assert "共 1+ 人" in text_of(browser.get("/pupils/?q=王", headers=ask))
    assert "共 1+ 人" in text_of(browser.get("/pupils/?q=王&count=1"))


@pytest.mark.parametrize("username", [REGISTRAR, OFFICER, "o330000"])
def test_lists_take_seven_statements_however_many_pupils_there_are(username: str) -> None:
    register(pupil(0))
    few = queries_of(as_(username), "/pupils/")
    register(*(pupil(n) for n in range(1, 60)))
    assert queries_of(as_(username), "/pupils/") == few <= 7  # one of them keeps who was shown whom
    assert queries_of(as_(username), "/pupils/?q=测") == few


def test_a_record_takes_as_many_statements_with_a_long_history_as_with_a_short_one() -> None:
    register(pupil(0, name="王伟"))
    registrar, address = as_(REGISTRAR), f"/pupils/{one_called('王伟').pk}/"
    few = queries_of(registrar, address)
    classes = Class.everywhere.using("owner").filter(
        school__identifier="2133000001", number__startswith="2026"
    )
    for target in [*classes, *classes]:
        registrar.post(address + "class/", {"target": target.pk})
    assert queries_of(registrar, address) == few


# The record -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("four")
def test_a_record_is_masked_for_everybody() -> None:
    address = f"/pupils/{one_called('王子涵').pk}/"
    for username in (REGISTRAR, LEADER, OFFICER):
        page = text_of(as_(username).get(address))
        assert NUMBER not in page
        assert "合成路0号" not in page
        assert "13900000000" not in page
        assert "定海区第一小学" in page
        assert "注册学籍" in page


@pytest.mark.usefixtures("four")
def test_the_registrar_sees_one_value_for_a_reason_that_is_kept() -> None:
    one = one_called("王子涵")
    address = f"/pupils/{one.pk}/show/private-phone/"
    registrar = as_(REGISTRAR)
    assert "13900000000" not in text_of(registrar.get(address))
    for wrong in ({"reason": " "}, {"reason": "other"}, {"reason": "other", "words": " "}):
        assert registrar.post(address, wrong).status_code == 422
    page = text_of(registrar.post(address, {"reason": "family", "words": "明天家长会"}))
    assert "13900000000" in page
    assert NUMBER not in page
    event = Event.objects.using("owner").get(act="student.unmask", subject_id=one.pk)
    assert event.after == {"field": "private-phone", "reason": "联系家长或监护人：明天家长会"}
    assert "联系家长或监护人：明天家长会" in text_of(registrar.get(f"/pupils/{one.pk}/"))


@pytest.mark.usefixtures("four")
def test_what_is_shown_in_full_is_counted_once_a_value_and_day_and_refused_beyond_the_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registrar, two = as_(REGISTRAR), [one_called(name).pk for name in ("王子涵", "王伟")]
    monkeypatch.setitem(BY_WAY, Way.UNMASK, (Budget(Way.UNMASK, Counted.ACCOUNT, 1),))  # type: ignore[arg-type]
    for _ in range(2):  # the second look of a day costs nothing
        page = registrar.post(f"/pupils/{two[0]}/show/private-phone/", {"reason": "papers"})
        assert "13900000000" in text_of(page)
    page = registrar.post(f"/pupils/{two[1]}/show/private-phone/", {"reason": "papers"})
    assert (page.status_code, 'data-code="too-many-misses"' in text_of(page)) == (409, True)
    assert "13900000001" not in text_of(page)
    assert Event.objects.using("owner").filter(act="student.unmask").count() == 2


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize("username", [LEADER, OFFICER])
def test_nobody_else_sees_a_value_in_full(username: str) -> None:
    one = one_called("王子涵")
    answer = as_(username).post(f"/pupils/{one.pk}/show/document/", {"reason": "papers"})
    assert answer.status_code == 403
    assert NUMBER not in text_of(answer)
    assert not Event.objects.using("owner").filter(act="student.unmask").exists()


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize("field", ["details-health", "former-0", "member9-phone", "x"])
def test_what_is_not_hidden_in_the_record_cannot_be_asked_for(field: str) -> None:
    assert as_(REGISTRAR).get(f"/pupils/{one_called('王伟').pk}/show/{field}/").status_code == 404


def test_a_pupil_that_is_not_there_is_not_found() -> None:
    for path in ("", "number/", "show/number/"):
        assert as_(REGISTRAR).get(f"/pupils/{uuid.uuid4()}/{path}").status_code == 404
    assert as_(REGISTRAR).get("/pupils/1/").status_code == 404


@pytest.mark.usefixtures("four")
def test_another_class_is_a_change_that_the_leader_decides() -> None:
    one = one_called("王子涵")
    registrar, leader = as_(REGISTRAR), as_(LEADER)
    assert 'value="class_change"' in text_of(registrar.get(f"/pupils/{one.pk}/"))
    assert 'value="class_change"' not in text_of(leader.get(f"/pupils/{one.pk}/"))
    begun = registrar.post(f"/pupils/{one.pk}/changes/", {"kind": "class_change"})["Location"]
    third = Class.everywhere.using("owner").get(school__identifier="2133000001", number="2026103")
    case = registrar.post(begun, {"class_id": third.pk, "act": "file"})["Location"].removesuffix("slip")
    older = Class.everywhere.using("owner").get(school__identifier="2133000001", number="2025101")
    assert leader.post(f"{case}decide", {"act": "approve"}).status_code == 302
    assert "3班" in text_of(registrar.get(f"/pupils/{one.pk}/"))
    begun = registrar.post(f"/pupils/{one.pk}/changes/", {"kind": "class_change"})["Location"]
    wrong = registrar.post(begun, {"class_id": older.pk, "act": "file"})
    assert "调班只能在同一年级内进行" in text_of(wrong)


# The formal number ------------------------------------------------------------------------------


def test_a_provisional_number_becomes_formal_and_still_finds_the_pupil(provisional: Student) -> None:
    registrar, address = as_(REGISTRAR), f"/pupils/{provisional.pk}/number/"
    old = Identifier.everywhere.using("owner").get(student_id=provisional.pk, scheme="S")
    number = resident_number(3, birth="20190901")
    assert registrar.get(address).status_code == 200
    answer = registrar.post(address, {"document_number": number.lower(), "evidence": "户口簿"})
    assert answer["Location"] == f"/pupils/{provisional.pk}/"
    for typed in (number, f"G{number}"):
        assert list_of(registrar, q=typed) == ["赵一"]
    rows = Identifier.everywhere.using("owner").filter(student_id=provisional.pk)
    assert {(row.scheme, row.until is None) for row in rows} == {("R", True), ("S", True), ("S", False)}
    assert rows.get(pk=old.pk).until is not None
    assert one_called("赵一").version == provisional.version + 1
    page = text_of(registrar.get(f"/pupils/{provisional.pk}/"))
    assert "原号码" in page
    assert number not in page
    assert registrar.post(address, {"document_number": number}).status_code == 409


@pytest.mark.parametrize(
    ("number", "said"),
    [
        pytest.param("", "没有登记居民身份证号", id="none"),
        pytest.param("330902190901001", "应为 18 位", id="fifteen"),
        pytest.param(resident_number(3, birth="20190901")[:-1] + "Y", "校验位不对", id="check-digit"),
        pytest.param(resident_number(3, birth="20190902"), "不一致", id="birth"),
        pytest.param(resident_number(3, birth="20190901", sex="2"), "不一致", id="sex"),
        pytest.param(resident_number(3, birth="20190901", division="810000"), "居住证", id="permit"),
        pytest.param(resident_number(3, birth="20190901", division="999999"), "居住证", id="foreign-card"),
        pytest.param(resident_number(7, birth="20190901"), "另一份学籍", id="somebody-else-s"),
    ],
)
def test_a_number_that_cannot_be_theirs_is_refused(provisional: Student, number: str, said: str) -> None:
    register(
        pupil(5, name="钱二", document_number=resident_number(7, birth="20190901")),
        identifier="2151000001",
        officer="o510104",
    )
    answer = as_(OFFICER).post(f"/pupils/{provisional.pk}/number/", {"document_number": number or " "})
    assert answer.status_code in (409, 422)
    if number:
        assert said in text_of(answer)
    assert Identifier.everywhere.using("owner").filter(student_id=provisional.pk).count() == 1


def test_only_those_answerable_for_the_pupil_change_the_number(provisional: Student) -> None:
    for username, status in (("r2133000002", 404), (LEADER, 403), ("o330903", 404), ("o330900", 403)):
        answer = as_(username).post(f"/pupils/{provisional.pk}/number/", {"document_number": NUMBER})
        assert answer.status_code == status
