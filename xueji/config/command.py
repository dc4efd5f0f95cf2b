"""The command line `xueji`: Django's management commands, with the embedded server held while they run."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from xueji.config import database, embedded, environment, keys
from xueji.lib.errors import Refused

OLDEST_PYTHON = (3, 11)
UNUSABLE = 2

# These look at files only; starting a server for them would be a waste.
WITHOUT_DATABASE = frozenset(
    {"help", "version", "collectstatic", "findstatic", "compile_messages", "extract_messages"}
)
# These start what they need themselves, after their own checks.
OWN_START = frozenset({"run", "web", "worker"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    What a person can mend is one sentence in Chinese and English on stderr and status 2.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if sys.version_info < OLDEST_PYTHON:
        return fail("需要 Python 3.11 或更高版本。 Python 3.11 or newer is needed.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xueji.config.settings")
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    try:
        return _run(given)
    except Refused as refusal:
        return fail(f"{refusal.zh} {refusal.en}")
    except (embedded.ServerUnusable, environment.WrongEnvironment, keys.KeysMissing) as error:
        return fail(str(error))
    except KeyboardInterrupt:
        return 130


def fail(sentence: str) -> int:
    """Say why nothing was done, and return the status for it."""
    print(sentence, file=sys.stderr)
    return UNUSABLE


def prepare(server: embedded.Server) -> None:
    """Make roles and database on the embedded server where they are missing."""
    database.ensure_roles(server.url())


def _leave(number: int, frame: FrameType | None) -> None:
    # As an exception, so that whatever is held is let go on the way out.
    raise SystemExit(128 + number)


def _run(given: list[str]) -> int:
    name = given[0] if given else "help"
    if name in OWN_START:
        from xueji.config import serving

        return serving.main(name, given[1:])
    # `roster-check` and `roster_check` are the same command.
    words = [name.replace("-", "_") if not name.startswith("-") else name, *given[1:]]
    if environment.text("DATABASE_URL") or not _needs_database(words):
        return _execute(words)
    with embedded.hold(environment.var()) as server:
        prepare(server)
        return _execute(words)


def _needs_database(words: list[str]) -> bool:
    if words[:2] == ["audit", "verify"]:
        # An exported log is checked on any machine, by anybody.
        return "--live" in words
    if words[0] == "scan_numbers":
        return "--live" in words
    return words[0] not in WITHOUT_DATABASE and not words[0].startswith("-")


def _execute(words: list[str]) -> int:
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(["xueji", *words])
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
