"""Pages over HTTP: lists and searches, many readers, a pupil through the form, a small workbook."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from xueji.bench.databases import ChildFailed
from xueji.bench.site import HOST
from xueji.bench.visitor import Unexpected, Visitor
from xueji.bench.workbooks import pupils
from xueji.config.environment import REPOSITORY

LIST, FREQUENT, RARE, NUMBER = "list", "search_frequent", "search_rare", "number"
PAGES = (LIST, FREQUENT, RARE, NUMBER)
# What every list with somebody on it contains.
A_ROW = "<tr data-row>"
WARM_UP = 20
PAUSE = re.compile(r'hx-trigger="every (\d+)(m?s)"')
SECONDS_TO_CHECK = 120
# Seeds of pupils by purpose, so that none comes twice.
SEED_OF_FORM = 40


@dataclass
class Blocks:
    """Answers of one page, in blocks that alternate with other measurements."""

    milliseconds: list[list[float]] = field(default_factory=list)
    errors: int = 0

    def percentile(self, share: int) -> float:
        """Return the median of the blocks' percentiles: one disturbed block does not decide."""
        return statistics.median(percentile(block, share) for block in self.milliseconds)

    def as_json(self) -> dict[str, Any]:
        return {
            "p50_ms": round(self.percentile(50), 1),
            "p95_ms": round(self.percentile(95), 1),
            "requests": sum(map(len, self.milliseconds)),
            "errors": self.errors,
        }


def percentile(values: list[float], share: int) -> float:
    """Return the smallest value that `share` percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def read(port: int, users: list[dict[str, Any]], *, count: int = 0, seconds: float = 0.0) -> dict[str, Any]:
    """Let users read their pages, by a process of its own; see `load`."""
    load = {
        "host": HOST,
        "port": port,
        "users": users,
        "count": count,
        "seconds": seconds,
        "warm_up": WARM_UP if len(users) == 1 else 2,
        "expected": A_ROW,
    }
    done = subprocess.run(
        [sys.executable, "-m", "xueji.bench.load"],
        input=json.dumps(load),
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    if done.returncode:
        raise ChildFailed(
            f"读取网页的进程未成功：{done.stderr.strip()[-2000:]}", "The process that reads pages failed."
        )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def users_of(page: str, people: dict[str, Any], address: str) -> list[dict[str, Any]]:
    """Return the one user of a page, with the addresses to ask for in turn."""
    terms = {
        LIST: [""],
        FREQUENT: [people["frequent"]],
        RARE: people["rare"],
        NUMBER: people["numbers"],
    }[page]
    cookie = people["readers"][0] if page == LIST else people["county"]
    return [
        {"cookie": cookie, "paths": [f"{address}?q={quote(term)}" if term else address for term in terms]}
    ]


def readers(people: dict[str, Any], address: str) -> list[dict[str, Any]]:
    """Return registrars of different schools, each reading the own list."""
    return [{"cookie": cookie, "paths": [address]} for cookie in people["readers"]]


def enrol(visitor: Visitor, address: str, people: dict[str, Any], *, count: int, after: int) -> list[float]:
    """Send pupils through the form, one by one; return the milliseconds of each sending.

    `after` are already registered from the same seed.
    """
    drawn = list(
        pupils(
            after + count,
            seed=SEED_OF_FORM,
            entry_year=people["entry_year"],
            classes=people["classes"],
            identifier=people["identifier"],
        )
    )[after:]
    visitor.get(address)
    taken = []
    for pupil in drawn:
        answer = visitor.post(address, USUAL | {key: pupil[key] for key in FORM_FIELDS})
        taken.append(answer.seconds * 1000)
    return taken


FORM_FIELDS = (
    "name", "document_number", "class_number", "entered_on", "entry_mode", "study_mode", "present_address",
    "phone", "member1_name", "member1_relation", "member1_phone", "member1_is_guardian",
)  # fmt: skip
# What the form shows chosen.
USUAL = {"document_type": "1", "nationality": "CHN", "ethnicity": "01", "overseas": "00"}


@dataclass(frozen=True)
class Carried:
    """A workbook through the pages: seconds until its findings were seen, and of the three acts after it."""

    findings_seconds: float
    import_seconds: float
    acts: dict[str, float]


def carry(port: int, people: dict[str, Any], workbook: Path, address: str) -> Carried:
    """Upload a workbook, look at its progress as often as the page itself does, submit and approve it twice.

    `import_seconds` is the sending of the registering approval and of all acts before it,
    without the reading of people. Raises Unexpected unless the roster is registered.
    """
    registrar, leader, officer = (Visitor(port, people[role]) for role in ("registrar", "leader", "officer"))
    registrar.get(address)
    started = time.perf_counter()
    page = registrar.upload(address, workbook.name, workbook.read_bytes())
    batch = page.location
    seen = registrar.get(batch)
    while 'id="progress"' in seen.text:
        if time.perf_counter() - started > SECONDS_TO_CHECK:
            raise Unexpected("the worker did not check the workbook")
        time.sleep(pause_of(seen.text))
        progress = registrar.get(f"{batch}progress")
        seen = progress if 'id="progress"' in progress.text else registrar.get(batch)
    findings_seconds = time.perf_counter() - started
    acts = {"submit": registrar.post(f"{batch}submit", seen.hidden("submit")).seconds}
    for name, visitor in (("leader", leader), ("register", officer)):
        form = visitor.get(batch).hidden("decide")
        answer = visitor.post(f"{batch}decide", {**form, "act": "approve", "confirmed": "yes"})
        acts[name] = answer.seconds
    return Carried(findings_seconds, sum(acts.values()), acts)


def pause_of(page: str) -> float:
    """Return after how many seconds the page asks again for the progress."""
    found = PAUSE.search(page)
    if found is None:
        raise Unexpected("the page does not say when it asks again")
    return int(found[1]) / (1000 if found[2] == "ms" else 1)
