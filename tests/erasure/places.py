"""Everywhere something of a person may be left: the whole database, the folder of photos, the log."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from tenants.scoping import all_tenants
from tests import databases

Places = dict[str, str]
"""What each place holds, as text in lower case."""


def places(log: str) -> Places:
    """All of them, as they are now."""
    found = {f"table {name}": text for name, text in _tables()}
    found["sessions, read"] = str([session.get_decoded() for session in Session.objects.iterator()])
    found["media"] = "".join(
        f"{path.name} {path.read_bytes().decode('latin-1')}"
        for path in Path(settings.MEDIA_ROOT).rglob("*")
        if path.is_file()
    )
    found["log"] = log
    if connection.vendor == "postgresql" and shutil.which("pg_dump"):
        found["pg_dump"] = _pg_dump()
    return {place: f"{text} {unquote_plus(text)}".casefold() for place, text in found.items()}


def hits(words: Iterable[str], found: Places) -> dict[str, set[str]]:
    """In which places each word stands, where it stands in any."""
    kept = {word: {place for place, text in found.items() if word.casefold() in text} for word in words}
    return {word: where for word, where in kept.items() if where}


def _tables() -> Iterable[tuple[str, str]]:
    """Every table of the database, whether a model knows it or not."""
    with all_tenants(reason="test"), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # the catalogue's own names
            yield table, "\n".join(" ".join(map(_text, row)) for row in cursor.fetchall())


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    text = str(value)
    return f"{text} {text.encode().decode('unicode_escape', 'replace')}" if "\\u" in text else text


def _pg_dump() -> str:
    """As an operator would look; empty where the program is too old for the server."""
    command = ("pg_dump", "--no-password", "--data-only", "--schema=public", databases.owner_address())
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603  # ours
    assert done.returncode == 0 or "version" in done.stderr, done.stderr
    return done.stdout
