"""The first page at `/`: what this is, and the way to everything else."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def landing_page(request: HttpRequest) -> HttpResponse:
    """The landing page; its example names the address that the visitor used."""
    return render(request, "landing.html", {"base": settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")})
