"""The first page at `/`, with links to the API reference, the back office and the health check."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def show_landing_page(request: HttpRequest) -> HttpResponse:
    """Show the landing page; its example has the address that the visitor used."""
    site = settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
    return render(request, "landing.html", {"api": f"{site}{settings.API_PREFIX}"})
