"""Nothing leaves without a basis: approvals, release by a second person, and what the worker makes or refuses."""

from __future__ import annotations

import hashlib
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, connections

from tests.disclosures import leaving
from tests.disclosures.leaving import (
    HERE,
    LEADER,
    NOW,
    OFFICER,
    RECIPIENT,
    SECURITY,
    as_is,
    cells,
    fetched,
    in_force,
    key_pair,
    made,
    opened,
    recorded,
    released,
    requested,
    settled,
)
from tests.factories import PLACES, TODAY, actor, pupil
from tests.web.registered import register
from xueji.access.scope import NotAllowed, acting
from xueji.changes.actions.problems.papers import PaperUnfit
from xueji.disclosures import jobs
from xueji.disclosures.actions import approvals, exports, making
from xueji.disclosures.actions.approvals import ApprovalUnfit, CannotReview
from xueji.disclosures.actions.exports import CannotRelease, NothingToFetch, OutsideApproval
from xueji.disclosures.models import Canary, Disclosure, Export, SealedFile
from xueji.disclosures.rules.approvals import ApprovalKind, ApprovalState, ExportState
from xueji.disclosures.rules.recipients import CertificateUnfit

pytestmark = pytest.mark.usefixtures("db", "people")


@pytest.fixture
def people(db: None) -> None:
    leaving.colleagues()
    register(pupil(0), pupil(1), pupil(2))


def owner(statement: str, *values: Any) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(statement, values)


# The database forbids it, whatever the program does. ----------------------------------------


def test_a_disclosure_without_an_approval_is_refused_by_the_database() -> None:
    with pytest.raises(IntegrityError, match="approval_id"):
        owner(
            """INSERT INTO disclosures_disclosure (id, place, recipient, subject, fields, rows, canaries, sha256, seed, has_own_order, by)
               VALUES (gen_random_uuid(), 0, 'x', 'x', '[]', 1, 0, '', '', false, 1)"""
        )
    with pytest.raises(IntegrityError, match="foreign key"):
        owner(
            """INSERT INTO disclosures_disclosure (id, place, approval_id, recipient, subject, fields, rows, canaries, sha256, seed, has_own_order, by)
               VALUES (gen_random_uuid(), 0, gen_random_uuid(), 'x', 'x', '[]', 1, 0, '', '', false, 1)"""
        )


FORBIDDEN = (
    ("first_reviewer = requested_by", "nobody_reviews_what_they_asked_for"),
    ("first_reviewer = -1, second_reviewer = requested_by", "nobody_reviews_what_they_asked_for"),
    ("first_reviewer = -1, second_reviewer = -1", "two_reviews_are_of_two_persons"),
    ("second_reviewer = -1", "two_reviews_are_of_two_persons"),
    ("state = 'in_force'", "an_approval_in_force_was_reviewed_twice"),
    ("state = 'in_force', first_reviewer = -1", "an_approval_in_force_was_reviewed_twice"),
    ("level = 'township'", "only_governments_from_county_upwards_approve"),
    ("document_number = ''", "only_governments_from_county_upwards_approve"),
    ("scan = NULL", "only_governments_from_county_upwards_approve"),
    ("kind = 'statute'", "an_approval_by_law_names_the_law"),
    ("certificate = ''", "an_approval_names_whom_a_file_is_for"),
    ("row_cap = 0", "an_approval_names_its_limits"),
    ("valid_until = valid_from - 1", "an_approval_names_its_limits"),
)


def test_an_approval_that_must_not_be_is_refused_by_the_database() -> None:
    approval = recorded()
    for changed, constraint in FORBIDDEN:
        with pytest.raises(IntegrityError, match=constraint):
            owner(f"UPDATE disclosures_approval SET {changed} WHERE id = %s", approval.pk)


def test_an_export_released_by_who_asked_for_it_is_refused_by_the_database() -> None:
    export = requested(in_force())
    with pytest.raises(IntegrityError, match="nobody_releases_their_own_export"):
        owner("UPDATE disclosures_export SET decided_by = requested_by WHERE id = %s", export.pk)
    with pytest.raises(IntegrityError, match="a_file_is_made_after_its_release"):
        owner("UPDATE disclosures_export SET state = 'done' WHERE id = %s", export.pk)


