"""Refusals as OpenAI's libraries read them: a member `error` beside those of RFC 9457 (contract, Chat)."""

from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings

from kernel.errors import FieldFault

WHOLE_BODY: Final = "body"
"""The field of a fault that is none of a field."""
_COMPLETIONS = f"{settings.API_PREFIX}chat/completions"
_MODELS = f"{settings.API_PREFIX}models"
_TYPES = {
    "unauthorized": "authentication_error",
    "forbidden": "permission_error",
    "rate-limit-exceeded": "rate_limit_error",
    "internal-server-error": "server_error",
}


def is_openai_path(path: str) -> bool:
    """Return whether OpenAI's libraries call this path."""
    return path in (_COMPLETIONS, _MODELS) or path.startswith(f"{_MODELS}/")


def describe_for_openai(slug: str, detail: str, faults: Sequence[FieldFault] = ()) -> dict[str, Any]:
    """Return the members `detail` and `error` of a problem.

    These libraries show their users the detail alone, so it is the first fault's where there are faults; `param` is
    the first field at fault, as the caller spelled it.
    """
    field = faults[0].field if faults else WHOLE_BODY
    if faults:
        detail = faults[0].message if field == WHOLE_BODY else f"{field}: {faults[0].message}"
    error = {
        "message": detail,
        "type": _TYPES.get(slug, "invalid_request_error"),
        "param": None if field == WHOLE_BODY else field,
        "code": slug.replace("-", "_"),
    }
    return {"detail": detail, "error": error}
