"""`xueji run`, `xueji web` and `xueji worker`: everything under one supervisor, or one part each."""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xueji.config import command, embedded, environment, supervisor

BYTES_NEEDED = 2 * 1024**3
SECONDS_TO_ANSWER = 60
# Jobs under way get this long to end by themselves; the rest is taken up after the next start.
SECONDS_FOR_JOBS = 5


class CannotStart(Exception):
    """Something outside the registry stands in the way; the message is one sentence in both languages."""


def main(name: str, arguments: Sequence[str]) -> int:
    """Run `run`, `web` or `worker` until it is told to end; return the exit status."""
    options = options_of(name, arguments)
    # The children find the registry wherever they are started from.
    if name == "run":
        # The sealing worker is one of the parts, so the others may insist on it.
        os.environ.setdefault("XUEJI_SEALING", "1")
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(environment.REPOSITORY), os.environ.get("PYTHONPATH", "")])
    )
    try:
        if name != "worker":
            check_port(options.host, options.port)
        check_folder(environment.var())
        with contextlib.ExitStack() as stack:
            if not environment.text("DATABASE_URL"):
                command.prepare(stack.enter_context(embedded.hold(environment.var())))
            _serve(name, options)
    except CannotStart as reason:
        return command.fail(str(reason))
    return 0


def check_port(host: str, port: int) -> None:
    """Raise CannotStart when nothing can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CannotStart(
                    f"端口 {port} 已被占用：请先停止占用它的程序，或换一个端口（make run PORT={port + 1}）。 "
                    f"Port {port} is in use: stop what uses it, or choose another "
                    f"(make run PORT={port + 1})."
                ) from None
            raise CannotStart(
                f"不能使用 {host}:{port}：{error.strerror}。 "
                f"Cannot listen on {host}:{port}: {error.strerror}."
            ) from None


def check_folder(var: Path) -> None:
    """Raise CannotStart when the folder cannot be written or its disk is nearly full."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=var):
            pass
    except OSError as error:
        raise CannotStart(
            f"不能写入 {var}：{error.strerror}。请更改目录权限，或用 XUEJI_VAR 指定其他目录。 "
            f"Cannot write to {var}: {error.strerror}. "
            "Change its permissions, or name another folder in XUEJI_VAR."
        ) from None
    free = shutil.disk_usage(var).free
    if free < BYTES_NEEDED:
        raise CannotStart(
            f"磁盘空间不足：{var} 所在磁盘仅剩 {free / 1024**3:.1f} GB，至少需要 2 GB。 "
            f"The disk of {var} is nearly full: {free / 1024**3:.1f} GB left, 2 GB needed."
        )


