"""`xueji bench changes`: whole transfers, decisions over HTTP, a full inbox and a promotion, measured in one run."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from xueji.bench import machine, pages, site
from xueji.bench.databases import Filled, Place, Say, prepared
from xueji.bench.visitor import Visitor

PARTS = ("transfers", "decisions", "inbox", "promotion")


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    middle: int = 50_000
    processes: int = 2
    transfers: int = 400  # in each process
    warm_up: int = 20
    decisions: int = 300  # of one user
    users: int = 20
    decisions_each: int = 25  # of each of many users
    open_cases: int = 5_000
    requests: int = 200


# To see that everything runs; the numbers say nothing.
QUICK = Effort(
    middle=1_500, transfers=2, warm_up=1, decisions=2, users=2, decisions_each=1, open_cases=20, requests=5
)


def measure(
    place: Place, *, students: int, effort: Effort, parts: Sequence[str], now: datetime, say: Say
) -> dict[str, Any]:
    """Return what docs/benchmarks.md describes, as one object with stable keys."""
    started = time.monotonic()
    load_before = machine.load_average()
    middle, full = (prepared(place, size, today=now.date(), say=say) for size in (effort.middle, students))
    by_size = {
        str(one.students): of_one(place, one, effort, parts, say)
        for one in {filled.name: filled for filled in (middle, full)}.values()
    }
    large, small = by_size[str(full.students)], by_size[str(middle.students)]
    return {
        "date": now.isoformat(timespec="seconds"),
        "machine": machine.described(place.superuser(full.name)),
        "students": students,
        **{key: value for key, value in large.items() if key != "details"},
        "growth": {key: growth(key, large, small, full, middle) for key in large if key in COMPARED},
        "compared_with": {"students": middle.students, **small},
        "details": large["details"],
        "load_average": {"before": load_before, "after": machine.load_average()},
        "seconds": round(time.monotonic() - started, 1),
    }


COMPARED = (
    "transfers_per_second", "decision_p95_ms", "decision_p95_ms_20_users", "inbox_p95_ms", "list_p95_ms",
    "promotion_seconds",
)  # fmt: skip


def growth(key: str, large: dict[str, Any], small: dict[str, Any], full: Filled, middle: Filled) -> float:
    """Return how much slower a figure is in the full registry; seconds of a promotion by pupil."""
    if key == "transfers_per_second":
        return float(round(small[key] / large[key], 2))
    of = middle.students / full.students if key == "promotion_seconds" else 1.0
    return float(round(large[key] * of / small[key], 2))


def of_one(place: Place, filled: Filled, effort: Effort, parts: Sequence[str], say: Say) -> dict[str, Any]:
    """Measure one registry; the promotion last, because it changes every grade."""
    figures: dict[str, Any] = {"details": {}}
    wanted = effort.processes * (effort.transfers + effort.warm_up)
    decided = effort.decisions + effort.users * effort.decisions_each
    job = {
        "transfers": wanted if "transfers" in parts else 0,
        "decisions": decided if "decisions" in parts else 0,
        "users": effort.users,
        "open_cases": effort.open_cases if "inbox" in parts else 0,
    }
    ready = json.loads(place.run(filled.name, "xueji.bench.child", "changes", given=json.dumps(job)))
    if "transfers" in parts:
        figures["transfers_per_second"] = transfers(place, filled, effort, ready)
        say(f"{filled.name}: {figures['transfers_per_second']} 件转学/s transfers/s")
    if {"decisions", "inbox"} & set(parts):
        with site.running(place, filled.name) as port:
            if "decisions" in parts:
                figures |= decisions(port, ready, effort)
                say(f"{filled.name}: decisions {figures}")
            if "inbox" in parts:
                figures["inbox_p95_ms"] = page(port, ready, effort, reverse("inbox"))
                figures["list_p95_ms"] = page(port, ready, effort, reverse("changes"))
                say(f"{filled.name}: inbox, list p95 {figures['inbox_p95_ms']}, {figures['list_p95_ms']} ms")
    if "promotion" in parts:
        told = json.loads(place.run(filled.name, "xueji.bench.child", "promotion", given="{}"))
        figures["promotion_seconds"] = round(told["seconds"], 2)
        figures["promotion_ratio"] = round(told["raw_seconds"] / told["seconds"], 2)
        figures["details"] |= {"promotion": told}
        say(f"{filled.name}: promotion {told}")
    return figures


def transfers(place: Place, filled: Filled, effort: Effort, ready: dict[str, Any]) -> float:
    """Return whole transfers a second of all processes together."""
    each = effort.transfers + effort.warm_up
    jobs = [
        {
            "today": ready["today"],
            "moves": ready["moves"][n * each : (n + 1) * each],
            "warm_up": effort.warm_up,
        }
        for n in range(effort.processes)
    ]
    with ThreadPoolExecutor(effort.processes) as pool:
        told = list(
            pool.map(
                lambda job: json.loads(
                    place.run(filled.name, "xueji.bench.child", "transfers", given=json.dumps(job))
                ),
                jobs,
            )
        )
    return float(round(sum(one["transfers"] / one["seconds"] for one in told), 1))


def decisions(port: int, ready: dict[str, Any], effort: Effort) -> dict[str, float]:
    """Return p95 of one approval over HTTP, by one user and by many at once without pause."""
    one, *rest = split(ready["decisions"], [effort.decisions, *[effort.decisions_each] * effort.users])
    taken = approve(port, one, ready["cookies"])
    many: list[list[float]] = [[] for _ in rest]

    def work(n: int) -> None:
        many[n] = approve(port, rest[n], ready["cookies"])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(len(rest))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "decision_p95_ms": round(pages.percentile(taken, 95), 1),
        "decision_p95_ms_20_users": round(pages.percentile([value for own in many for value in own], 95), 1),
    }


def split(items: list[Any], sizes: Sequence[int]) -> list[list[Any]]:
    """Return the items in parts of these sizes, one after the other."""
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    return [items[end - size : end] for size, end in zip(sizes, ends, strict=True)]


def approve(port: int, cases: list[list[Any]], cookies: dict[str, str]) -> list[float]:
    """Approve cases one after the other, each at its desk; return the milliseconds of each. Raises Unexpected."""
    visitors: dict[str, Visitor] = {}
    taken = []
    for case_id, who, version in cases:
        visitor = visitors.setdefault(who, Visitor(port, cookies[who]))
        answer = visitor.post(
            reverse("change-decide", args=[case_id]), {"act": "approve", "version": str(version)}
        )
        taken.append(answer.seconds * 1000)
    # The first ones found everything cold.
    return taken[min(5, len(taken) - 1) :]


def page(port: int, ready: dict[str, Any], effort: Effort, address: str) -> float:
    """Return p95 of a page of the county with the open cases, in milliseconds."""
    visitor = Visitor(port, ready["county"])
    taken = [visitor.get(address).seconds * 1000 for _ in range(effort.requests)]
    return round(statistics.median(pages.percentile(block, 95) for block in blocks(taken)), 1)


def blocks(values: list[float]) -> list[list[float]]:
    """Return values in three blocks, so that one disturbance does not decide; few stay together."""
    third = len(values) // 3
    return [values[:third], values[third : 2 * third], values[2 * third :]] if third else [values]


@dataclass(frozen=True)
class Line:
    """A row of the table of results."""

    key: str
    words: str
    limit: float
    is_least: bool
    unit: str


PROMISED = (
    Line("transfers_per_second", "整件转学 whole transfers", 80, True, "/s"),
    Line("decision_p95_ms", "一次办理 one decision, p95", 40, False, "ms"),
    Line("decision_p95_ms_20_users", "20 人同时办理 decisions of 20 users, p95", 150, False, "ms"),
    Line("inbox_p95_ms", "5,000 件在办的待办 inbox with 5,000 open cases, p95", 80, False, "ms"),
    Line("list_p95_ms", "5,000 件在办的列表 list of 5,000 open cases, p95", 80, False, "ms"),
    Line("promotion_seconds", "全国升级 promotion of the nation", 60, False, "s"),
    Line("promotion_ratio", "升级 / 裸写 promotion / raw writes", 0.3, True, ""),
)


def lines(result: dict[str, Any]) -> list[str]:
    """Return the result as a table to read."""
    on = result["machine"]
    said = [
        f"{result['date']}  {on['cores']} × {on['cpu']}, {on['memory_gb']} GB; {result['students']:,} 名学生 pupils",
        "",
    ]
    for line in PROMISED:
        if line.key in result:
            value = result[line.key]
            is_kept = value >= line.limit if line.is_least else value <= line.limit
            grown = f"  × {result['growth'][line.key]}" if line.key in result["growth"] else ""
            sign = "≥" if line.is_least else "≤"
            said.append(
                f"{'✓' if is_kept else '✗'} {value:>9,.2f} {line.unit:<2} ({sign} {line.limit:g})  {line.words}{grown}"
            )
    return said
