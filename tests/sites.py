"""The registry as a user meets it: started by its own command line, looked at with a browser."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from xueji.config.environment import REPOSITORY

SECONDS_TO_START = 180


def chromium() -> str | None:
    """Return the path of the machine's browser, or None."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, filter(None, names)) if path), None)


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(environment: dict[str, str], *options: str) -> Iterator[str]:
    """Start web and worker, yield their address once it answers, and end them."""
    port = free_port()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "xueji.config.command", "run", "--no-demo", "--port", str(port), *options],
            cwd=REPOSITORY,
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for_greeting(process, output)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _wait_for_greeting(process: subprocess.Popen, output) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        output.seek(0)
        words = output.read()
        if "Ctrl-C" in words:
            return
        assert process.poll() is None, words
        time.sleep(0.1)
    raise AssertionError(f"the site did not start:\n{words}")
