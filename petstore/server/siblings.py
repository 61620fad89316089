"""The web processes of one `serve`, and the private folder by which they find one another's sockets.

The supervisor makes the folder before it forks. It stays through a reload, so that old and new processes reach one
another while the old ones end. Outside of `serve` there is none, and a process has no name.
"""

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

KEPT_FOLDER: Final = "PETSTORE_SIBLINGS"
"""Names, in the environment, the process and its folder, for the program that replaces it at a reload."""
MAX_SOCKET_PATH: Final = 100
"""Bytes of the path of a socket, on every system."""
_LONGEST_FILE: Final = "64-4194304.socketio"
_NAME: Final = re.compile(r"[1-9][0-9]{0,3}-[1-9][0-9]{0,9}")
_KIND: Final = re.compile(r"[a-z]{1,10}")


class NoSuchSibling(LookupError):
    """The text is no name of a web process, or this process has no siblings."""


class _Family:
    """The folder, inherited by each process that is forked, and the name of this one."""

    folder: Path | None = None
    name: str | None = None


_family = _Family()


def prepare_sibling_folder() -> Path | None:
    """Make the folder, or take over the one of the program that this one has replaced; None where none can be made."""
    owner, _, kept = os.environ.get(KEPT_FOLDER, "").partition(":")
    if owner == str(os.getpid()) and Path(kept).is_dir():
        _family.folder = Path(kept)
    else:
        _family.folder = _make_folder()
    os.environ[KEPT_FOLDER] = f"{os.getpid()}:{_family.folder or ''}"
    return _family.folder


def remove_sibling_folder() -> None:
    """Remove the folder, because the supervisor ends."""
    if _family.folder is not None:
        shutil.rmtree(_family.folder, ignore_errors=True)
    _family.folder = _family.name = None


def join_siblings(number: int) -> None:
    """Name this process, which is the web process of a number, from now on."""
    _family.name = None if _family.folder is None else f"{number}-{os.getpid()}"


def own_name() -> str | None:
    """Return the name of this process among its siblings, such as `2-4711`; None where it has none."""
    return _family.name


def sibling_path(name: str, kind: str) -> Path:
    """Return where a web process has its socket of a kind; the name may come from anybody.

    Args:
        kind: what the socket is for, in at most ten letters.

    Raises:
        NoSuchSibling
    """
    if _family.folder is None or not _NAME.fullmatch(name) or not _KIND.fullmatch(kind):
        raise NoSuchSibling(name)
    return _family.folder / f"{name}.{kind}"


def list_sibling_names(kind: str) -> list[str]:
    """Return the names of the other web processes that have a socket of a kind; what a dead one left is removed."""
    if _family.folder is None or _family.name is None:
        return []
    found = sorted(path.stem for path in _family.folder.glob(f"*.{kind}"))
    alive = [name for name in found if name != _family.name and _NAME.fullmatch(name) and _is_alive(name)]
    for name in {*found} - {*alive, _family.name}:
        (_family.folder / f"{name}.{kind}").unlink(missing_ok=True)
    return alive


def _make_folder() -> Path | None:
    """Make a folder that only this user reads, with a path that leaves room for names of sockets."""
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108  # mkdtemp makes it private
        with suppress(OSError):
            folder = Path(tempfile.mkdtemp(prefix="petstore-", dir=parent))
            if len(os.fsencode(folder / _LONGEST_FILE)) <= MAX_SOCKET_PATH:
                return folder
            folder.rmdir()
    return None


def _is_alive(name: str) -> bool:
    try:
        os.kill(int(name.partition("-")[2]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # a process of another user has its number now
        return False
    return True
