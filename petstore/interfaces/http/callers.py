"""Credentials, tenant and peer of an HTTP request, for `petstore.interfaces.calls`."""

from django.http import HttpRequest

from kernel.caller import Credentials, Peer
from petstore.interfaces.http.client_ip import read_client_address


def credentials_of_request(request: HttpRequest) -> Credentials:
    """Return the bearer token of the request; remembered on the request."""
    notes = vars(request)
    if "credentials" not in notes:
        notes["credentials"] = Credentials.from_authorization_header(request.META.get("HTTP_AUTHORIZATION"))
    credentials: Credentials = notes["credentials"]
    return credentials


def tenant_header_of(request: HttpRequest) -> str | None:
    """Return X-Tenant-ID as the caller wrote it."""
    header: str | None = request.META.get("HTTP_X_TENANT_ID")
    return header


def peer_of_request(request: HttpRequest) -> Peer:
    """Return the client's address and the request's id; remembered on the request."""
    notes = vars(request)
    if "peer" not in notes:
        notes["peer"] = Peer(read_client_address(request), notes.get("request_id", ""))
    peer: Peer = notes["peer"]
    return peer
