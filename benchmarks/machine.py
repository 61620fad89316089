"""Where and when a run was made: figures mean nothing without it."""

import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.databases import Cluster


def described(cluster: Cluster) -> dict[str, str]:
    """Describe the run: command, date, processor, versions, and how busy the machine was at its start."""
    return {
        "command": shlex.join(["uv", "run", "--group", "bench", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "postgresql": str(cluster.scalar("SHOW server_version")),
        "fsync": str(cluster.scalar("SHOW fsync")),
        "synchronous_commit": str(cluster.scalar("SHOW synchronous_commit")),
        "load average at start": f"{os.getloadavg()[0]:.2f}",
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
