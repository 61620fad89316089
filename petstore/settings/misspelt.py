"""Misspelt names of settings in the environment."""

import os
import re
from collections.abc import Iterable, Set
from difflib import get_close_matches
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

READ_ELSEWHERE = frozenset({"DJANGO_SETTINGS_MODULE", "PETSTORE_ADMIN_PASSWORD", "STRIPE_LOG"})

_LINE = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z_0-9]*)[ \t]*=[ \t]*[\"']?([^\s\"'#]*)", re.MULTILINE)
_LIKENESS = 0.85


def find_near_misses(names: Iterable[str], known: Set[str]) -> dict[str, str]:
    """Return the names that are nearly a setting's, each with the setting that is meant."""
    meant = sorted(known | READ_ELSEWHERE)
    unknown = [name for name in names if name not in meant]
    matches = {name: get_close_matches(name, meant, n=1, cutoff=_LIKENESS) for name in unknown}
    return {name: near[0] for name, near in matches.items() if near}


def refuse_misspelt_names(path: Path, known: Set[str]) -> None:
    """Refuse misspelt settings in a file of variables; other unknown names may be another program's.

    Raises:
        ImproperlyConfigured: a name is nearly one of the `known`, or the file names the settings too late.
    """
    if not path.exists():
        return
    values = dict(_LINE.findall(path.read_text(encoding="utf-8")))
    for name, meant in find_near_misses(values, known).items():
        raise ImproperlyConfigured(f"{name} in {path.name} is no setting: {meant} must be meant.")
    module = values.get("DJANGO_SETTINGS_MODULE")
    if module and module != os.environ.get("DJANGO_SETTINGS_MODULE"):
        name = "DJANGO_SETTINGS_MODULE"
        raise ImproperlyConfigured(f"{name} must be set in the environment: in {path.name} it comes too late.")
