"""DATABASE_URL as Django's DATABASES entry: its options are merged with ours, and unknown ones stop the start."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError, pq
from psycopg.conninfo import conninfo_to_dict

from petstore.settings import environment as env

ADDRESS = "a postgres:// or sqlite:/// address"
POSTGRESQL = "database.postgresql"
SQLITE = "django.db.backends.sqlite3"
SQLITE_OPTIONS = frozenset({"timeout"})
OURS_ALONE = frozenset({"client_encoding", "replication"})
"""Options of libpq that the application sets itself."""
CHOICES = {
    "sslmode": frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}),
    "target_session_attrs": frozenset({"any", "read-write", "read-only", "primary", "standby", "prefer-standby"}),
}
"""Options in which a misspelt value would lead to no database, or to a wrong one."""
_PLACES = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}


def read_database_entry(name: str, *, default: str) -> dict[str, Any]:
    """Read a postgres:// or sqlite:/// address as Django's DATABASES entry.

    Raises:
        ImproperlyConfigured: it is neither, or has unknown options or values.
    """
    text: str = env.env.str(name, default="") or default
    try:
        scheme, options = urlsplit(text).scheme, _parse_url_options(text)
        if scheme in {"postgres", "postgresql"}:
            _require_known_options(name, options, _list_libpq_options())
            return _configure_postgresql(text)
        if scheme == "sqlite":
            _require_known_options(name, options, SQLITE_OPTIONS)
            return _configure_sqlite(text, options)
    except (ValueError, KeyError, ProgrammingError):
        raise ImproperlyConfigured(f"{name} must be {ADDRESS}.") from None  # the cause may quote the password
    raise ImproperlyConfigured(f"{name} must be {ADDRESS}.")


def read_owner_entry(name: str, served: dict[str, Any]) -> dict[str, Any] | None:
    """Read the address of the role that owns the tables and migrates them; None where there is none.

    Raises:
        ImproperlyConfigured: it is no address, or that of another database than the one that is served.
    """
    if not env.env.str(name, default=""):
        return None
    owner = read_database_entry(name, default="")
    if any(owner[part] != served[part] for part in ("ENGINE", "NAME", "HOST", "PORT")):
        raise ImproperlyConfigured(f"{name} must name the same database as DATABASE_URL, as another role.")
    return owner


def read_replica_entry(name: str, served: dict[str, Any]) -> dict[str, str]:
    """Read the address of a replica as libpq's parameters; empty where there is none.

    Role and database are those that are served, unless it names others.

    Raises:
        ImproperlyConfigured: it is no address, or what is served is no PostgreSQL.
    """
    text: str = env.env.str(name, default="")
    if not text:
        return {}
    if read_database_entry(name, default="")["ENGINE"] != POSTGRESQL or served["ENGINE"] != POSTGRESQL:
        raise ImproperlyConfigured(f"{name} must name a PostgreSQL, as DATABASE_URL does.")
    usual = {"port": "5432", "target_session_attrs": "standby"}
    return usual | {key: str(value) for key, value in conninfo_to_dict(text).items()}


def _parse_url_options(text: str) -> dict[str, str]:
    return dict(parse_qsl(text.partition("?")[2], keep_blank_values=True, strict_parsing=bool(text.partition("?")[2])))


def _list_libpq_options() -> frozenset[str]:
    return frozenset(option.keyword.decode() for option in pq.Conninfo.get_defaults()) - OURS_ALONE


def _require_known_options(name: str, options: dict[str, str], known: frozenset[str]) -> None:
    unknown = sorted(options.keys() - known)
    if unknown:
        raise ImproperlyConfigured(f"{name} must have options that exist, and these do not: {', '.join(unknown)}.")
    for option, values in CHOICES.items():
        if option in options and options[option] not in values:
            raise ImproperlyConfigured(f"{name} must have for {option} one of {', '.join(sorted(values))}.")


def _configure_postgresql(text: str) -> dict[str, Any]:
    """Read the address as libpq does: several hosts (`a:5432,b:5432`), sockets, and all its options."""
    given = conninfo_to_dict(text)
    places = {place: given.pop(keyword, "") for place, keyword in _PLACES.items()}
    is_prepared = env.read_flag("DATABASE_PREPARE", default=True)
    return {
        "ENGINE": POSTGRESQL,
        **places,
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": False,
        "DISABLE_SERVER_SIDE_CURSORS": not is_prepared,
        "OPTIONS": {
            "server_side_binding": True,
            "prepare_threshold": 3 if is_prepared else None,
            "connect_timeout": 5,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            **given,
        },
    }


def _configure_sqlite(text: str, options: dict[str, str]) -> dict[str, Any]:
    config: dict[str, Any] = env.env.db_url_config(text.partition("?")[0])
    return config | {
        "ENGINE": SQLITE,
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": float(options.get("timeout", 20)),
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON",
        },
    }
