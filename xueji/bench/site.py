"""Web server and worker as `xueji run` starts them, on a database of the measurement."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from xueji.bench.databases import ChildFailed, Place
from xueji.config.environment import REPOSITORY

SECONDS_TO_START = 120
HOST = "127.0.0.1"


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(place: Place, name: str) -> Iterator[int]:
    """Start web and worker, yield their port once it answers, and end them."""
    port = free_port()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            [
                sys.executable,
                "-X",
                "utf8",
                "-m",
                "xueji.config.command",
                "run",
                "--no-demo",
                "--port",
                str(port),
            ],
            cwd=REPOSITORY,
            env=place.environment(name),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + SECONDS_TO_START
            while not _said(output, "Ctrl-C"):
                if process.poll() is not None or time.monotonic() > deadline:
                    output.seek(0)
                    words = output.read()[-2000:]
                    raise ChildFailed(f"网站没有启动：{words}", "The site did not start.")
                time.sleep(0.1)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _said(output: object, word: str) -> bool:
    output.seek(0)  # type: ignore[attr-defined]
    return word in output.read()  # type: ignore[attr-defined]
