"""Event streams of services that the operator names: one POST, and the lines of its answer as they come.

The address is the operator's own word, so it may be a private one (docs/decisions, 0038); URLs that callers give go
through `outbound.client`. It follows no redirect, uses no proxy of the environment, and bounds time and size.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from weakref import WeakKeyDictionary

import httpx2

from outbound.connections import ExchangeFailed, Failure, load_system_trust

CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 30.0
"""Time until the first byte, and between any two."""
MAX_LINE = 256 * 1024
MAX_STREAM = 4 * 1024 * 1024
"""Bytes of an answer."""
MEDIA_TYPE = "text/event-stream"

_TIMEOUT = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS, pool=None)
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
"""A connection for each answer: to close it is what tells the service to stop."""
_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient] = WeakKeyDictionary()


async def stream_event_lines(
    url: str, *, body: bytes, headers: Mapping[str, str], seconds: float
) -> AsyncGenerator[bytes, None]:
    """POST to an address and yield the lines of the event stream that it answers with, without their ends.

    Args:
        headers: besides those that are set here.
        seconds: for everything, from the connection to the last byte.

    Raises:
        ExchangeFailed: there is no whole answer, or it is no event stream. Its message holds nothing of the answer.
    """
    own = {
        "Accept": MEDIA_TYPE,
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    ends = asyncio.get_running_loop().time() + seconds
    try:
        request = _find_client().build_request("POST", url, content=_send_once(body), headers={**own, **headers})
        del body
        async with asyncio.timeout_at(ends):
            response = await _find_client().send(request, stream=True)
        del request
        try:
            _require_event_stream(response)
            async with aclosing(_split_lines(_read_in_time(response, ends))) as lines:
                async for line in lines:
                    yield line
        finally:
            await response.aclose()
    except (TimeoutError, httpx2.TimeoutException) as error:
        raise ExchangeFailed(Failure.TIMEOUT) from error
    except (httpx2.ConnectError, httpx2.ReadError, httpx2.WriteError, httpx2.CloseError) as error:
        raise ExchangeFailed(Failure.CONNECTION) from error
    except httpx2.TransportError as error:
        raise ExchangeFailed(Failure.PROTOCOL) from error


async def _send_once(body: bytes) -> AsyncGenerator[bytes, None]:
    """Yield the body; bytes would be kept with the request as long as its answer lasts."""
    yield body


def _find_client() -> httpx2.AsyncClient:
    """Return the client of the running event loop."""
    loop = asyncio.get_running_loop()
    client = _clients.get(loop)
    if client is None:
        client = httpx2.AsyncClient(
            verify=load_system_trust(),
            timeout=_TIMEOUT,
            limits=_LIMITS,
            trust_env=False,
            headers={"User-Agent": "Petstore", "Connection": "close"},
        )
        _clients[loop] = client
    return client


def _require_event_stream(response: httpx2.Response) -> None:
    if response.is_redirect:
        raise ExchangeFailed(Failure.REDIRECT)
    if response.status_code != httpx2.codes.OK:
        raise ExchangeFailed(Failure.STATUS, str(response.status_code))
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type != MEDIA_TYPE or response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ExchangeFailed(Failure.MEDIA_TYPE)


async def _read_in_time(response: httpx2.Response, ends: float) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of a response as they come; raises TimeoutError where they take too long together."""
    received = 0
    async with aclosing(response.aiter_raw()) as chunks:
        while True:
            async with asyncio.timeout_at(ends):
                chunk = await anext(chunks, b"")
            if not chunk:
                return
            received += len(chunk)
            if received > MAX_STREAM:
                raise ExchangeFailed(Failure.TOO_LARGE)
            yield chunk


async def _split_lines(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield whole lines; a line ends with LF or CRLF, and what follows the last end is none."""
    begun = b""
    async for chunk in chunks:
        *lines, begun = (begun + chunk).split(b"\n")
        for line in lines:
            yield line.removesuffix(b"\r")
        if len(begun) > MAX_LINE:
            raise ExchangeFailed(Failure.TOO_LARGE)
