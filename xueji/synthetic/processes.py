"""Processes that draw and write the counties of a large nation, fed one county at a time.

`python -m xueji.synthetic.processes` reads jobs from its input and answers on its output.
Django is set up there before anything that needs it is imported, so this module imports
none of it at its top.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import IO, Any

from xueji.synthetic.records import Keys
from xueji.synthetic.rules.nation import PlannedCounty

Job = tuple[PlannedCounty, Keys, int, int]


class ProcessLost(RuntimeError):
    """A drawing process ended before its work was done; what it said stands on stderr."""


def drawn_by(
    processes: int, jobs: Iterable[Job], door: dict[str, Any]
) -> Generator[Counter[str], None, None]:
    """Yield what was counted in each county, in the order of the jobs, drawn by several processes.

    `door` are the connection parameters of the national role. Raises ProcessLost.
    """
    children = [_start(door) for _ in range(processes)]
    idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
    for child in children:
        idle.put(child)

    def work(job: Job) -> Counter[str]:
        child = idle.get()
        try:
            return _ask(child, job)
        finally:
            idle.put(child)

    threads = ThreadPoolExecutor(processes)
    try:
        yield from threads.map(work, jobs)
    finally:
        threads.shutdown(cancel_futures=True)
        for child in children:
            child.communicate()


def _start(door: dict[str, Any]) -> subprocess.Popen[bytes]:
    # Each process draws alone: threads of its own would only take the others' cores.
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}
    child = subprocess.Popen(
        [sys.executable, "-X", "utf8", "-m", "xueji.synthetic.processes"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        # Ctrl-C is ours to answer; a child ends when its input does.
        start_new_session=True,
    )
    _send(child.stdin, door)
    return child


def _ask(child: subprocess.Popen[bytes], job: Job) -> Counter[str]:
    try:
        _send(child.stdin, job)
        assert child.stdout is not None  # noqa: S101 - a pipe was asked for
        answer: Counter[str] = pickle.load(child.stdout)  # noqa: S301 - our own child's pipe
    except (EOFError, BrokenPipeError) as error:
        raise ProcessLost("a process that draws the synthetic nation has ended") from error
    return answer


def _send(pipe: IO[bytes] | None, message: object) -> None:
    assert pipe is not None  # noqa: S101 - a pipe was asked for
    pickle.dump(message, pipe)
    pipe.flush()


def _serve() -> None:
    """Answer jobs until there are no more."""
    import django

    django.setup()
    from django.db import connections

    from xueji.access.scope import national
    from xueji.synthetic.actions import write_county

    connections["national"].settings_dict.update(pickle.load(sys.stdin.buffer))  # noqa: S301
    while True:
        try:
            county, keys, seed, school_year = pickle.load(sys.stdin.buffer)  # noqa: S301
        except EOFError:
            return
        with national("synthetic") as using:
            with connections[using].cursor() as cursor:
                # A load that is lost with the machine is begun anew anyhow.
                cursor.execute("SET LOCAL synchronous_commit = off")
            counts = write_county(county, keys, seed, school_year, using)
        _send(sys.stdout.buffer, counts)


if __name__ == "__main__":
    _serve()