def options_of(name: str, arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of `run`, `web` or `worker`; their defaults come from the environment."""
    parser = argparse.ArgumentParser(prog=f"xueji {name}", allow_abbrev=False)
    cores = os.cpu_count() or 2
    if name in {"run", "web"}:
        parser.add_argument("--host", default=environment.text("XUEJI_ADDRESS", "127.0.0.1"))
        parser.add_argument("--port", type=int, default=environment.number("PORT", 8000))
        workers = environment.number("XUEJI_WEB_WORKERS", max(2, cores))
        parser.add_argument("--workers", type=int, default=workers, help="web processes")
        threads = environment.number("XUEJI_WEB_THREADS", 4)
        parser.add_argument("--threads", type=int, default=threads, help="threads of each")
    if name in {"run", "worker"}:
        jobs = environment.number("XUEJI_JOBS", 2)
        parser.add_argument("--jobs", type=int, default=jobs, help="jobs done at a time")
    if name == "run":
        parser.add_argument("--no-demo", action="store_true", help="do not load the synthetic nation")
    return parser.parse_args(list(arguments))


def _serve(name: str, options: argparse.Namespace) -> None:
    import django

    django.setup()
    _refuse_unsafe_start()
    if name == "run":
        _migrate()
        load_nation(options)
    if name != "worker":
        _translate()
        _collect_static()
    children = []
    if name != "worker":
        children.append(supervisor.Child("web", _web(options)))
    if name != "web":
        children.append(supervisor.Child("worker", _worker(options)))
    if name == "run":
        children.append(supervisor.Child("sealer", _sealer()))
    supervisor.Supervisor(children, _say).run(
        when_started=(lambda: _greet(name, options)) if name != "worker" else None
    )


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _refuse_unsafe_start() -> None:
    """Raise CannotStart with the first thing that must be put right before anything is served."""
    from django.conf import settings
    from django.core.checks import Tags, run_checks

    found = run_checks(tags=[Tags.security], include_deployment_checks=False)
    if settings.PRODUCTION:
        found += run_checks(tags=[Tags.database], databases=["default", "national"])
    errors = [message for message in found if message.is_serious()]
    if errors:
        raise CannotStart("\n".join(str(message.msg) for message in errors))


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        _say("正在准备数据库…… Preparing the database …")
        call_command("migrate", database="owner", verbosity=0, interactive=False)
    connections.close_all()


def load_nation(options: argparse.Namespace) -> None:
    """Load the synthetic nation into an empty demonstration; never touch one that has schools or accounts."""
    from django.apps import apps
    from django.conf import settings
    from django.db import connections

    if options.no_demo or settings.PRODUCTION:
        return
    people = [apps.get_model("organisations", "School"), apps.get_model("access", "Account")]
    is_empty = not any(model._base_manager.using("owner").exists() for model in people)
    connections.close_all()
    if is_empty:
        _say("正在生成虚构的学籍数据（仅第一次）…… Drawing the synthetic nation (first time only) …")
        # In a process of its own, whose memory is given back when it is done.
        drawn = subprocess.run(
            [*_python(), "-m", "xueji.config.command", "demo"], check=False, stdout=subprocess.DEVNULL
        )
        if drawn.returncode:
            raise CannotStart(
                "未能生成虚构的学籍数据，原因见上。 "
                "The synthetic nation could not be drawn; the reason is above."
            )


def _translate() -> None:
    from xueji.config import translations

    translations.compile_if_stale(environment.REPOSITORY)


def _collect_static() -> None:
    """Gather the static files under their hashed names, when one of them has changed."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            source = Path(storage.path(path))
            if not source.exists():
                raise CannotStart(
                    f"缺少前端文件 {source}：请执行 make setup。 "
                    f"The front-end file {source} is missing: run `make setup`."
                )
            found = source.stat()
            digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    root = Path(settings.STATIC_ROOT)
    mark = root / ".sources"
    with open(root.parent / "static.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mark.exists() and mark.read_text() == digest.hexdigest():
            return
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        mark.write_text(digest.hexdigest())


def _python() -> list[str]:
    return [sys.executable, "-X", "utf8"]


def _web(options: argparse.Namespace) -> list[str]:
    return [
        *_python(), "-m", "granian", "--interface", "wsgi", "--no-ws",
        "--host", options.host, "--port", str(options.port),
        "--workers", str(options.workers), "--blocking-threads", str(options.threads),
        # A thread that ends takes its database connection with it.
        "--blocking-threads-idle-timeout", "600",
        "--respawn-failed-workers", "--workers-kill-timeout", "5",
        "--static-path-route", "/static", "--static-path-mount", str(environment.var() / "static"),
        # Names carry a hash of the content, so a browser may keep them for a year.
        "--static-path-expires", "31536000",
        "--log-level", "warning",
        "xueji.config.wsgi:application",
    ]  # fmt: skip


def _worker(options: argparse.Namespace) -> list[str]:
    return [
        *_python(), "-m", "xueji.config.command", "procrastinate", "worker",
        "--concurrency", str(options.jobs), "--shutdown-graceful-timeout", str(SECONDS_FOR_JOBS),
    ]  # fmt: skip


def _sealer() -> list[str]:
    return [*_python(), "-m", "xueji.config.command", "seal"]


def _greet(name: str, options: argparse.Namespace) -> None:
    """Print address and accounts as soon as the first page answers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)  # noqa: S104 - compared only
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < deadline:
        if _answers(host, options.port):
            break
        time.sleep(0.1)
    else:
        _say(
            "网页尚未响应，请查看上面的错误信息。 The web server does not answer yet; see the messages above."
        )
        return
    print("\n".join(_greeting(options, _accounts() if name == "run" else [])), flush=True)


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _greeting(options: argparse.Namespace, accounts: list[dict[str, Any]]) -> Iterator[str]:
    host = f"[{options.host}]" if ":" in options.host else options.host
    yield ""
    yield f"  学籍 Xueji  →  http://{host}:{options.port}"
    if accounts:
        yield "  虚构数据，仅供演示。 Synthetic data, for demonstration only."
        yield ""
        for account in accounts:
            words = [account.get("role", ""), account.get("office", "")]
            yield f"  {account['username']:<16} {account['password']:<20} {' · '.join(w for w in words if w)}"
    yield ""
    yield "  Ctrl-C 结束。 Ctrl-C ends it."
    yield ""


def _accounts() -> list[dict[str, Any]]:
    """Return one account per role of the synthetic nation, as `xueji demo` wrote them down."""
    path = environment.var() / "demo.json"
    if not path.exists():
        return []
    return list(json.loads(path.read_text(encoding="utf-8")).get("accounts", []))
