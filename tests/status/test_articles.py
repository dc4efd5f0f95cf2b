"""Every requirement of 《中小学生学籍管理办法》 that a change can break has a test that names it (`test_rNN_`)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.factories import PLACES, TODAY, actor
from tests.factories import pupil as pupil_row
from tests.factories import school as school_at
from tests.status.cases import (
    HERE,
    NEXT_DOOR,
    OTHER_PROVINCE,
    all_papers,
    approved,
    enrolled,
    filed,
    to_class,
    transferred,
)
from tests.status.rules.pupils import class_of, codes, province, pupil, school
from tests.web.registered import as_, text_of
from tests.web.test_api import Caller
from xueji.access.rules import places
from xueji.access.scope import acting
from xueji.changes.actions import rosters
from xueji.changes.queries.inbox import overdue_schools
from xueji.changes.rules.roster_columns import BY_KEY
from xueji.organisations import actions_packs
from xueji.organisations.models import Organisation, School
from xueji.organisations.queries import schools_between
from xueji.organisations.rules import divisions, rule_packs
from xueji.status.actions import cases
from xueji.status.models import Case, Paper, SealedCopy, Turn
from xueji.status.rules import programme, transfer
from xueji.status.rules.kinds import BY_CODE, KINDS
from xueji.status.rules.plans import Table
from xueji.students.models import Enrolment, Identifier, Student

REQUIREMENTS = {
    "r01": "art. 3, 9: a person has one live enrolment nationwide; a second attempt is stopped and explained",
    "r02": "art. 8: the number is the national service's alone, and no correction of a person's data changes it",
    "r03": "art. 3, 5: basic fields are the same everywhere; what a province adds is versioned",
    "r04": "art. 7: the archive is opened within two months, follows the pupil, and what is late is listed by school",
    "r05": "art. 10: documents other than the resident number work from end to end",
    "r06": "art. 15: the receiver starts a transfer; four parties, ten working days each; the sender keeps a copy",
    "r07": "art. 15: across provinces no more papers than the national list, and none carried by the family",
    "r08": "Compulsory Education Law: no withdrawal, expulsion or forced repetition in grades 1 to 9",
    "r09": "senior secondary: the guardian asks, the school confirms, it is filed",
    "r10": "art. 21: a death is noted within sixty working days",
    "r11": "art. 14: pupils of special education alone are demoted, counted",
    "r12": "art. 11: a pupil at a specialised school stays a pupil of the original one",
    "r13": "art. 27: schools abroad and in Hong Kong and Macao are listed apart",
    "r14": "art. 28: programmes of both tracks follow the province's settings",
    "r20": "art. 4: what was handled on paper is entered afterwards and marked",
}
TESTS = Path(__file__).resolve().parents[1]
NAMED = re.compile(r"def test_(r\d\d)_")
db = pytest.mark.usefixtures("db")


def test_every_requirement_has_a_test_that_names_it() -> None:
    named = {
        number
        for path in TESTS.rglob("test_*.py")
        for number in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    assert sorted(set(REQUIREMENTS) - named) == []


@db
def test_r01_a_second_transfer_of_a_pupil_is_stopped_and_explained() -> None:
    student = enrolled()
    filed("transfer", student, to_class(OTHER_PROVINCE), by=f"r{OTHER_PROVINCE}")
    with pytest.raises(cases.Stopped) as refused:
        filed("transfer", student, to_class(NEXT_DOOR), by=f"r{NEXT_DOOR}")
    assert "转学" in refused.value.zh
    assert Enrolment.everywhere.using("owner").filter(student_id=student, ended_on=None).count() == 1


@db
def test_r02_a_transfer_keeps_every_number() -> None:
    student = enrolled()
    before = numbers_of(student)
    transferred(student)
    assert numbers_of(student) == before
    assert len([one for one in before if one[0] == "S"]) == 1


def numbers_of(student: object) -> list[tuple[object, ...]]:
    rows = Identifier.everywhere.using("owner").filter(student_id=student)
    return sorted((one.scheme, bytes(one.index), one.until) for one in rows)


def test_r02_no_kind_of_change_takes_a_student_number_from_whoever_files_it() -> None:
    asked = {field.key for kind in KINDS for field in kind.fields}
    assert not {"student_number", "number", "xjh"} & asked


@db
def test_r03_a_case_keeps_the_version_of_the_provinces_rules_it_began_under() -> None:
    case = filed("transfer", enrolled(), to_class(OTHER_PROVINCE), by=f"r{OTHER_PROVINCE}")
    kept = Case.everywhere.using("owner").get(id=case.id)
    assert kept.pack_id
    # The fields a change asks for are of the kind, and every province's rules only narrow their answers.
    assert {field.key for field in BY_CODE["transfer"].fields} == {"class_id", "reason", "note"}


def test_r03_a_province_cannot_declare_what_the_nation_has_no_place_for() -> None:
    head = 'province = "33"\nname = "浙江省"\nversion = "1"\nsource = "细则"\nvalid_from = 2026-09-11\n'
    with pytest.raises(rule_packs.PackRefused) as refused:
        rule_packs.parse(head + '[transfer]\nname_of_father = "必填"\n', file="33.toml")
    (problem,) = refused.value.problems
    assert (problem.line, problem.parameter) == (7, "transfer.name_of_father")
    shipped = {text.partition("valid_from")[2][:14] for text in rule_packs.shipped().values()}
    assert all(re.match(r" = \d{4}-\d\d-\d\d", one) for one in shipped)


@db
def test_r03_a_new_version_is_declared_filed_and_for_cases_of_its_own_days_alone() -> None:
    def filed_on(day: date, name: str, serial: int) -> Case:
        student = enrolled(name, serial)
        case = filed("transfer", student, to_class(NEXT_DOOR), by=f"r{NEXT_DOOR}", today=day)
        return Case.everywhere.using("owner").get(id=case.id)

    before = filed_on(TODAY, "测前", 0)
    writes, puts = actor("a330000"), actor("l330000")
    with acting(writes.scope):
        draft = actions_packs.draft_pack(by=writes, today=TODAY)
    with acting(puts.scope):
        put = actions_packs.put_in_force(draft.pk, by=puts, today=TODAY)
    assert (put.filed_on, put.valid_from) == (TODAY, TODAY + timedelta(days=1))
    after = filed_on(put.valid_from, "测后", 1)
    approved(before.id, f"l{NEXT_DOOR}", today=put.valid_from)
    before.refresh_from_db()
    assert after.pack_id == put.pk != before.pack_id


@db
def test_r04_what_is_not_registered_two_months_after_entry_is_listed_by_school() -> None:
    row = pupil_row()
    sent = ",".join(BY_KEY[key].column.header_zh for key in row) + "\n" + ",".join(row.values())
    batch, _ = rosters.receive(sent.encode(), file_name="a.csv", school=school_at(HERE), by=actor(f"r{HERE}"))
    rosters.check_batch(batch.id, today=TODAY)

    def listed(day: date) -> list[tuple[str, int]]:
        with acting(actor("o330902").scope):
            return [(one.identifier, one.pupils) for one in overdue_schools(today=day).items]

    assert listed(date(2026, 11, 1)) == []
    assert listed(date(2026, 11, 2)) == [(HERE, 1)]
    with acting(actor("o330903").scope):
        assert overdue_schools(today=date(2026, 11, 2)).items == []


@db
def test_r04_the_archive_follows_the_pupil_and_a_copy_stays() -> None:
    student = enrolled()
    given = all_papers(student, by=f"r{HERE}", today=TODAY)
    transferred(student)
    papers = Paper.everywhere.using("owner").filter(student_id=student, id__in=given)
    assert {one.place for one in papers} == {PLACES[OTHER_PROVINCE]}
    assert Student.everywhere.using("owner").get(pk=student).place == PLACES[OTHER_PROVINCE]
    copy = SealedCopy.everywhere.using("owner").get(student_id=student)
    assert (copy.place, copy.void_on) == (PLACES[HERE], None)


@db
def test_r05_a_pupil_without_a_resident_number_is_transferred_as_any_other() -> None:
    student = enrolled(document_type="其他", document_number=None, birth_on="20190901", sex="女")
    transferred(student)
    assert (
        Enrolment.everywhere.using("owner").get(student_id=student, ended_on=None).place
        == PLACES[OTHER_PROVINCE]
    )


@db
def test_r06_four_parties_have_ten_working_days_each_and_the_sender_keeps_a_copy() -> None:
    student = enrolled()
    case = transferred(student)
    turns = Turn.everywhere.using("owner").filter(case_id=case).order_by("ordinal")
    assert [(turn.party, turn.days) for turn in turns] == [
        ("receiving_school", 10), ("receiving_authority", 10), ("sending_school", 10), ("sending_authority", 10),
    ]  # fmt: skip
    assert SealedCopy.everywhere.using("owner").get(student_id=student).place == PLACES[HERE]


@db
def test_r06_the_school_that_has_the_pupil_cannot_start_a_transfer() -> None:
    with pytest.raises(cases.NoSuchCase):
        filed("transfer", enrolled(), to_class(OTHER_PROVINCE), by=f"r{HERE}")


@pytest.mark.parametrize("code", sorted(rule_packs.shipped()))
def test_r07_no_province_asks_for_more_than_the_national_list_across_provinces(code: str) -> None:
    national = set(rule_packs.default().transfer.documents_cross_province)
    pack = rule_packs.default() if code == "00" else province(code)
    assert set(pack.transfer.documents_asked(is_cross_province=True)) <= national
    far = school(510104_000001, id=7)
    facts = pupil(3, pack=pack, to=class_of(3, at=far))
    asked = {need.kind for need in transfer.papers(facts, {"reason": "household"})}
    assert asked <= set(pack.transfer.documents)


def test_r12_a_placement_leaves_the_enrolment_as_it_is() -> None:
    kind = BY_CODE["placement"]
    facts = pupil(8, target_school=school(330902_000008, id=8))
    written = {write.table for write in kind.effect(facts, {"since": "2026-09-10"}).writes}
    assert written
    assert Table.ENROLMENT not in written
    assert Table.STUDENT not in written


def test_r13_schools_abroad_and_in_hong_kong_and_macao_have_divisions_of_their_own() -> None:
    assert divisions.LISTED_APART in divisions.authority_codes()
    apart = [places.place(code) for code, _zh, _en in divisions.APART_DIVISIONS]
    provinces = [
        places.scope(places.place(code)) for code in divisions.provinces() if code != divisions.LISTED_APART
    ]
    assert provinces
    assert not any(lo <= one < hi for one in apart for lo, hi in provinces)


@db
def test_r13_a_school_listed_apart_is_in_no_provinces_list_or_sum_and_in_the_nations() -> None:
    at = places.place("990200") + 1
    apart = School.objects.using("owner").get(identifier=HERE)
    apart.organisation = Organisation.objects.using("owner").create(
        place=at, level="school", name="示例境外学校"
    )
    apart.pk, apart.place, apart.identifier = apart.organisation.pk, at, ""
    apart._state.adding = True
    apart.save(using="owner", force_insert=True)

    def schools(who: str) -> set[int]:
        by = actor(who)
        with acting(by.scope):
            return {one.place for one in schools_between(by.scope.lo, by.scope.hi, limit=200)}

    assert at in schools("o000000")
    for who in ("o330000", "o510104", "o330902"):
        assert at not in schools(who)


def test_r14_a_programme_is_possible_where_the_provinces_rules_name_it() -> None:
    without = pupil(11, pack=rule_packs.default())
    assert rule_packs.default().programmes == () or not rule_packs.default().programmes
    assert "no-programme" in " ".join(codes(programme.KIND, without, {"programme": "1"}))


@db
def test_r20_what_was_handled_on_paper_is_entered_afterwards_and_marked_for_everybody_who_sees_it() -> None:
    student = enrolled()
    given = all_papers(student, by=f"r{OTHER_PROVINCE}", today=TODAY)
    case = cases.file_case(
        "transfer",
        student,
        to_class(OTHER_PROVINCE),
        by=actor(f"r{OTHER_PROVINCE}"),
        today=TODAY,
        paper_ids=given,
        is_from_paper=True,
    )
    approved(case.id, f"l{OTHER_PROVINCE}")
    assert Case.everywhere.using("owner").get(id=case.id).is_from_paper
    for who in (f"r{OTHER_PROVINCE}", "o510104"):
        assert "办理于纸质" in text_of(as_(who).get(f"/changes/{case.id}/"))
        assert Caller(who).get(f"/status/cases/{case.id}").json()["is_from_paper"] is True
    # Every desk still decides: the paper is entered, and nothing is skipped by it.
    assert Case.everywhere.using("owner").get(id=case.id).effect_on is None
    other = filed("transfer", enrolled("测乙", 1), to_class(OTHER_PROVINCE), by=f"r{OTHER_PROVINCE}")
    assert not Case.everywhere.using("owner").get(id=other.id).is_from_paper
