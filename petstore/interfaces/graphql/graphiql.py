"""Show GraphiQL, of our own files only (contract, GraphQL)."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

HTML_MEDIA_TYPE: Final = "text/html"
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The library writes styles of its own, and its fonts stand in its style sheet."""


def show_graphiql(request: HttpRequest) -> HttpResponse:
    """Return the page, in which a token is kept no longer than the window is open."""
    page = render_to_string("graphiql.html", request=request)
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
    return HttpResponse(page, content_type=f"{HTML_MEDIA_TYPE}; charset=utf-8", headers=headers)
