"""buf, which says whether protos keep the rules and break no client: `@bufbuild/buf` from npm."""

import shutil
import subprocess
from pathlib import Path

from tests.tools import need_tool

HERE = Path(__file__).parent
PUBLISHED = HERE / "published"
"""The protos as clients have them by now."""
PATIENCE_SECONDS = 300


def install_buf(folder: Path) -> Path:
    """Install the version of `package-lock.json` in this folder, and return its program."""
    for paper in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "buf" / paper, folder)
    npm = need_tool("npm", package="npm")
    command = (npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    done = _run_command(*command, at=folder)
    assert done.returncode == 0, done.stderr
    return folder / "node_modules/.bin/buf"


def find_complaints(buf: Path, *words: str) -> list[str]:
    """What buf complains of, line by line; nothing where all is well."""
    done = _run_command(str(buf), *words)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 or lines, done.stderr
    return lines


def _run_command(*command: str, at: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603  # ours
        command, cwd=at, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
    )