# Approvals ------------------------------------------------------------------------------------


def test_two_others_put_an_approval_in_force_and_nobody_counts_twice() -> None:
    approval = recorded()
    officer, leader, security = (actor(name) for name in (OFFICER, LEADER, SECURITY))
    with acting(officer.scope):
        with pytest.raises(CannotReview, match="两人"):
            approvals.review(approval.pk, is_granted=True, by=officer, now=NOW)
        assert approvals.review(approval.pk, is_granted=True, by=leader, now=NOW).state == "under_review"
        with pytest.raises(CannotReview, match="两人"):
            approvals.review(approval.pk, is_granted=True, by=leader, now=NOW)
        assert approvals.review(approval.pk, is_granted=True, by=security, now=NOW).state == "in_force"


def test_one_no_ends_it_and_one_in_force_can_be_revoked() -> None:
    leader = actor(LEADER)
    approval, other = recorded(), in_force()
    with acting(leader.scope):
        with pytest.raises(CannotReview, match="理由"):
            approvals.review(approval.pk, is_granted=False, by=leader, now=NOW)
        refused = approvals.review(approval.pk, is_granted=False, by=leader, now=NOW, reason="文号不符")
        assert refused.state == ApprovalState.REFUSED
        assert approvals.revoke(other.pk, reason="用途已完成", by=leader).state == ApprovalState.REVOKED
    with pytest.raises(OutsideApproval, match="未生效"):
        requested(other)


UNFIT: tuple[tuple[dict[str, Any], type[Exception]], ...] = (
    ({"fields": ("sex",)}, ApprovalUnfit),
    ({"fields": ("name", "salary")}, ApprovalUnfit),
    ({"row_cap": 0}, ApprovalUnfit),
    ({"valid_until": TODAY + timedelta(days=400)}, ApprovalUnfit),
    ({"government": " "}, ApprovalUnfit),
    ({"level": None}, ApprovalUnfit),
    ({"kind": ApprovalKind.STATUTE, "statute": "school-duty"}, ApprovalUnfit),
    ({"kind": ApprovalKind.STATUTE, "statute": "keep-in-school"}, ApprovalUnfit),
    ({"scan": b"MZ"}, PaperUnfit),
    ({"certificate": "x"}, CertificateUnfit),
    ({"range_place": 330903 * 1_000_000}, NotAllowed),
)


def test_what_no_approval_can_be_is_refused_with_what_is_wrong() -> None:
    for changed, error in UNFIT:
        with pytest.raises(error):
            recorded(**changed)


def test_a_law_from_the_list_is_an_approval_without_a_government() -> None:
    approval = in_force(
        kind=ApprovalKind.STATUTE, statute="criminal-evidence", level=None, government="", scan=b""
    )
    assert made(approval).state == ExportState.DONE


# Exports --------------------------------------------------------------------------------------


def test_a_file_opens_with_its_recipient_s_key_and_only_then_and_says_what_it_is() -> None:
    export = made(in_force())
    content = fetched(export)
    with pytest.raises(ValueError, match=r".*"):
        opened(content, "别人")
    for plain in ("测试".encode(), "测".encode(), pupil(0)["document_number"].encode()):
        assert plain not in content
    rows = cells(opened(content))
    kept = Disclosure.everywhere.using("owner").get(export_id=export.pk)
    assert "合成民政局" in rows[0][0]
    assert str(export.pk) in rows[0][0]
    assert rows[1][:4] == ["姓名", "性别", "出生日期", "身份证件号"]
    assert (kept.rows, kept.canaries, len(rows) - 2) == (3, 3, 6)
    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert {pupil(at)["document_number"] for at in range(3)} < {row[3] for row in rows[2:]}
    invented = {one.name for one in Canary.everywhere.using("owner").filter(disclosure=kept)}
    assert invented <= {row[0] for row in rows[2:]}
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT after->>'sha256', (after->>'rows')::int FROM audit_event WHERE act = 'disclosure.make'"
        )
        assert cursor.fetchall() == [(kept.sha256, 3)]
        cursor.execute("SELECT count(*) FROM audit_listing")
        assert cursor.fetchone() == (3,)


