"""Errors of the OAuth endpoints in RFC 6749's form (contract, OAuth 2.0)."""

from collections.abc import Iterable
from typing import Final

import orjson
from django.http import HttpResponse

BASIC_CHALLENGE: Final = 'Basic realm="Pet Store", charset="UTF-8"'
_UNAUTHORIZED: Final = 401
_OF_STATUS: Final = {500: "server_error", 429: "temporarily_unavailable", 503: "temporarily_unavailable"}


def build_oauth_error(
    status: int, description: str, error: str | None = None, headers: Iterable[tuple[str, str]] = ()
) -> HttpResponse:
    """Build the response for an error, which no cache keeps (RFC 6749, 5.2).

    Args:
        error: the code; None for the one that the status has.
    """
    body = {"error": error or _OF_STATUS.get(status, "invalid_request"), "error_description": description}
    return build_oauth_response(status, orjson.dumps(body), headers)


def build_oauth_response(status: int, body: bytes, headers: Iterable[tuple[str, str]] = ()) -> HttpResponse:
    """Build a response that no cache keeps (RFC 6749, 5.1); a 401 says how to authenticate (RFC 9110, 15.5.2)."""
    response = HttpResponse(body, status=status, content_type="application/json")
    response["Cache-Control"], response["Pragma"] = "no-store", "no-cache"
    if status == _UNAUTHORIZED:
        response["WWW-Authenticate"] = BASIC_CHALLENGE
    for name, value in headers:
        response[name] = value
    return response
