"""Readers of pages: a process of its own that asks by plain http.client and notes how long each answer took.

`python -m xueji.bench.load` reads a Load as JSON and prints what came of it as JSON. It
imports nothing of the registry, so that it costs the machine as little as a browser's
network does.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from typing import Any

SECONDS_TO_ANSWER = 30


def read(user: dict[str, Any], load: dict[str, Any], begin: threading.Barrier, told: dict[str, Any]) -> None:
    """Ask for one user's pages one after the other over one connection: `count` times, or for `seconds`."""
    connection = http.client.HTTPConnection(load["host"], load["port"], timeout=SECONDS_TO_ANSWER)
    headers = {"Cookie": user["cookie"], "Accept": "text/html"}
    paths, expected = user["paths"], load["expected"].encode()
    taken: list[float] = []
    errors: list[str] = []

    def ask(path: str) -> float:
        started = time.perf_counter()
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            body = response.read()
            if response.status != 200 or expected not in body:
                errors.append(f"{path}: {response.status}, {len(body)} bytes")
        except (OSError, http.client.HTTPException) as error:
            errors.append(f"{path}: {error!r}")
            connection.close()
        return time.perf_counter() - started

    for at in range(load["warm_up"]):
        ask(paths[-1 - at % len(paths)])
    errors.clear()
    begin.wait()
    deadline = time.perf_counter() + (load["seconds"] or float("inf"))
    at = 0
    while time.perf_counter() < deadline and (load["seconds"] or at < load["count"]):
        taken.append(ask(paths[at % len(paths)]))
        at += 1
    connection.close()
    told["taken"], told["errors"] = taken, errors


def run(load: dict[str, Any]) -> dict[str, Any]:
    """Let all users read at once; return milliseconds of every answer, errors, and seconds in all."""
    told: list[dict[str, Any]] = [{} for _ in load["users"]]
    begin = threading.Barrier(len(told) + 1)
    threads = [
        threading.Thread(target=read, args=(user, load, begin, mine))
        for user, mine in zip(load["users"], told, strict=True)
    ]
    for thread in threads:
        thread.start()
    begin.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    errors = [error for mine in told for error in mine["errors"]]
    return {
        "milliseconds": [second * 1000 for mine in told for second in mine["taken"]],
        "seconds": time.perf_counter() - started,
        "errors": len(errors),
        "first_error": errors[0] if errors else "",
    }


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
