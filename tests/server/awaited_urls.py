"""Views whose responses are still being made, among the routes of the service."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import path

from petstore import urls
from petstore.server.awaited_response import AwaitedResponse, EndableStream, MakeResponse

handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500

OPEN: set[object] = set()
"""What is being made or streamed in this process."""


async def _wait_a_moment(status: int) -> HttpResponse:
    await asyncio.sleep(0.05)
    response = HttpResponse(b"whole", status=status, headers={"Vary": "Accept", "X-Of-Its-Own": "kept"})
    response.set_cookie("flavour", "plain")
    return response


async def _wait_for_ever() -> HttpResponse:
    token = object()
    OPEN.add(token)
    try:
        await asyncio.sleep(3600)
    finally:
        OPEN.discard(token)
    return HttpResponse()


async def _fail() -> HttpResponse:
    await asyncio.sleep(0)
    raise RuntimeError("the inside of the service")


async def _count(ending: asyncio.Event) -> AsyncIterator[bytes]:
    token = object()
    OPEN.add(token)
    try:
        yield b"one "
        yield b""
        while not ending.is_set():
            await asyncio.sleep(0.05)
            yield b"more "
        yield b"the end"
    finally:
        OPEN.discard(token)


async def _start_counting() -> HttpResponseBase:
    ending = asyncio.Event()
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    return EndableStream(_count(ending), end_early=ending.set, headers=headers)


def _await(make: MakeResponse, request: HttpRequest) -> AwaitedResponse:
    assert request.body is not None
    return AwaitedResponse(make)


def _tell_open(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(OPEN)))


def _route(name: str, make: MakeResponse) -> object:
    return path(f"v1/awaited/{name}", partial(_await, make))


urlpatterns = [
    _route("whole", partial(_wait_a_moment, 201)),
    _route("refused", partial(_wait_a_moment, 503)),
    _route("fails", _fail),
    _route("never", _wait_for_ever),
    _route("stream", _start_counting),
    path("v1/open", _tell_open),
    *urls.urlpatterns,
]
