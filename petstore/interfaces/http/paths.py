"""Tell requests of programs from those of pages."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest

from petstore.settings import addresses

_API: Final = (settings.API_PREFIX, f"{settings.MCP_PATH}/", f"{settings.SOAP_PATH}/", settings.SOCKET_IO_PATH)

OAUTH_ENDPOINTS: Final = frozenset(
    settings.OAUTH_PREFIX + name for name in ("token", "revoke", "introspect", "device/authorize")
)
"""Where programs speak OAuth 2.0; the rest of its addresses are pages."""


def is_api_request(request: HttpRequest) -> bool:
    """Return whether the request is for a program's interface, whose errors are problems and not pages."""
    return is_api_path(request.path_info)


def is_api_path(path: str) -> bool:
    """Return whether programs ask for this path: REST's, or another protocol's."""
    return f"{path}/".startswith(_API)


def is_polling_request(request: HttpRequest) -> bool:
    """Return whether the request is one of many of a session of Socket.IO, whose events have limits of their own."""
    return request.path_info == settings.SOCKET_IO_PATH


def is_oauth_endpoint(path: str) -> bool:
    """Return whether programs ask for this path by OAuth 2.0, whose errors are those of RFC 6749."""
    return path in OAUTH_ENDPOINTS or path.startswith(addresses.OAUTH_METADATA_PREFIX)


def is_program_request(request: HttpRequest) -> bool:
    """Return whether the request comes from a program: it has no session, no cookies, no forms and no static files."""
    return is_api_path(request.path_info) or is_oauth_endpoint(request.path_info)
