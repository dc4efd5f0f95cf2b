"""The pages and the API of what leaves: an approval, two reviews, a request, a release, the file, and a trace."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from tests.disclosures import leaving
from tests.disclosures.leaving import (
    AUDITOR,
    FIELDS,
    LEADER,
    OFFICER,
    RECIPIENT,
    SCAN,
    SECURITY,
    cells,
    in_force,
    key_pair,
    made,
    opened,
    requested,
    settled,
)
from tests.factories import PASSWORD, pupil
from tests.status.cases import class_id
from tests.web.registered import as_, queries_of, register, text_of
from tests.web.test_api import Caller
from xueji.access.models import Account
from xueji.disclosures import jobs
from xueji.disclosures.models import Approval, Disclosure, Export

pytestmark = pytest.mark.usefixtures("db", "people")


@pytest.fixture
def people(db: None) -> None:
    leaving.colleagues()
    register(pupil(0), pupil(1))


def typed(**changed: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "kind": "government",
        "level": "county",
        "government": "合成区人民政府",
        "document_number": "合成政函〔2026〕9号",
        "scan": SimpleUploadedFile("批准.pdf", SCAN),
        "purpose": "合成用途",
        "range_place": "",
        "fields_out": list(FIELDS),
        "row_cap": "100",
        "valid_from": str(today),
        "valid_until": str(today + timedelta(days=30)),
        "recipient": "合成民政局",
        "certificate": key_pair(RECIPIENT)[0],
    } | changed


def the_export() -> Export:
    found: Export = Export.everywhere.using("owner").get()
    return found


def test_from_approval_to_file_over_the_pages() -> None:
    officer, leader, security = as_(OFFICER), as_(LEADER), as_(SECURITY)
    page = officer.post(reverse("approval-new"), typed())["Location"]
    assert "核对无误" not in text_of(officer.get(page))
    assert "等待您复核" not in text_of(officer.get(reverse("inbox")))
    assert "1 项对外提供的批准等待您复核" in text_of(security.get(reverse("inbox")))
    for browser in (leader, security):
        assert "核对无误，同意" in text_of(browser.get(page))
        assert browser.post(f"{page}act/", {"act": "approve"})["Location"] == page
    assert "已生效" in text_of(officer.get(page))
    assert officer.get(f"{page}scan/").content == SCAN
    approval = Approval.everywhere.using("owner").get(is_standing=False)
    asked = {"approval": str(approval.pk), "range_place": "2133000001", "fields_out": ["name", "school"]}
    export = officer.post(reverse("export-new"), asked)["Location"]
    assert "待放行" in text_of(officer.get(export))
    assert "1 项导出等待您放行" in text_of(leader.get(reverse("inbox")))
    assert "撤回申请" in text_of(officer.get(export))
    assert leader.post(f"{export}act/", {"act": "release"})["Location"] == export
    jobs.make_export(str(the_export().pk))
    shown = text_of(officer.get(export))
    assert "可以下载" in shown
    answer = officer.post(f"{export}file/")
    kept = Disclosure.everywhere.using("owner").get()
    assert kept.sha256 == hashlib.sha256(answer.content).hexdigest()
    assert kept.sha256 in shown
    assert cells(opened(answer.content))[1] == ["姓名", "学校", "核对码"]
    assert "合成民政局" in text_of(leader.get(reverse("exports")))
    assert "合成政函〔2026〕9号" in text_of(leader.get(reverse("approvals")))


def test_who_releases_proves_once_more_who_it_is() -> None:
    today = timezone.localdate()
    export = requested(in_force(valid_from=today, valid_until=today), today=today)
    TOTP.activate(Account.objects.using("owner").get(username=LEADER), "A" * 32)
    leader = as_(LEADER)
    with override_settings(XUEJI_EASY_SIGN_IN=False):
        asked = leader.post(reverse("export-act", args=[export.pk]), {"act": "release"})
        assert asked["Location"].startswith("/account/again/password?next=")
        assert the_export().state == "requested"
        leader.post(asked["Location"], {"password": PASSWORD})
    assert the_export().state == "released"


def test_a_refusal_stands_above_the_page_and_says_why() -> None:
    export = requested(in_force())
    leader = as_(LEADER)
    answer = leader.post(reverse("export-act", args=[export.pk]), {"act": "refuse", "reason": ""})
    assert (answer.status_code, "写明不予放行的理由" in text_of(answer)) == (409, True)
    leader.post(reverse("export-act", args=[export.pk]), {"act": "refuse", "reason": "用途不清"})
    assert "用途不清" in text_of(leader.get(reverse("export", args=[export.pk])))


@pytest.mark.parametrize(
    "changed", [{"certificate": "x"}, {"row_cap": "0"}, {"range_place": "330903"}, {"scan": ""}]
)
def test_what_is_filled_in_wrongly_is_said_and_nothing_typed_is_lost(changed: dict[str, Any]) -> None:
    answer = as_(OFFICER).post(reverse("approval-new"), typed(**changed))
    assert answer.status_code in (409, 422)
    assert "合成政函〔2026〕9号" in text_of(answer)
    assert not Approval.everywhere.using("owner").filter(is_standing=False).exists()


def test_other_offices_and_roles_do_not_see_it() -> None:
    export = requested(in_force())
    page = reverse("export", args=[export.pk])
    assert as_("o330903").get(page).status_code == 404
    assert as_("r2133000001").get(page).status_code == 403
    assert as_("a330902").get(reverse("exports")).status_code == 403
    assert as_(OFFICER).get(reverse("trace")).status_code == 403
    assert as_("o330900").get(page).status_code == 200
    assert as_("l330900").post(f"{page}act/", {"act": "release"}).status_code == 404


def test_a_list_takes_the_same_statements_however_long_it_is() -> None:
    approval = in_force()
    requested(approval)
    browser = as_(LEADER)
    before = queries_of(browser, reverse("exports"))
    for _ in range(3):
        requested(approval)
    assert queries_of(browser, reverse("exports")) == before


def test_an_auditor_traces_a_leaked_file_on_the_page() -> None:
    export = made(in_force())
    workbook = opened(leaving.fetched(export))
    answer = as_(AUDITOR).post(reverse("trace"), {"file": SimpleUploadedFile("泄露.xlsx", workbook)})
    assert "该文件出自" in text_of(answer)
    assert "合成民政局" in text_of(answer)
    nothing = as_(AUDITOR).post(
        reverse("trace"), {"file": SimpleUploadedFile("a.csv", "姓名\n无名".encode())}
    )
    assert "没有查明" in text_of(nothing)


def test_a_registrar_takes_the_list_of_a_class_and_the_pupil_s_readers_say_so() -> None:
    registrar = as_("r2133000001")
    class_page = reverse("class", args=[class_id("2133000001", "2026101")])
    assert "领取班级名单" in text_of(registrar.get(class_page))
    answer = registrar.post(f"{class_page}take-list/")
    assert len(cells(answer.content)) == 4
    assert "领取班级名单" not in text_of(as_("l2133000001").get(class_page))
    assert as_("r2133000002").post(f"{class_page}take-list/").status_code in (403, 404)
    from tests.web.registered import one_called

    student = one_called(pupil(0)["name"])
    readers = text_of(registrar.get(reverse("student-readers", args=[student.id])))
    assert "领取班级名单" in readers
    assert "班内学号" in readers


def test_a_program_asks_for_an_export_and_follows_it_but_does_not_release_it() -> None:
    approval = in_force(
        valid_until=timezone.localdate() + timedelta(days=30), valid_from=timezone.localdate()
    )
    caller = Caller(OFFICER)
    body = {"approval": str(approval.pk), "place": approval.place, "fields": ["name"]}
    answer = caller.post("/disclosures/exports", body, key="a")
    assert (answer.status_code, answer.json()["state"]) == (201, "requested")
    again = caller.post("/disclosures/exports", body, key="a")
    assert again.content == answer.content
    assert caller.get("/disclosures/exports").json()["items"][0]["id"] == answer.json()["id"]
    assert caller.get(f"/disclosures/exports/{answer.json()['id']}").json()["fields"] == ["name"]
    assert caller.get("/disclosures/approvals").json()["items"][0]["row_cap"] == 1000
    assert caller.get(f"/disclosures/approvals/{approval.pk}").json()["rows_left"] == 1000
    beyond = caller.post("/disclosures/exports", body | {"fields": ["name", "student_number"]})
    assert (beyond.status_code, beyond.json()["code"]) == (409, "outside-approval")
    assert settled(the_export()).state == "requested"