def test_who_asked_for_it_does_not_release_it_and_nobody_else_s_office_sees_it() -> None:
    export = requested(in_force())
    officer = actor(OFFICER)
    with acting(officer.scope), pytest.raises(NotAllowed):
        exports.release(export.pk, by=officer, now=NOW, today=TODAY)
    leader = actor(LEADER)
    owner("UPDATE disclosures_export SET requested_by = %s WHERE id = %s", leader.account_id, export.pk)
    with acting(leader.scope), pytest.raises(CannotRelease, match="自己"):
        exports.release(export.pk, by=leader, now=NOW, today=TODAY)
    stranger = actor("l330903")
    with acting(stranger.scope), pytest.raises(exports.NoSuchExport):
        exports.release(export.pk, by=stranger, now=NOW, today=TODAY)


def test_a_request_beyond_the_approval_is_refused_at_once() -> None:
    approval = in_force(range_place=HERE, fields=("name", "sex"))
    beyond: tuple[tuple[dict[str, Any], str], ...] = (
        ({"at": PLACES["2133000002"], "fields": ("name",)}, "范围"),
        ({"at": HERE, "fields": ("name", "phone")}, "联系电话"),
        ({"at": HERE, "fields": ("sex",)}, "姓名"),
    )
    for changed, what in beyond:
        with pytest.raises(OutsideApproval, match=what):
            requested(approval, **changed)
    early = in_force(valid_from=TODAY + timedelta(days=1))
    with pytest.raises(OutsideApproval, match="有效期"):
        requested(early)


def nothing_left(export: Export) -> bool:
    return not (
        Disclosure.everywhere.using("owner").filter(export_id=export.pk).exists()
        or SealedFile.everywhere.using("owner").filter(pk=export.pk).exists()
    )


def test_one_row_outside_the_approved_range_fails_the_whole_file() -> None:
    register(pupil(5), identifier="2133000002")
    export = released(in_force(range_place=HERE), at=HERE)
    # Somebody who writes to the database widens what was asked for after the release.
    owner(
        "UPDATE disclosures_export SET scope_lo = %s, scope_hi = %s WHERE id = %s",
        HERE, HERE + 2, export.pk,
    )  # fmt: skip
    found = settled(export)
    assert (found.state, "范围" in found.reason) == (ExportState.FAILED, True)
    assert nothing_left(export)


def test_rows_are_held_against_the_approval_one_by_one_in_the_database() -> None:
    register(pupil(5), identifier="2133000002")
    approval = in_force()
    from xueji.disclosures.queries.rows import of_export

    owner("UPDATE disclosures_approval SET scope_hi = %s WHERE id = %s", HERE + 1, approval.pk)
    with acting(actor(OFFICER).scope):
        found = of_export(
            approval.pk,
            lo=leaving.COUNTY,
            hi=leaving.COUNTY + 10**6,
            grade=None,
            fields=("name",),
            most=10,
        )
    assert sorted(one.is_inside for one in found) == [False, True, True, True]


def test_more_rows_than_approved_fail_the_whole_file_counted_over_all_files() -> None:
    found = settled(released(in_force(row_cap=2)))
    assert (found.state, "上限" in found.reason) == (ExportState.FAILED, True)
    approval = in_force(row_cap=5)
    made(approval)
    again = settled(released(approval))
    assert (again.state, "已提供 3 人" in again.reason) == (ExportState.FAILED, True)
    assert nothing_left(again)


def test_two_files_made_at_once_do_not_go_over_the_cap_together() -> None:
    approval = in_force(row_cap=5)
    waiting = [released(approval) for _ in range(2)]

    def make(export: Export) -> bool:
        try:
            return making.make(export.pk, now=NOW, today=TODAY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(make, waiting)) == [False, True]
    assert Disclosure.everywhere.using("owner").count() == 1


