"""Readers of environment variables: a bad value stops the start with the variable's name."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parents[2]

DOTENV = BASE_DIR / ".env"


class _Environment(environ.Env):  # type: ignore[misc]  # the library has no types
    """An environment that records which variables were read."""

    names_read: ClassVar[set[str]] = set()

    def get_value(self, var: str, *args: Any, **options: Any) -> Any:
        self.names_read.add(var)
        return super().get_value(var, *args, **options)


_Environment.read_env(DOTENV)
env = _Environment()

_T = TypeVar("_T")
_RATE = re.compile(r"([1-9][0-9]{0,8})/(sec|min|hour|day)\Z")
_COUNT = re.compile(r"[1-9][0-9]{0,8}\Z")
_ENDPOINT = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):([0-9]{1,5})\Z")
_LAST_PORT = 65_535
_SECONDS = {"sec": 1, "min": 60, "hour": 3600, "day": 86_400}


def read_variable(name: str, parse: Callable[[str], _T], default: _T, expected: str) -> _T:
    """Return a variable's parsed value, or the default where it is unset or empty.

    Raises:
        ImproperlyConfigured: naming the variable and the expected values.
    """
    text: str = env.str(name, default="").strip()
    if not text:
        return default
    try:
        return parse(text)
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"{name} must be {expected}.") from error


def read_flag(name: str, *, default: bool) -> bool:
    """Read a yes or no: on/off, true/false, yes/no, 1/0."""
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return read_variable(name, lambda text: words[text.lower()], default, "on or off")


def read_name_list(name: str, *, default: tuple[str, ...] = ()) -> list[str]:
    """Read a comma-separated list."""
    return read_variable(
        name, lambda text: [part.strip() for part in text.split(",") if part.strip()], list(default), "a,list"
    )


def read_network_list(name: str) -> list[IPv4Network | IPv6Network]:
    """Read a comma-separated list of addresses and networks, such as `127.0.0.1,10.0.0.0/8`."""
    return read_variable(
        name, lambda text: [ip_network(part.strip()) for part in text.split(",")], [], "a list of addresses or networks"
    )


def read_endpoint_list(name: str) -> frozenset[tuple[str, int]]:
    """Read a comma-separated list of hosts with ports, such as `localhost:9000,[::1]:9000`, as (host, port)."""
    return read_variable(
        name,
        lambda text: frozenset(_parse_endpoint(part.strip().lower()) for part in text.split(",")),
        frozenset(),
        "a list such as localhost:9000,[::1]:9000",
    )


def _parse_endpoint(text: str) -> tuple[str, int]:
    match = _ENDPOINT.match(text)
    if match is None or not 0 < int(match[3]) <= _LAST_PORT:
        raise ValueError(text)
    return str(ip_address(match[1])) if match[1] else match[2], int(match[3])


def read_choice(name: str, options: tuple[str, ...], *, default: str) -> str:
    """Read one of some words."""
    return read_variable(
        name, lambda text: {o: o for o in options}[text.lower()], default, f"one of {', '.join(options)}"
    )


def read_rate_limit(name: str, *, default: str) -> tuple[int, int] | None:
    """Read a quota such as `100/min` as (requests, seconds); None for `off`."""
    return read_variable(
        name, _parse_rate_limit, _parse_rate_limit(default), "off or a rate such as 100/min (sec, min, hour, day)"
    )


def _parse_rate_limit(text: str) -> tuple[int, int] | None:
    if text.lower() == "off":
        return None
    match = _RATE.match(text.lower())
    if match is None:
        raise ValueError(text)
    return int(match[1]), _SECONDS[match[2]]


def read_count(name: str, *, default: int) -> int | None:
    """Read a whole number from 1; None for `off`."""
    fallback: int | None = default
    return read_variable(name, _parse_count, fallback, "off or a whole number from 1")


def _parse_count(text: str) -> int | None:
    if text.lower() == "off":
        return None
    match = _COUNT.match(text)
    if match is None:
        raise ValueError(text)
    return int(match[0])
