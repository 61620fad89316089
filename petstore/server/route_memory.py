"""A memory of where paths with ids lead, so that Django's resolver is asked once for each route.

Paths that differ in their ids alone lead to the same view. Remembered are only those whose every value is an id, so
there are at most as many as there are routes.
"""

import re
from typing import Final
from uuid import UUID

from django.urls import ResolverMatch

from kernel.ids import CANONICAL

MARK: Final = "*"
"""Stands in the place of an id."""
_ID: Final = re.compile(CANONICAL)


class RouteMemory:
    """The routes of one handler, by path with a mark in the place of each id."""

    def __init__(self) -> None:
        self._matches: dict[str, ResolverMatch] = {}

    def find_match(self, path: str) -> ResolverMatch | None:
        """Return the match that Django's resolver would; None where it has to be asked."""
        remembered = self._matches.get(_ID.sub(MARK, path))
        if remembered is None:
            return None
        found = _ID.findall(path)
        if len(found) != len(remembered.kwargs):  # a mark that was in the path itself
            return None
        match: ResolverMatch = object.__new__(ResolverMatch)
        vars(match).update(vars(remembered))
        match.kwargs = {name: UUID(text) for name, text in zip(remembered.kwargs, found, strict=True)}
        return match

    def remember_match(self, path: str, match: ResolverMatch) -> None:
        """Remember a match of Django's resolver, if it depends on nothing but where the ids stand."""
        ids = [UUID(text) for text in _ID.findall(path)]
        if MARK not in path and not match.args and [*match.kwargs.values()] == ids:
            self._matches[_ID.sub(MARK, path)] = match
