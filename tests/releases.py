"""The last release, as CHANGELOG names it: its commit, its files, its code in a folder of its own."""

import re
import subprocess
import tarfile
from functools import cache
from io import BytesIO
from pathlib import Path

from petstore.server.listener import ROOT
from tests.tools import need_tool, skip_for_missing

_HEADING = re.compile(r"^## \d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d, commit (?P<commit>[0-9a-f]{7,40})\)$", re.MULTILINE)


@cache
def find_last_release() -> str:
    """Return the commit of the last release; skip the test where its history is not there."""
    found = _HEADING.search((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert found is not None, "CHANGELOG names no release"
    commit: str = found["commit"]
    if not _run_git("rev-parse", "--quiet", "--verify", f"{commit}^{{commit}}"):
        skip_for_missing(f"commit {commit}", cure="git fetch --unshallow")
    return commit


def list_release_files() -> frozenset[str]:
    """Return the paths of the last release's files."""
    return frozenset(_run_git("ls-tree", "-r", "--name-only", find_last_release()).decode().splitlines())


def unpack_release(folder: Path) -> None:
    """Write the last release's files into a folder."""
    with tarfile.open(fileobj=BytesIO(_run_git("archive", "--format=tar", find_last_release()))) as archive:
        archive.extractall(folder, filter="data")


def _run_git(*words: str) -> bytes:
    """Run git on this repository and return what it prints; nothing where it fails."""
    command = (need_tool("git", package="git"), *words)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603  # ours
    return done.stdout
