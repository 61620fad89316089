"""The address of the site, for links in answers."""

from django.conf import settings
from django.http import HttpRequest


def build_site_url(request: HttpRequest) -> str:
    """Return PUBLIC_URL or the address that the request came to, without a trailing slash."""
    return settings.PUBLIC_URL or f"{request.scheme}://{vars(request).get('host') or request.get_host()}"
