"""Requests of sessions that poll: read in a request thread, answered by the event loop (docs/decisions, 0048)."""

from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from kernel.caller import NO_CREDENTIALS
from petstore.interfaces.entry.socket_callers import SocketCaller
from petstore.interfaces.http.callers import peer_of_request, tenant_header_of
from petstore.interfaces.http.problems import await_or_refuse
from petstore.interfaces.socketio.exchange import SessionRequest, answer_polling
from petstore.server.request_pool import RequestPool, find_current_pool


def answer_request(request: HttpRequest) -> HttpResponseBase:
    """Return the answer to one request of a session, which is still being made: a poll may wait 25 s."""
    query, method = request.GET, request.method or ""
    payload = request.read() if method == "POST" else b""
    asked = SessionRequest(query.get("transport"), query.get("EIO"), query.get("sid"), method, payload)
    caller = SocketCaller(NO_CREDENTIALS, tenant_header_of(request), peer_of_request(request))
    pool = find_current_pool() or RequestPool()
    return await_or_refuse(partial(_make_response, asked, caller, pool), request)


async def _make_response(asked: SessionRequest, caller: SocketCaller, pool: RequestPool) -> HttpResponseBase:
    reply = await answer_polling(asked, caller, pool)
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(reply.body, status=reply.status, content_type=reply.media_type, headers=headers)
