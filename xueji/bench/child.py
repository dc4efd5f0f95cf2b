"""What a measurement does inside one database, as a process of its own: `python -m xueji.bench.child WHAT`.

A process of its own has the settings of that database from the start, and its peak
memory is that of the work alone. It reads its job and prints its answer as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def import_(job: dict[str, Any]) -> Any:
    """Measure rosters end to end: after one small roster that warms everything up, each workbook once."""
    from django.utils import timezone

    from xueji.bench import end_to_end, subjects

    today = timezone.localdate()
    school = subjects.school_for_rosters(today)
    measured = [
        end_to_end.measure(
            Path(job["files"][layout]), school=school, layout=name, today=today, superuser=job["superuser"]
        )
        for layout, name in [("warm_up", "short"), *((name, name) for name in job["layouts"])]
    ]
    for one in measured[1:]:
        one.reader_memory_mb = end_to_end.reader_memory_mb(Path(job["files"][one.layout]))
    return [end_to_end.as_json(one) for one in measured[1:]]


def workbooks(job: dict[str, Any]) -> Any:
    """Write the workbooks to measure with into the folder; return their paths."""
    from django.utils import timezone

    from xueji.bench import subjects
    from xueji.bench.workbooks import pupils, workbook
    from xueji.lib.school_years import school_year

    today = timezone.localdate()
    school = subjects.school_for_rosters(today)
    classes = subjects.new_classes(school, today)
    files = {}
    for seed, (name, layout, rows) in enumerate(job["wanted"]):
        drawn = pupils(
            rows, seed=seed, entry_year=school_year(today), classes=classes, identifier=school.identifier
        )
        path = Path(job["folder"]) / f"{name}.xlsx"
        path.write_bytes(workbook(drawn, layout=layout))
        files[name] = str(path)
    return files


def people(job: dict[str, Any]) -> Any:
    """Return who reads which pages in this database."""
    from django.utils import timezone

    from xueji.bench import subjects

    return subjects.people(today=timezone.localdate(), users=job["users"], numbers=job["numbers"])


def changes(job: dict[str, Any]) -> Any:
    """Make cases ready to be measured: transfers with their papers, cases on desks, a full inbox."""
    from xueji.bench import transfers

    return transfers.prepare(job)


def whole_transfers(job: dict[str, Any]) -> Any:
    """Carry transfers from filing to effect; return how many in how many seconds."""
    from xueji.bench import transfers

    return transfers.rate(job)


def promotion(job: dict[str, Any]) -> Any:
    """Promote the nation of this database."""
    from xueji.bench import transfers

    return transfers.promoted()


JOBS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "import": import_,
    "workbooks": workbooks,
    "people": people,
    "changes": changes,
    "transfers": whole_transfers,
    "promotion": promotion,
}


def main(what: str) -> None:
    import django

    django.setup()
    json.dump(JOBS[what](json.load(sys.stdin)), sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main(sys.argv[1])
