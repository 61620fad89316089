"""Scopes of applications, always in the order of `kernel.access.TokenScope` (contract, OAuth 2.0)."""

from collections.abc import Iterable

from kernel.access import TokenScope


def narrow_scopes(asked: Iterable[str], *limits: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes that are asked for and that every limit has, each once."""
    allowed = set(asked).intersection(*limits)
    return tuple(str(scope) for scope in TokenScope if scope in allowed)


def join_scopes(*parts: Iterable[str]) -> tuple[str, ...]:
    """Return the scopes that any of the parts has, each once."""
    given = set().union(*parts)
    return tuple(str(scope) for scope in TokenScope if scope in given)
