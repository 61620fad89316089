"""Tell requests of programs from those of pages."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest

_API: Final = (settings.API_PREFIX, f"{settings.MCP_PATH}/")


def is_api_request(request: HttpRequest) -> bool:
    """Return whether the request is for a program's interface, whose errors are problems and not pages."""
    return is_api_path(request.path_info)


def is_api_path(path: str) -> bool:
    """Return whether programs ask for this path: REST's, or another protocol's."""
    return f"{path}/".startswith(_API)
