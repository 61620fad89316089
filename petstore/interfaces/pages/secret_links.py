"""Pages behind secret links: their headers, and the page of a store that is closed for now."""

from typing import Final

from django.http import HttpResponse
from django.template.loader import render_to_string

HEADERS: Final = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""The address is a secret: proxies do not store the page, and no other site gets its address."""


def render_closed_store(what: str) -> HttpResponse:
    """Say that the store is closed for now, and nothing of what the link would show.

    Args:
        what: cannot be had until it opens again, as a sentence begins.
    """
    page = render_to_string("closed_store.html", {"home": "/", "what": what})
    return HttpResponse(page, status=403, headers=HEADERS)
