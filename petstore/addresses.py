"""Where a request comes from (guarantees, G15)."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The peer's address or, behind TRUSTED_PROXIES, the last one they did not add to X-Forwarded-For."""
    peer = request.META.get("REMOTE_ADDR") or "127.0.0.1"
    if not settings.TRUSTED_PROXIES or not _is_trusted(peer):
        return peer
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        address = hop.strip()
        if not _is_address(address):
            return peer
        if not _is_trusted(address):
            return address
        peer = address
    return peer


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(text: str) -> bool:
    return _is_address(text) and any(ip_address(text) in network for network in settings.TRUSTED_PROXIES)
