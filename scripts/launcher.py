"""Write `.venv/bin/xueji`, the command line of this working copy."""

import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

LAUNCHER = """\
#!{python}
import sys

from xueji.config.command import main

sys.exit(main())
"""


def main() -> None:
    # Every program of this environment finds the registry, whatever folder it is started in.
    Path(sysconfig.get_paths()["purelib"], "xueji.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    path = Path(sysconfig.get_paths()["scripts"], "xueji")
    path.write_text(LAUNCHER.format(python=sys.executable), encoding="utf-8")
    path.chmod(0o755)


if __name__ == "__main__":
    main()
