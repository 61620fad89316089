"""Tell requests of the API from those of pages."""

from django.conf import settings
from django.http import HttpRequest


def is_api_request(request: HttpRequest) -> bool:
    """Return whether the request is for the REST API, whose errors are problems and not pages."""
    return f"{request.path_info}/".startswith(settings.API_PREFIX)
