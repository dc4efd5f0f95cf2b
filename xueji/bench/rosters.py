"""`xueji bench roster`: everything that is promised about the speed of rosters, measured in one run."""

from __future__ import annotations

import contextlib
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.urls import reverse

from xueji.bench import machine, pages, site
from xueji.bench.databases import Filled, Place, Say, prepared
from xueji.bench.visitor import Visitor

PARTS = ("import", "workbook", "pages", "readers", "form")
LAYOUTS = ("national", "short")
WARM_UP_ROWS = 200
# The sheet of a school that takes in many classes: some of its rows have faults to be shown.
WORKBOOK_ROWS = 500


@dataclass(frozen=True)
class Effort:
    """How much is measured. Short measurements are repeated `rounds` times, and the median counts."""

    empty: int = 1_000
    middle: int = 50_000
    rows: int = 20_000
    workbook_rows: int = WORKBOOK_ROWS
    rounds: int = 3
    requests: int = 200
    posts: int = 30
    users: int = 20
    seconds: float = 10.0


# To see that everything runs; the numbers say nothing.
QUICK = Effort(
    empty=500, middle=500, rows=100, workbook_rows=30, rounds=1, requests=5, posts=2, users=2, seconds=0.5
)


@dataclass(frozen=True)
class Sizes:
    """The three registries that are compared: almost empty, of a small city, and the one asked for."""

    empty: Filled
    middle: Filled
    full: Filled

    def distinct(self) -> list[Filled]:
        return list({one.name: one for one in (self.empty, self.middle, self.full)}.values())


def measure(
    place: Place, *, students: int, effort: Effort, parts: Sequence[str], now: datetime, say: Say
) -> dict[str, Any]:
    """Return what docs/benchmarks.md describes, as one object with stable keys."""
    started = time.monotonic()
    today = now.date()
    load_before = machine.load_average()
    sizes = Sizes(
        *(prepared(place, size, today=today, say=say) for size in (effort.empty, effort.middle, students))
    )
    result: dict[str, Any] = {
        "date": now.isoformat(timespec="seconds"),
        "machine": machine.described(place.superuser(sizes.full.name)),
        "students": students,
        "databases": {str(one.students): of_database(one) for one in sizes.distinct()},
    }
    with tempfile.TemporaryDirectory(dir=place.folder) as folder:
        files = {one.name: workbooks(place, one, effort, Path(folder)) for one in sizes.distinct()}
        if "import" in parts:
            result |= imports(place, sizes, files, effort, say)
        with sites(place, sizes, effort, parts) as (ports, people):
            if "workbook" in parts:
                result["workbook"] = workbook(place, sizes, ports, people, files, effort, say)
            if "pages" in parts:
                result["pages"] = lists(sizes, ports, people, effort, say)
            if "form" in parts:
                result["form"] = form(sizes, ports, people, effort, say)
            if "readers" in parts:
                result["readers"] = many(sizes, ports, people, effort, say)
    result["load_average"] = {"before": load_before, "after": machine.load_average()}
    result["seconds"] = round(time.monotonic() - started, 1)
    return result


def of_database(filled: Filled) -> dict[str, Any]:
    return {
        "students": filled.students,
        "megabytes": round(filled.bytes / 1024**2),
        "load_seconds": round(filled.load_seconds, 1),
        "students_per_second": round(filled.students_per_second),
    }


def workbooks(place: Place, filled: Filled, effort: Effort, folder: Path) -> dict[str, str]:
    """Write the workbooks for a database, fitting to its school; return their paths by name."""
    wanted = [("warm_up", "short", min(WARM_UP_ROWS, effort.rows))]
    wanted += [(layout, layout, effort.rows) for layout in LAYOUTS]
    wanted += [(f"small_{n}", "short", effort.workbook_rows) for n in range(effort.rounds + 1)]
    own = folder / filled.name
    own.mkdir()
    job = {"folder": str(own), "wanted": wanted}
    answer: dict[str, str] = json.loads(
        place.run(filled.name, "xueji.bench.child", "workbooks", given=json.dumps(job))
    )
    return answer


# Rosters end to end ---------------------------------------------------------------------------


def imports(
    place: Place, sizes: Sizes, files: dict[str, dict[str, str]], effort: Effort, say: Say
) -> dict[str, Any]:
    """Measure both layouts in each registry, round after round, each beside its own raw rate."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for round_ in range(effort.rounds):
        for filled in sizes.distinct():
            job = {
                "files": files[filled.name],
                "layouts": LAYOUTS,
                "superuser": place.superuser(filled.name),
            }
            for one in json.loads(
                place.run(filled.name, "xueji.bench.child", "import", given=json.dumps(job))
            ):
                found.setdefault((filled.name, one["layout"]), []).append(one)
                say(
                    f"{round_ + 1}/{effort.rounds} {filled.name} {one['layout']}: {one['seconds']:.2f} s,"
                    f" COPY {one['raw_seconds']:.2f} s, {one['ratio']:.2f}"
                )
    by_size = {
        str(filled.students): {layout: median_of(found[filled.name, layout]) for layout in LAYOUTS}
        for filled in sizes.distinct()
    }
    full, empty = by_size[str(sizes.full.students)], by_size[str(sizes.empty.students)]
    return {
        "ratio_end_to_end": full["national"]["ratio"],
        "ratio_end_to_end_short": full["short"]["ratio"],
        "import_slowdown": round(
            empty["national"]["rows_per_second"] / full["national"]["rows_per_second"], 2
        ),
        "imports": by_size,
    }


def median_of(measured: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the rounds as one: medians of ratio, rates and stages, and the highest memory."""

    def median(key: str) -> float:
        return float(statistics.median(one[key] for one in measured))

    return {
        "rows": measured[0]["rows"],
        "ratio": round(median("ratio"), 3),
        "ratios": [one["ratio"] for one in measured],
        "seconds": round(median("seconds"), 3),
        "raw_seconds": round(median("raw_seconds"), 3),
        "rows_per_second": round(median("rows_per_second")),
        "raw_rows_per_second": round(measured[0]["rows"] / median("raw_seconds")),
        "stages": {
            stage: round(statistics.median(one["stages"][stage] for one in measured), 3)
            for stage in measured[0]["stages"]
        },
        "peak_memory_mb": max(one["peak_memory_mb"] for one in measured),
        "reader_memory_mb": max(one["reader_memory_mb"] for one in measured),
    }