def test_an_approval_that_ended_or_was_revoked_before_the_worker_came_fails_the_file() -> None:
    approval = in_force()
    late, revoked = released(approval), released(approval)
    making.make(late.pk, now=NOW, today=approval.valid_until + timedelta(days=1))
    assert (as_is(late).state, "有效期" in as_is(late).reason) == (ExportState.FAILED, True)
    leader = actor(LEADER)
    with acting(leader.scope):
        approvals.revoke(approval.pk, reason="用途已完成", by=leader)
    assert settled(revoked).state == ExportState.FAILED
    assert nothing_left(revoked)


def test_a_worker_killed_in_the_middle_leaves_nothing_and_the_next_one_makes_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    export = released(in_force())

    def killed(*_: object, **__: object) -> bytes:
        raise SystemExit(137)

    with monkeypatch.context() as patch:
        patch.setattr("xueji.disclosures.rules.recipients.seal", killed)
        with pytest.raises(SystemExit):
            making.make(export.pk, now=NOW, today=TODAY)
    assert as_is(export).state == ExportState.RELEASED
    assert nothing_left(export)
    assert settled(export).state == ExportState.DONE
    assert not making.make(export.pk, now=NOW, today=TODAY)
    assert Disclosure.everywhere.using("owner").filter(export_id=export.pk).count() == 1


def test_a_release_whose_job_was_lost_is_taken_up_and_made(monkeypatch: pytest.MonkeyPatch) -> None:
    export = released(in_force())
    with monkeypatch.context() as patch:
        patch.setattr("xueji.disclosures.jobs.timezone.localdate", lambda: TODAY)
        jobs.take_up(0)
    assert as_is(export).state == ExportState.DONE


def test_a_file_expires_its_content_is_deleted_and_it_is_handed_out_a_few_times_only() -> None:
    export = made(in_force())
    officer = actor(OFFICER)
    for _ in range(5):
        fetched(export)
    with pytest.raises(NothingToFetch, match="5 次"):
        fetched(export)
    other = made(in_force())
    later = NOW + timedelta(days=8)
    with acting(officer.scope), pytest.raises(NothingToFetch, match="到期"):
        exports.fetch(other.pk, by=officer, now=later)
    assert exports.expire(now=later) == 2
    assert exports.expire(now=later) == 0
    assert not SealedFile.everywhere.using("owner").exists()
    assert as_is(other).state == ExportState.EXPIRED
    assert Disclosure.everywhere.using("owner").count() == 2


def test_hostile_names_stay_texts() -> None:
    names = ('=HYPERLINK("http://x","y")', "+1+1", "@SUM(1)", "-2", "测\u202e试")
    owner("UPDATE students_student SET name = %s WHERE name = %s", names[0], pupil(0)["name"])
    owner("UPDATE students_student SET name = %s WHERE name = %s", names[1], pupil(1)["name"])
    owner("UPDATE students_student SET name = %s WHERE name = %s", names[2], pupil(2)["name"])
    workbook = opened(fetched(made(in_force())))
    with zipfile.ZipFile(BytesIO(workbook)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet.lower()
    assert set(names[:3]) <= {row[0] for row in cells(workbook)}


def test_a_file_is_opened_by_the_standard_tool_that_recipients_have(tmp_path: Any) -> None:
    import shutil
    import subprocess

    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem, key = key_pair(RECIPIENT)
    export = made(in_force())
    (tmp_path / "a.p7m").write_bytes(fetched(export))
    (tmp_path / "c.pem").write_text(pem)
    (tmp_path / "k.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    tool = shutil.which("openssl")
    assert tool is not None, "openssl comes with every system that the tests run on"
    answer = subprocess.run(
        [tool, "cms", "-decrypt", "-binary", "-inform", "DER", "-in", tmp_path / "a.p7m", "-recip", tmp_path / "c.pem",
         "-inkey", tmp_path / "k.pem"],
        capture_output=True, check=True,
    )  # fmt: skip
    assert cells(answer.stdout)[1][0] == "姓名"
