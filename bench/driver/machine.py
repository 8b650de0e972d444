"""What a figure was measured on."""

import os
import platform
import re
from datetime import datetime, timezone
from pathlib import Path

from .programs import ATOLL, PYTHON, ROOT, run
from .startup import node_version


def described():
    return {
        "date": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": run(["git", "-C", ROOT, "describe", "--always", "--dirty"]).strip(),
        "cpu": _first(r"model name\s*:\s*(.+)", "/proc/cpuinfo"),
        "cpus": os.cpu_count(),
        "memory_mib": int(_first(r"MemTotal:\s*(\d+)", "/proc/meminfo")) // 1024,
        "load_before": [round(load, 2) for load in os.getloadavg()],
        "kernel": platform.release(),
        "atoll": run([ATOLL, "version"]).strip().splitlines()[0],
        "node": node_version(),
        "python_sdk": run([PYTHON, "-c", "import importlib.metadata as m; print(m.version('mcp'))"]).strip(),
    }


def _first(pattern, path):
    found = re.search(pattern, Path(path).read_text())
    return found[1].strip() if found else "0"
