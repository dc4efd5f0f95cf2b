"""A file leaves under an approval over three desks, turns up outside, and is traced to who had it."""

from __future__ import annotations

from pathlib import Path

from django.utils import timezone
from playwright.sync_api import expect

from tests.disclosures import leaving
from tests.disclosures.leaving import AUDITOR, LEADER, OFFICER, cells, in_force, opened
from tests.factories import pupil
from tests.journeys.conftest import Visit
from tests.web.registered import register


def test_a_file_is_asked_for_released_fetched_leaked_and_traced(visit: Visit, tmp_path: Path) -> None:
    leaving.colleagues()
    register(*(pupil(at) for at in range(12)))
    today = timezone.localdate()
    in_force(valid_from=today, valid_until=today)
    officer = visit(OFFICER).go("/exports/new/")
    officer.press("提交放行")
    officer.sees("待放行")
    address = officer.page.url
    leader = visit(LEADER).go(address)
    leader.press("放行")
    leader.sees("已放行")
    # The worker makes it within seconds.
    for _attempt in range(40):
        officer.page.reload()
        if officer.page.get_by_role("button", name="下载加密文件").count():
            break
        officer.page.wait_for_timeout(250)
    with officer.page.expect_download() as download:
        officer.press("下载加密文件")
    rows = cells(opened(Path(download.value.path()).read_bytes()))
    leaked = tmp_path / "群里的名单.csv"
    leaked.write_text("\n".join(",".join(row[:-1]) for row in sorted(rows[2:])), encoding="utf-8")
    auditor = visit(AUDITOR).go("/trace/")
    auditor.page.set_input_files("[name=file]", leaked)
    auditor.press("追查")
    expect(auditor.page.get_by_text("该文件出自")).to_contain_text("合成民政局")
