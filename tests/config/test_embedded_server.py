"""The embedded server: started when needed, shared, survived, stopped by the last one out."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from xueji.config import embedded


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    folder = tmp_path_factory.mktemp("var")
    yield folder
    embedded.stop(folder)


@pytest.fixture
def stopped(var):
    embedded.stop(var)
    (var / "holders" / "started").unlink(missing_ok=True)
    return var


def answer(server):
    with psycopg.connect(server.url()) as connection:
        return connection.execute("SELECT 1").fetchone()


def test_the_last_holder_stops_what_a_holder_started(stopped):
    with embedded.hold(stopped) as server:
        with embedded.hold(stopped):
            assert answer(server) == (1,)
        assert embedded.is_running(stopped)
    assert not embedded.is_running(stopped)


def test_a_server_that_was_up_stays_up(stopped):
    embedded.ensure(stopped)
    with embedded.hold(stopped) as server:
        assert answer(server) == (1,)
    assert embedded.is_running(stopped)


def test_a_holder_that_was_killed_does_not_count(stopped):
    code = (
        "import sys, time; from pathlib import Path; from xueji.config import embedded\n"
        "with embedded.hold(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(stopped)], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.wait()
    assert embedded.is_running(stopped)
    with embedded.hold(stopped) as server:
        assert answer(server) == (1,)
    assert not embedded.is_running(stopped)


def test_a_killed_server_recovers_what_was_committed(stopped):
    server = embedded.ensure(stopped)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000)")
    os.kill(int((stopped / "pg" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    while embedded.is_running(stopped):
        time.sleep(0.01)
    server = embedded.ensure(stopped)
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_a_left_over_control_file_of_another_process_is_no_obstacle(stopped):
    control = stopped / "pg" / "postmaster.pid"
    if not control.parent.exists():
        embedded.ensure(stopped)
        embedded.stop(stopped)
    # After a restart of the machine the number belongs to somebody else: here, to this test.
    lines = [str(os.getpid()), str(control.parent), str(int(time.time())), "5432", "", "", "0 0", "ready"]
    control.write_text("\n".join(lines) + "\n")
    assert not embedded.is_running(stopped)
    assert answer(embedded.ensure(stopped)) == (1,)


def test_a_half_made_data_folder_is_made_again(tmp_path):
    (tmp_path / "pg.new").mkdir()
    (tmp_path / "pg.new" / "PG_VERSION").write_text("18\n")
    with embedded.hold(tmp_path) as server:
        assert answer(server) == (1,)


def test_data_of_another_version_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "pg").mkdir()
    (tmp_path / "pg" / "PG_VERSION").write_text("15\n")
    with pytest.raises(embedded.ServerUnusable, match="made by PostgreSQL 15"), embedded.hold(tmp_path):
        pass


def test_only_the_account_of_the_server_may_enter_its_folders(stopped):
    server = embedded.ensure(stopped)
    for folder in (server.data, server.sockets):
        assert folder.stat().st_mode & 0o077 == 0
    control = (server.data / "postmaster.pid").read_text().splitlines()
    assert psutil.Process(int(control[0])).uids().real == server.data.stat().st_uid != 0


def test_a_long_path_still_gets_a_socket_that_fits():
    deep = Path("/") / "/".join(["学籍系统"] * 10)
    assert len(os.fsencode(embedded.socket_folder(deep) / embedded.SOCKET_NAME)) <= 100
    assert embedded.socket_folder(deep) != embedded.socket_folder(deep / "other")
