"""The machine and time of a run, without which figures mean nothing."""

import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.databases import Cluster


def describe_machine(cluster: Cluster) -> dict[str, str]:
    """Describe the run: command, date, processor, versions, and how busy the machine was at its start."""
    return {
        "command": shlex.join(["uv", "run", "--group", "bench", f"benchmarks/{Path(sys.argv[0]).name}", *sys.argv[1:]]),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{_read_processor_name()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "postgresql": str(cluster.query_scalar("SHOW server_version")),
        "fsync": str(cluster.query_scalar("SHOW fsync")),
        "synchronous_commit": str(cluster.query_scalar("SHOW synchronous_commit")),
        "load average at start": f"{os.getloadavg()[0]:.2f}",
    }


def _read_processor_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
