"""The routes of /v1 by DRF's own way, in place of the short one (`petstore.interfaces.rest.dispatch`)."""

from typing import Any

from django.urls import URLPattern, include, path

from petstore import urls
from petstore.interfaces.rest.urls import urlpatterns as short

SHORT = "serve_request"
"""The name of the views that `petstore.interfaces.rest.dispatch.shorten_view` makes."""
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


def plain_route(route: URLPattern) -> URLPattern:
    """The route with the view that its short one stands for."""
    view: Any = route.callback
    return URLPattern(route.pattern, view.__wrapped__ if view.__name__ == SHORT else view)


urlpatterns = [path("v1/", include([plain_route(route) for route in short])), *urls.urlpatterns]
