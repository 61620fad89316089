"""Names in `.env` that mean nothing, but nearly something."""

import os
import re
from collections.abc import Set
from difflib import get_close_matches
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

READ_ELSEWHERE = frozenset({"DJANGO_SETTINGS_MODULE", "PETSTORE_ADMIN_PASSWORD", "STRIPE_LOG"})

_LINE = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z_0-9]*)[ \t]*=[ \t]*[\"']?([^\s\"'#]*)", re.MULTILINE)
_LIKENESS = 0.85


def refuse_misspelt(path: Path, known: Set[str]) -> None:
    """Look through a file of variables for slips; what is nobody's name here may be another program's.

    Raises:
        ImproperlyConfigured: a name is nearly one of the `known`, or the file names the settings too late.
    """
    if not path.exists():
        return
    names = known | READ_ELSEWHERE
    for name, value in _LINE.findall(path.read_text(encoding="utf-8")):
        near = () if name in names else get_close_matches(name, sorted(names), n=1, cutoff=_LIKENESS)
        if near:
            raise ImproperlyConfigured(f"{name} in {path.name} is no setting: {near[0]} must be meant.")
        if name == "DJANGO_SETTINGS_MODULE" and value != os.environ.get(name):
            raise ImproperlyConfigured(f"{name} must be set in the environment: in {path.name} it comes too late.")
