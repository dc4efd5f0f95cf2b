"""Pages and API of unified admission, once for the happy path and once for a refusal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.changes.admissions import COUNTY, FIRST, LEADER, OTHER_COUNTY, admissions, child, given_in, issued
from tests.changes.test_admission_disputes import PDF, the_case
from tests.changes.test_preschool import imported, kindergarten_child
from tests.web.registered import as_, queries_of, text_of
from xueji.changes.models import AdmissionList, PreschoolRecord, RosterBatch
from xueji.changes.rules.problem_records import CaseState

pytestmark = pytest.mark.usefixtures("db")

REGISTRAR = f"r{FIRST}"
CSV = "姓名,身份证件号,录取学校标识码\n" + "\n".join(
    f"{child(n)['name']},{child(n)['document_number']},{FIRST}" for n in range(3)
)
TERMS = {"name": "2026 年小学录取", "school_year": "2026", "stage": "primary"}


def file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("录取.csv", text.encode())


def the_list() -> AdmissionList:
    found: AdmissionList = AdmissionList.everywhere.using("owner").get()
    return found


def called(browser: Client, path: str, body: dict[str, Any], key: str = "k1") -> Any:
    return browser.post(
        f"/api/v1/{path}",
        json.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": key},
    )


# Pages ------------------------------------------------------------------------------------------


def test_an_officer_gives_a_list_in_and_a_colleague_issues_it() -> None:
    answer = as_(COUNTY).post(reverse("admission-new"), TERMS | {"file": file(CSV + "\n缺号,,2133000001")})
    page = reverse("admission", args=[the_list().id])
    assert answer["Location"] == page
    seen = text_of(as_(COUNTY).get(page))
    assert "身份证件号和学籍号都没有填" in seen
    assert "须由本单位另一位同事下达" in seen
    found = the_list()
    as_(LEADER).post(reverse("admission-issue", args=[found.id]), {"version": found.version})
    assert the_list().state == "issued"
    assert "各校报到进度" in text_of(as_(COUNTY).get(page))


def test_a_list_without_its_columns_is_refused_with_the_remedy() -> None:
    answer = as_(COUNTY).post(reverse("admission-new"), TERMS | {"file": file("姓名,学校\n甲,乙")})
    assert answer.status_code == 409
    assert not AdmissionList.everywhere.using("owner").exists()


def test_a_registrar_puts_those_who_have_come_into_a_class() -> None:
    imported(kindergarten_child())
    issued([child(0), child(1)])
    (first, second) = admissions()
    browser = as_(REGISTRAR)
    assert child(0)["name"] in text_of(browser.get(reverse("admissions")))
    answer = browser.post(
        reverse("admission-act"), {"act": "report", "selected": [str(first.id)], "class_number": "2026101"}
    )
    batch = RosterBatch.everywhere.using("owner").get()
    assert (answer["Location"], batch.accepted) == (reverse("roster", args=[batch.id]), 1)
    browser.post(
        reverse("admission-act"), {"act": "absent", "selected": [str(second.id)], "reason": "abroad"}
    )
    absent = reverse("admission-pupils", args=[the_list().id]) + "?status=not_come"
    assert "出国（境）就读" in text_of(as_(COUNTY).get(absent))


def test_nobody_ticked_is_said_on_the_page() -> None:
    issued([child(0)])
    answer = as_(REGISTRAR).post(reverse("admission-act"), {"act": "report", "class_number": "2026101"})
    assert answer.status_code == 409
    assert "请先勾选学生" in text_of(answer)


def test_the_form_of_an_awaited_pupil_is_filled_with_what_is_known() -> None:
    issued([child(0)])
    address = f"{reverse('roster-one')}?admission={admissions()[0].id}"
    assert child(0)["document_number"] in text_of(as_(REGISTRAR).get(address))
    assert as_(f"r{OTHER_COUNTY}").get(address).status_code == 404


def test_the_form_picks_a_kindergarten_record_up_by_name_and_number() -> None:
    imported(kindergarten_child())
    known = {"name": child(0)["name"], "document_number": child(0)["document_number"], "look": "preschool"}
    browser = as_(REGISTRAR)
    seen = text_of(browser.post(reverse("roster-one"), known))
    assert "向阳幼儿园" in seen
    assert "合成家长" in seen
    missed = browser.post(reverse("roster-one"), known | {"name": "别人"})
    assert missed.status_code == 409
    assert "合成家长" not in text_of(missed)


def test_both_schools_answer_on_the_page_and_the_same_answer_closes_it() -> None:
    issued([child(0)])
    issued([child(0, OTHER_COUNTY)], by="o330903")
    case = the_case()
    here = as_(REGISTRAR)
    assert here.get(reverse("problem", args=[case.id]))["Location"] == reverse(
        "admission-dispute", args=[case.id]
    )
    said = {"attends": "yes", "since": "2026-09-01", "statement": "在一班就读"}
    assert here.post(reverse("admission-dispute-state", args=[case.id]), said).status_code == 409
    here.post(
        reverse("admission-dispute-file", args=[case.id]), {"file": SimpleUploadedFile("证明.pdf", PDF)}
    )
    here.post(reverse("admission-dispute-state", args=[case.id]), said)
    as_(f"r{OTHER_COUNTY}").post(
        reverse("admission-dispute-state", args=[case.id]), {"attends": "no", "statement": "未到校"}
    )
    assert the_case().state == CaseState.CLOSED
    assert "学生在本校就读" in text_of(here.get(reverse("admission-dispute", args=[case.id])))


def test_the_form_says_who_enrols_where_it_is_another_office() -> None:
    assert "普通高中由成都市教育局统一招生" in text_of(as_("o510104").get(reverse("admission-new")))
    assert "统一招生。" not in text_of(as_(COUNTY).get(reverse("admission-new")))


def test_a_desk_chooses_the_school() -> None:
    issued([child(0)])
    issued([child(0, OTHER_COUNTY)], by="o330903")
    case = the_case()
    for identifier in (FIRST, OTHER_COUNTY):
        browser = as_(f"r{identifier}")
        browser.post(
            reverse("admission-dispute-file", args=[case.id]), {"file": SimpleUploadedFile("证明.pdf", PDF)}
        )
        said = {"attends": "yes", "since": "2026-09-01", "statement": "在校"}
        browser.post(reverse("admission-dispute-state", args=[case.id]), said)
    chosen = {"school": str(admissions()[0].place), "reason": "证明属实", "version": the_case().version}
    as_("o330900").post(reverse("admission-dispute-decide", args=[case.id]), chosen)
    assert sorted(a.state for a in admissions()) == ["awaited", "elsewhere"]
    here, above = reverse("admission-dispute", args=[case.id]), as_("o330000")
    assert "前可以由上一级主管部门撤销" in text_of(as_("o330900").get(here))
    undo = {"reason": "证明系伪造", "version": the_case().version}
    assert as_("o330900").post(reverse("admission-dispute-undo", args=[case.id]), undo).status_code == 409
    assert above.post(reverse("admission-dispute-undo", args=[case.id]), undo).url == here
    assert sorted(a.state for a in admissions()) == ["awaited", "awaited"]
    assert "请重新核查：证明系伪造" in text_of(as_("o330900").get(here))
    refused = above.post(reverse("admission-dispute-undo", args=[case.id]), undo)
    assert refused.status_code == 409
    api = called(above, f"admission-disputes/{case.id}/undo", undo)
    assert (api.status_code, api.json()["code"]) == (409, "not-now")
    as_("o330900").post(
        reverse("admission-dispute-decide", args=[case.id]), chosen | {"version": the_case().version}
    )
    shown = above.get(f"/api/v1/admission-disputes/{case.id}").json()
    assert shown["can_undo"]
    api = called(above, f"admission-disputes/{case.id}/undo", undo | {"version": shown["version"]}, "k2")
    assert (api.status_code, api.json()["state"]) == (200, "with_desk")


def test_kindergarten_records_are_tried_and_then_imported() -> None:
    row = kindergarten_child()
    text = "姓名,身份证件号,幼儿园名称\n" + f"{row['name']},{row['document_number']},向阳幼儿园"
    browser = as_(COUNTY)
    assert "没有写入任何内容" in text_of(
        browser.post(reverse("preschool"), {"act": "try", "file": file(text)})
    )
    assert not PreschoolRecord.everywhere.using("owner").exists()
    browser.post(reverse("preschool"), {"act": "import", "file": file(text)})
    assert PreschoolRecord.everywhere.using("owner").get().kindergarten == "向阳幼儿园"


def test_the_page_of_a_school_takes_as_many_statements_for_many_as_for_few() -> None:
    issued([child(n) for n in range(2)])
    few = queries_of(as_(REGISTRAR), reverse("admissions"))
    issued([child(n) for n in range(2, 30)])
    assert queries_of(as_(REGISTRAR), reverse("admissions")) == few


# API --------------------------------------------------------------------------------------------


def test_a_program_gives_a_list_in_and_reads_how_far_it_is() -> None:
    body = {"name": "接口", "school_year": 2026, "stage": "primary", "pupils": [child(0), child(1, name="")]}
    officer = as_(COUNTY)
    checked = officer.post(
        "/api/v1/admission-lists/check", json.dumps(body), content_type="application/json"
    ).json()
    assert (checked["rows"], checked["accepted"], checked["rejected"]) == (2, 1, 1)
    assert not AdmissionList.everywhere.using("owner").exists()
    given = called(officer, "admission-lists", body)
    assert given.status_code == 201
    listed = given.json()["id"]
    issuing = called(as_(LEADER), f"admission-lists/{listed}/issue", {"version": 1})
    assert issuing.json()["counts"] == {"awaited": 1}
    assert officer.get(f"/api/v1/admission-lists/{listed}/findings").json()["items"][0]["code"] == "missing"
    assert officer.get(f"/api/v1/admission-lists/{listed}/schools").json()[0]["school"] == FIRST
    (pupil,) = as_(REGISTRAR).get("/api/v1/admissions?status=awaited").json()["items"]
    assert pupil["document_number"] != child(0)["document_number"]


def test_a_program_of_a_school_reports_and_notes_absence() -> None:
    imported(kindergarten_child())
    issued([child(0), child(1)])
    first, second = (str(a.id) for a in admissions())
    browser = as_(REGISTRAR)
    reported = called(
        browser, "admissions/report", {"pupils": [first], "school": FIRST, "class_number": "2026101"}
    )
    assert reported.json()["state"] == "with_leader"
    absent = called(browser, "admissions/not-come", {"pupils": [second], "reason": "abroad"}, "k2")
    assert absent.json() == {"pupils": 1}
    assert called(browser, "admissions/await", {"pupils": [first]}, "k3").status_code == 409


def test_a_school_cannot_give_a_list_in() -> None:
    body = {"name": "接口", "school_year": 2026, "stage": "primary", "pupils": [child(0)]}
    assert called(as_(REGISTRAR), "admission-lists", body).status_code == 403


def test_a_program_answers_a_dispute() -> None:
    issued([child(0)])
    issued([child(0, OTHER_COUNTY)], by="o330903")
    case = the_case()
    for identifier in (FIRST, OTHER_COUNTY):
        said = called(
            as_(f"r{identifier}"),
            f"admission-disputes/{case.id}/statement",
            {"attends": False, "statement": "不在"},
        )
        assert said.status_code == 200
    assert as_("o330900").get(f"/api/v1/admission-disputes/{case.id}").json()["state"] == "closed"
    assert as_(REGISTRAR).get(f"/api/v1/problems/{case.id}").json()["remedies"] == []


def test_a_program_imports_and_finds_a_kindergarten_record() -> None:
    row = kindergarten_child()
    done = called(as_("o330000"), "preschool-records", {"children": [row]})
    assert done.json()["accepted"] == 1
    known = {"name": row["name"], "document_number": row["document_number"]}
    found = called(as_(REGISTRAR), "preschool-records/find", known)
    assert found.json()["kindergarten"] == "向阳幼儿园"
    assert called(as_(REGISTRAR), "preschool-records/find", known | {"name": "别人"}, "k2").status_code == 409


def test_a_list_of_another_county_is_not_found() -> None:
    found = given_in([child(0)])
    assert as_("o330903").get(reverse("admission", args=[found.id])).status_code == 404
