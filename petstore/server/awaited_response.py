"""Responses that are still being made: a view returns at once, and the event loop waits for what answers.

A view runs in one of a few request threads. Where it has to wait for another service, whose first byte may take half a
minute, it returns an `AwaitedResponse` instead: the middleware runs over that, the thread is free, and the final
response, whose status nobody knows before, is made in the event loop.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextvars import copy_context
from typing import Any

from asgiref.sync import async_to_sync
from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_vary_headers

MakeResponse = Callable[[], Awaitable[HttpResponseBase]]
FinishResponse = Callable[[HttpResponseBase], HttpResponseBase]

CLIENT_LEFT = 499
"""The status under which a request is counted whose caller left before there was a response, as nginx has it."""
_OF_CONTENT = frozenset(("content-type", "content-length"))


class ServerStopping(Exception):
    """The server stops, and the response will not be made."""


class EndableStream(StreamingHttpResponse):
    """A stream of minutes that can be asked to come to its end, because the server stops."""

    def __init__(
        self, chunks: AsyncIterator[bytes], *, end_early: Callable[[], object], headers: Mapping[str, str]
    ) -> None:
        """Remember how to end the stream.

        Args:
            chunks: if it has `aclose`, that is awaited at the end, also where nothing was read.
            end_early: makes `chunks` end soon; called in the event loop.
        """
        super().__init__(chunks, headers=headers)
        self.end_early = end_early


class AwaitedResponse(HttpResponse):
    """A response without content that stands for one which is still being made.

    The final response gets the headers and cookies that the middleware has set on this one, where it has none of its
    own. What depends on the final status or content is done by `finish_with`.

    Attributes:
        request_context: the context variables of the request, such as its id in the log and its tenant scope; the final
            response is made and sent in it.
        request: set by the handler.
        final: the final response, once there is one.
    """

    request: HttpRequest

    def __init__(self, make: MakeResponse) -> None:
        """Remember how to make the final response.

        Args:
            make: awaited once, in the event loop, and cancelled when the caller leaves or the server stops. It must
                neither block nor read the request's body, which is closed by then. What it raises becomes what
                Django makes of a view's exception.
        """
        super().__init__()
        self.request_context = copy_context()
        self.final: HttpResponseBase | None = None
        self._make = make
        self._making: asyncio.Future[HttpResponseBase] | None = None
        self._is_stopped = False
        self._finishers: list[FinishResponse] = []
        self._afterwards: list[Callable[[], object]] = []

    def finish_with(self, finish: FinishResponse) -> None:
        """Call this with the final response, after those that were named before; it returns the one to send."""
        self._finishers.append(finish)

    def do_afterwards(self, call: Callable[[], object]) -> None:
        """Call this in a request thread once the final response was sent, or was given up."""
        self._afterwards.append(call)

    def close_final(self, final: HttpResponseBase) -> None:
        """Close the final response, and do what was to be done afterwards."""
        try:
            final.close()
        finally:
            self.run_afterwards()

    def run_afterwards(self) -> None:
        """Do once what was to be done afterwards."""
        while self._afterwards:
            self._afterwards.pop(0)()

    async def make_final(self) -> HttpResponseBase:
        """Make the final response, with a Content-Length unless it is a stream.

        Raises:
            ServerStopping: `stop_making` was called meanwhile.
        """
        self._making = asyncio.ensure_future(self._make())
        try:
            final = await self._making
        except asyncio.CancelledError:
            if self._is_stopped:
                raise ServerStopping from None
            if self._making.done() and not self._making.cancelled() and not self._making.exception():
                self.finish_response(self._making.result())  # the caller left just now: it has to be closed
            raise
        except Exception as error:  # noqa: BLE001  # as Django's handler does around a view: it is logged and becomes a 500
            final = response_for_exception(self.request, error)
        return self.finish_response(final)

    def stop_making(self) -> None:
        """Give up what is still being made, or ask the stream to end. Called in the event loop."""
        self._is_stopped = True
        if isinstance(self.final, EndableStream):
            self.final.end_early()
        elif self._making is not None:
            self._making.cancel()

    def finish_response(self, final: HttpResponseBase) -> HttpResponseBase:
        """Give a final response what the middleware has for it."""
        for finish in self._finishers:
            final = finish(final)
        self._copy_headers(final)
        if isinstance(final, HttpResponse):
            final["Content-Length"] = str(len(final.content))
        self.final = final
        self._forget_request()
        return final

    def _forget_request(self) -> None:
        """Let go of all that only making the response needed: a stream of minutes would keep it."""
        self._finishers, self._making = [], None
        vars(self).pop("_make", None)
        vars(self).pop("request", None)

    def _copy_headers(self, final: HttpResponseBase) -> None:
        for name, value in self.items():
            if name.lower() == "vary" and name in final.headers:
                patch_vary_headers(final, value.split(", "))
            elif name.lower() not in _OF_CONTENT:
                final.headers.setdefault(name, value)
        for name, morsel in self.cookies.items():
            final.cookies.setdefault(name, morsel)


async def close_chunks(response: HttpResponseBase) -> None:
    """Close the iterator of an asynchronous stream, also where it was never read."""
    if isinstance(response, StreamingHttpResponse) and response.is_async:
        close = getattr(response._iterator, "aclose", None)  # type: ignore[attr-defined]  # noqa: SLF001  # Django keeps it nowhere else
        if close is not None:
            await close()


def wait_for_final(response: AwaitedResponse) -> HttpResponse:
    """Make the final response in this thread and return it whole, for callers without an event loop."""

    async def make_whole() -> HttpResponse:
        final = await response.make_final()
        if isinstance(final, HttpResponse):
            return final
        try:
            return await _collect_stream(final)
        finally:
            await close_chunks(final)

    whole: HttpResponse = response.request_context.run(async_to_sync(make_whole))
    response.run_afterwards()
    return whole


async def _collect_stream(stream: Any) -> HttpResponse:
    """Read a stream to its end and return it as a whole response."""
    chunks = [chunk async for chunk in stream] if stream.is_async else list(stream)
    whole = HttpResponse(b"".join(chunks), status=stream.status_code, headers=dict(stream.items()))
    whole.cookies = stream.cookies
    return whole
