"""Say in one sentence what keeps this machine from setting up Xueji, before anything is installed.

Runs on whatever Python is there, so it is written for very old ones, too. Needs nothing.
"""

import os
import shutil
import subprocess
import sys
import tempfile

OLDEST = (3, 11)
BYTES_NEEDED = 3 * 1024**3
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def stop(zh, en):
    sys.stderr.write("%s\n%s\n" % (zh, en))  # noqa: UP031 - old Pythons must be able to say it
    sys.exit(2)


def check_python():
    if sys.version_info < OLDEST:
        found = sys.version.split()[0]
        stop(
            "需要 Python 3.11 或更高版本，当前为 " + found + "（可用 make PYTHON=/路径/python3.12 指定）。",
            "Python 3.11 or newer is needed, this is "
            + found
            + " (name another: make PYTHON=/path/python3.12).",
        )


def check_folder():
    try:
        with tempfile.TemporaryFile(dir=ROOT):
            pass
    except OSError as error:
        stop(
            "不能写入 " + ROOT + "：" + str(error.strerror) + "。",
            "Cannot write to " + ROOT + ": " + str(error.strerror) + ".",
        )


def check_disk():
    if os.path.isdir(os.path.join(ROOT, ".venv")):
        return
    free = shutil.disk_usage(ROOT).free
    if free < BYTES_NEEDED:
        stop(
            "磁盘空间不足：仅剩 %.1f GB，安装需要 3 GB。" % (free / 1024**3),
            "The disk is nearly full: %.1f GB left, 3 GB needed to install." % (free / 1024**3),
        )


def check_venv():
    """Debian keeps a part of Python's own venv in a package of its own; as root it can be had."""
    if os.path.isdir(os.path.join(ROOT, ".venv")) or can_make_venv():
        return
    package = "python%d.%d-venv" % sys.version_info[:2]  # noqa: UP031
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", package]):
            subprocess.call(command, env=environment)
        if can_make_venv():
            return
    stop(
        "缺少 Python 的 venv 组件：请先执行 sudo apt install " + package + "。",
        "Python's venv is incomplete: run `sudo apt install " + package + "` first.",
    )


def can_make_venv():
    # In a new process: what was just installed is not seen by this one.
    return subprocess.call([sys.executable, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL) == 0


if __name__ == "__main__":
    check_python()
    check_folder()
    check_disk()
    check_venv()
