"""The worker's task backend (django-tasks' TASKS setting)."""

from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from petstore.settings import environment as env

_BACKENDS = {
    "embedded": "petstore.server.task_backends.EmbeddedBackend",
    "procrastinate": "petstore.server.procrastinate_backend.ProcrastinateBackend",
}

WORKER_ENGINE = env.read_choice("WORKER_ENGINE", tuple(_BACKENDS), default="embedded")
TASKS: dict[str, Any] = {"default": {"BACKEND": _BACKENDS[WORKER_ENGINE]}}


def choose_engine_apps(database: dict[str, Any]) -> list[str]:
    """Return the apps that the task backend needs; raises ImproperlyConfigured where it cannot work."""
    if WORKER_ENGINE == "embedded":
        return []
    if not database["ENGINE"].endswith("postgresql"):
        raise ImproperlyConfigured("WORKER_ENGINE must be embedded without PostgreSQL.")
    if find_spec("procrastinate") is None:
        raise ImproperlyConfigured("WORKER_ENGINE=procrastinate must have its library: uv sync --extra distributed")
    return ["procrastinate.contrib.django"]
