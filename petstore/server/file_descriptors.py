"""Limits of open files and connections of a process."""

import resource

WANTED = 16_384
RESERVED = 128
"""Descriptors for the database, files and pipes."""
MIN_CONNECTIONS = 32
MAX_CONNECTIONS = 8192
SHARE_OF_SOCKETS = 4
"""One part of so many is left to web sockets; each takes two descriptors (docs/decisions, 0046)."""


def raise_file_limit() -> None:
    """Raise this process's limit of open files as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def find_max_connections() -> int:
    """Return the number of connections that one process accepts; more wait in the system's queue."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    free = soft - RESERVED
    return max(MIN_CONNECTIONS, min(MAX_CONNECTIONS, free - free // SHARE_OF_SOCKETS))


def find_max_sockets() -> int:
    """Return the number of web sockets among these connections for which there are descriptors."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, (soft - RESERVED) // SHARE_OF_SOCKETS)
