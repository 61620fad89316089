"""The handshakes of web sockets, read as requests are: one reading of hosts, headers and addresses."""

from dataclasses import dataclass
from io import BytesIO

from django.core.handlers.asgi import ASGIRequest

from kernel.caller import Credentials, Peer
from petstore.interfaces.entry.request_heads import check_request_head
from petstore.interfaces.http.callers import credentials_of_request, peer_of_request, tenant_header_of
from petstore.interfaces.http.problems import Problem
from petstore.interfaces.http.site_address import build_site_url
from petstore.server.asgi_handler import Scope
from petstore.server.request_head import Refused
from petstore.server.request_limits import REPEATED_HEADER, find_repeated_header, make_scope_readable


@dataclass(frozen=True, slots=True)
class Handshake:
    """The caller, tenant and site that the handshake of a web socket names.

    Attributes:
        authorization: the header as the client wrote it, None without one.
        tenant: as in X-Tenant-ID, None without one.
        site: the address of the site, for links.
        fault: what is wrong with the head; None if nothing is.
    """

    authorization: str | None
    credentials: Credentials
    tenant: str | None
    peer: Peer
    site: str
    fault: Problem | None = None


def read_handshake(scope: Scope) -> Handshake:
    """Read a handshake; raises Refused where its head is none that a request may have."""
    handshake = read_faulty_handshake(scope)
    if handshake.fault is not None:
        raise Refused(handshake.fault.status, handshake.fault.detail)
    return handshake


def read_faulty_handshake(scope: Scope) -> Handshake:
    """Read a handshake whose fault is told on the open socket; raises Refused for a host that is not ours."""
    scheme = {"wss": "https"}.get(scope.get("scheme", "ws"), "http")
    request = ASGIRequest(make_scope_readable({**scope, "method": "GET", "scheme": scheme}), BytesIO())
    repeated = find_repeated_header(scope["headers"])
    if repeated:
        request.META[REPEATED_HEADER] = repeated
    fault = check_request_head(request)
    if fault is not None and "host" not in vars(request):
        raise Refused(fault.status, fault.detail)
    return Handshake(
        authorization=request.META.get("HTTP_AUTHORIZATION"),
        credentials=credentials_of_request(request),
        tenant=tenant_header_of(request),
        peer=peer_of_request(request),
        site=build_site_url(request),
        fault=fault,
    )
