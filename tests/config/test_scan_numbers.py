"""What a registry keeps, dumps and logs holds no identity number in the clear, and the scanner would see one."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from tests.databases import Cleaner
from tests.factories import TODAY, actor, pupil, school
from tests.web.registered import LEADER, as_, one_called, register
from xueji.changes.actions import rosters
from xueji.changes.rules.roster_columns import BY_KEY

pytestmark = pytest.mark.usefixtures("db")


def scanned(*arguments: str) -> tuple[int, str]:
    said = io.StringIO()
    try:
        call_command("scan_numbers", *arguments, stdout=said)
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


def test_the_database_with_its_jobs_and_the_log_hold_no_number(cleaner: Cleaner, tmp_path: Path) -> None:
    children = [pupil(n, name=f"合成{sign}") for n, sign in enumerate("乙丙丁", 1)]
    register(*children)
    as_(LEADER).get(f"/pupils/{one_called('合成乙').pk}/")
    # One that is still on its way, with an upload that waits for its check, and a search by number.
    keys = sorted({key for one in children for key in one})
    lines = [",".join(BY_KEY[key].column.header_zh for key in keys)]
    lines += [",".join(one.get(key, "") for key in keys) for one in children]
    batch, _ = rosters.receive(
        "\n".join(lines).encode(), file_name="新生.csv", school=school("2133000001"), by=actor("r2133000001")
    )
    rosters.check_batch(batch.id, today=TODAY)
    number = next(value for value in children[0].values() if len(value) == 18 and value.startswith("330"))
    as_(LEADER).get("/pupils/", {"q": number})
    code, said = scanned("--live")
    assert code == 0, said
    log = Path(settings.VAR) / "pg" / "server.log"
    code, said = scanned(str(log))
    assert code == 0, said
    # The scanner is not blind: the same number anywhere is seen.
    cleaner.connection.execute(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('q', 't', jsonb_build_object('n', %s::text))",
        [number],
    )
    code, said = scanned("--live")
    assert code == 1
    assert "procrastinate_jobs: 330902************" in said
    assert number not in said


def test_files_and_folders_are_looked_through(tmp_path: Path) -> None:
    number = next(value for value in pupil(1).values() if len(value) == 18 and value.startswith("330"))
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "job.log").write_text(f"checked {number}\n")
    (tmp_path / "clean.log").write_text("checked 330902********002X\n")
    assert scanned(str(tmp_path))[0] == 1
    assert scanned(str(tmp_path / "clean.log"))[0] == 0
