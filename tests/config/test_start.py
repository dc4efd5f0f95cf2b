"""Starting: what stands in the way is one sentence, and what runs is ended as a whole."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import namedtuple

import psutil
import pytest
from django.db import connections

from tests import sites
from xueji.config import serving, supervisor

Disk = namedtuple("Disk", "total used free")


def test_a_port_in_use_is_named_with_the_way_out():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(serving.CannotStart, match=rf"{port} 已被占用.*PORT={port + 1}"):
            serving.check_port("127.0.0.1", port)


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(10**12, 10**12 - 10**9, 10**9))
    with pytest.raises(serving.CannotStart, match=r"磁盘空间不足.*0\.9 GB"):
        serving.check_folder(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    with pytest.raises(serving.CannotStart, match="不能写入"):
        serving.check_folder(in_the_way / "var")


def test_an_old_python_is_one_sentence(tmp_path):
    source = sites.REPOSITORY / "scripts" / "preflight.py"
    code = f"import sys; sys.version_info = (3, 9, 2); exec(open({str(source)!r}).read())"
    code = code.replace("exec(", f"__file__ = {str(source)!r}; exec(")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "需要 Python 3.11" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_site_answers_and_ends_with_everything_it_started(database_environment):
    with sites.running(database_environment) as address:
        opener = urllib.request.build_opener(urllib.request.HTTPErrorProcessor())
        assert opener.open(f"{address}/static/web/xueji.css").status == 200
        port = address.rsplit(":", 1)[1]
        [started] = [
            p
            for p in psutil.Process().children()
            if port in p.cmdline() and "xueji.config.command" in p.cmdline()
        ]
        family = started.children(recursive=True)
        assert len(family) >= 3
    assert not [process for process in family if process.is_running()]


def test_a_child_that_dies_is_started_again_and_all_end_together(tmp_path):
    starts = tmp_path / "starts"
    code = f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(1)"
    told = []
    mortal = supervisor.Child("mortal", [sys.executable, "-c", code], pause=0.05)
    steady = supervisor.Child("steady", [sys.executable, "-c", "import time; time.sleep(600)"])

    def end_when_restarted():
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not (starts.exists() and len(starts.read_text()) >= 2):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    supervisor.Supervisor([mortal, steady], told.append).run(when_started=end_when_restarted)
    assert len(starts.read_text()) >= 2
    assert steady.process.poll() is not None
    assert "mortal" in told[0]


@pytest.fixture
def commands(monkeypatch):
    """The commands that loading the nation would start; none of them runs."""
    started = []

    def run(command, **how):
        started.append(command[-1])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    return started


@pytest.fixture
def empty(db):
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE access_account, organisations_school CASCADE")


@pytest.mark.parametrize(("words", "expected"), [((), ["demo"]), (("--no-demo",), [])])
def test_an_empty_registry_gets_the_synthetic_nation_unless_told_not_to(empty, commands, words, expected):
    serving.load_nation(serving.options_of("run", words))
    assert commands == expected


def test_a_registry_with_schools_never_gets_the_synthetic_nation(db, commands):
    serving.load_nation(serving.options_of("run", ()))
    assert commands == []