# Over HTTP ------------------------------------------------------------------------------------


@contextlib.contextmanager
def sites(
    place: Place, sizes: Sizes, effort: Effort, parts: Sequence[str]
) -> Iterator[tuple[dict[str, int], dict[str, Any]]]:
    """Start a site on the middle and on the full registry at once; yield ports and people by database."""
    compared = {one.name: one for one in (sizes.middle, sizes.full)} if set(parts) - {"import"} else {}
    job = json.dumps({"users": effort.users, "numbers": effort.requests})
    with contextlib.ExitStack() as stack:
        ports = {name: stack.enter_context(site.running(place, name)) for name in compared}
        people = {
            name: json.loads(place.run(name, "xueji.bench.child", "people", given=job)) for name in compared
        }
        yield ports, people


def workbook(
    place: Place,
    sizes: Sizes,
    ports: dict[str, int],
    people: dict[str, Any],
    files: dict[str, dict[str, str]],
    effort: Effort,
    say: Say,
) -> dict[str, Any]:
    """Measure a small workbook through pages and worker: findings seen, and the three acts after them."""
    name, carried = sizes.full.name, []
    for n in range(effort.rounds + 1):
        path = Path(files[name][f"small_{n}"])
        one = pages.carry(ports[name], people[name], path, reverse("roster-new"))
        say(f"{path.name}: {one.findings_seconds:.2f} s, {one.import_seconds:.2f} s")
        carried.append(one)
    # The first one found everything cold.
    carried = carried[1:] or carried
    return {
        "rows": effort.workbook_rows,
        "findings_seconds": round(statistics.median(one.findings_seconds for one in carried), 3),
        "import_seconds": round(statistics.median(one.import_seconds for one in carried), 3),
        "acts": {
            act: round(statistics.median(one.acts[act] for one in carried), 3) for act in carried[0].acts
        },
    }


def lists(
    sizes: Sizes, ports: dict[str, int], people: dict[str, Any], effort: Effort, say: Say
) -> dict[str, Any]:
    """Measure lists and searches of one user, blocks on both registries in turn."""
    blocks = {(name, page): pages.Blocks() for name in ports for page in pages.PAGES}
    for _ in range(effort.rounds):
        for page in pages.PAGES:
            for name, port in ports.items():
                users = pages.users_of(page, people[name], reverse("students"))
                told = pages.read(port, users, count=effort.requests)
                block = blocks[name, page]
                block.milliseconds.append(told["milliseconds"])
                block.errors += told["errors"]
                if told["errors"]:
                    say(told["first_error"])
    return {page: compared(sizes, {name: blocks[name, page] for name in ports}) for page in pages.PAGES}


def compared(sizes: Sizes, blocks: dict[str, pages.Blocks]) -> dict[str, Any]:
    """Return the answers of the full registry, beside those of the middle one."""
    full, middle = blocks[sizes.full.name], blocks[sizes.middle.name]
    return {
        **full.as_json(),
        "compared_with": {"students": sizes.middle.students, **middle.as_json()},
        "growth": round(full.percentile(95) / middle.percentile(95), 2),
    }


def form(
    sizes: Sizes, ports: dict[str, int], people: dict[str, Any], effort: Effort, say: Say
) -> dict[str, Any]:
    """Measure one new pupil through the form, with all checks and the submission."""
    blocks = {name: pages.Blocks() for name in ports}
    for round_ in range(effort.rounds):
        for name, port in ports.items():
            visitor = Visitor(port, people[name]["registrar"])
            taken = pages.enrol(
                visitor,
                reverse("roster-one"),
                people[name],
                count=effort.posts,
                after=round_ * effort.posts,
            )
            blocks[name].milliseconds.append(taken)
    return compared(sizes, blocks)


def many(
    sizes: Sizes, ports: dict[str, int], people: dict[str, Any], effort: Effort, say: Say
) -> dict[str, Any]:
    """Measure many users who read their lists without a pause."""
    name, rounds = sizes.full.name, []
    for _ in range(effort.rounds):
        told = pages.read(
            ports[name], pages.readers(people[name], reverse("students")), seconds=effort.seconds
        )
        if told["errors"]:
            say(told["first_error"])
        rounds.append(told)
    return {
        "users": len(people[name]["readers"]),
        "requests_per_second": round(
            statistics.median(len(one["milliseconds"]) / one["seconds"] for one in rounds), 1
        ),
        "p50_ms": round(statistics.median(pages.percentile(one["milliseconds"], 50) for one in rounds), 1),
        "p95_ms": round(statistics.median(pages.percentile(one["milliseconds"], 95) for one in rounds), 1),
        "errors": sum(one["errors"] for one in rounds),
    }
