"""The routes of the service, and one that fails."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from petstore import urls

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500


def fail(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the inside of the service")


urlpatterns = [path("v1/failing", fail), path("failing", fail), *urls.urlpatterns]
