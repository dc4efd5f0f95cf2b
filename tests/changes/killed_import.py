"""A process that imports a roster and carries it over all desks, made to be killed on its way.

Says `ready`, waits for a line with a job, says the process id of its database session,
then works and says every stage it comes to. Started by test_kill.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import django


def main() -> None:
    django.setup()
    from django.db import connections

    from tests.changes import whole_import
    from tests.changes.rosters_as_csv import as_csv, child
    from tests.factories import TODAY, school
    from xueji.changes.actions import rosters

    # What is loaded and connected at the first use only must not take the time of the import.
    rosters.check_file(as_csv([child(0)]), file_name="a.csv", school=school(), today=TODAY)
    connections["default"].ensure_connection()
    print("ready", flush=True)
    job: dict[str, Any] = json.loads(sys.stdin.readline())
    print(connections["national"].connection.info.backend_pid, flush=True)

    def report(stage: str, done: int, total: int) -> None:
        print(stage, flush=True)

    whole_import.carry_over(
        Path(job["path"]).read_bytes(), name=job["name"], identifier=job["school"], report=report
    )


if __name__ == "__main__":
    main()
