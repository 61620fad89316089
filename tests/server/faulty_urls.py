"""Views that the bridge and the logs are tried with."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path


def _fail(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("card 4242424242424242")


def _echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.META['CONTENT_LENGTH']} {request.body.decode()}")


def _count(_request: HttpRequest) -> StreamingHttpResponse:
    def numbers() -> Iterator[bytes]:
        yield from (b"one ", b"", b"two")

    return StreamingHttpResponse(numbers())


urlpatterns = [path("fail", _fail), path("echo", _echo), path("count", _count)]
