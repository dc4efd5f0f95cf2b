"""Keeps a few child processes alive, and ends all of them together."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType

SECONDS_TO_END = 8.0
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
# A child that lived this long was well: its next death starts again with the first pause.
SECONDS_OF_HEALTH = 60.0
PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A program that should run all the time."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    pause: float = FIRST_PAUSE
    deaths: int = field(default=0)


class Supervisor:
    """Starts the children, restarts those that die, and ends them on SIGINT, SIGTERM or SIGHUP."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = list(children)
        self.say = say
        self.ending = threading.Event()

    def run(self, when_started: Callable[[], None] | None = None) -> None:
        """Return when everything has ended. `when_started` runs beside the children, once."""
        handlers = {
            number: signal.signal(number, self._end)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            for child in self.children:
                self._start(child)
            if when_started is not None:
                threading.Thread(target=when_started, daemon=True).start()
            while not self.ending.wait(0.2):
                for child in self.children:
                    self._look_after(child)
        finally:
            self._end_all()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.ending.set()

    def _start(self, child: Child) -> None:
        # A session of its own: Ctrl-C in the terminal reaches us only, and we end all in order.
        child.process = subprocess.Popen(
            list(child.command),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, prepared before the fork
        )
        child.started_at = time.monotonic()

    def _look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                self._start(child)
            return
        status = child.process.poll()
        if status is None:
            return
        self._sweep(child.process)
        child.process = None
        child.deaths += 1
        child.pause = (
            FIRST_PAUSE if now - child.started_at > SECONDS_OF_HEALTH else min(child.pause * 2, LONGEST_PAUSE)
        )
        child.start_at = now + child.pause
        self.say(
            f"{child.name} 意外结束（状态 {status}），{child.pause:.0f} 秒后重新启动。 "
            f"{child.name} ended unexpectedly (status {status}); starting again in {child.pause:.0f} s."
        )

    def _end_all(self) -> None:
        alive = [child.process for child in self.children if child.process is not None]
        for process in alive:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + SECONDS_TO_END
        for process in alive:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            self._sweep(process)
            process.wait()

    def _sweep(self, process: subprocess.Popen[bytes]) -> None:
        """End what is left of the child's session: its own children would keep port and locks."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


SYSTEM = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """Let the kernel end the child when the supervisor is killed outright (Linux)."""
    if SYSTEM is not None:
        SYSTEM.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
