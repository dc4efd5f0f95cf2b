"""On what the numbers were taken: they mean nothing without it."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import psutil
import psycopg


def described(superuser: str) -> dict[str, Any]:
    """Return cores, processor, memory and versions of this machine and its database server."""
    with psycopg.connect(superuser) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu": cpu_name(),
        "memory_gb": round(psutil.virtual_memory().total / 1024**3, 1),
        "system": f"{platform.system()} {platform.release()}",
        "postgresql": str(row[0]).split()[0] if row else "",
        "python": platform.python_version(),
    }


def cpu_name() -> str:
    """Return what the processor calls itself, or what the system knows of it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def load_average() -> float:
    """Return how many processes wanted to run in the last minute: above 1 somebody else is at work."""
    return round(os.getloadavg()[0], 2)
