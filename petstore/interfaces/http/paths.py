"""Tell requests of the API from those of pages."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest

_API: Final = settings.API_PREFIX


def is_api_request(request: HttpRequest) -> bool:
    """Return whether the request is for the REST API, whose errors are problems and not pages."""
    return f"{request.path_info}/".startswith(_API)
