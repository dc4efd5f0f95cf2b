"""Several acts begun at the same moment, each in a thread with database sessions of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

from xueji.lib.errors import Refused


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Return what each act answered, all begun at the same moment; a refusal is an answer."""
    barrier = threading.Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)

    def run(at: int, act: Callable[[], Any]) -> None:
        try:
            barrier.wait()
            answers[at] = act()
        except Exception as error:
            answers[at] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(at, act)) for at, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bugs = [answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, Refused)]
    assert not bugs, bugs
    return answers
