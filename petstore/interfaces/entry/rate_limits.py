"""Count requests against their quota, and say in the answer what is left of it (contract, Rate limits)."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLResolver, get_resolver

from kernel.access import Access, CountedBy, access_of
from petstore.interfaces.calls import CountedCall, count_against_quota
from petstore.interfaces.http.callers import credentials_of_request, peer_of_request
from petstore.server.response_headers import add_ready_headers

NOT_MODIFIED = 304
_PREFLIGHT = "HTTP_ACCESS_CONTROL_REQUEST_METHOD"
_IDENTIFYING = ("HTTP_AUTHORIZATION", "HTTP_X_TENANT_ID")
_ORDINARY = Access()
_NAMES = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "ratelimit-policy", "ratelimit")
"""Those of `list_rate_limit_headers`, in lower case."""


def count_request(request: HttpRequest) -> CountedCall | None:
    """Count a request; None where it is free. It is counted before its route is looked up, so unknown paths count."""
    if _is_preflight_request(request):
        return None
    access = _map_special_routes().get((request.method, request.path_info), _ORDINARY)
    return count_against_quota(credentials_of_request(request), access, peer_of_request(request))


def set_rate_limit_headers(counted: CountedCall, response: HttpResponse) -> None:
    """Say what is left of the quota; an answer of 304 is free and gives back what was counted."""
    if response.status_code == NOT_MODIFIED:
        counted = counted.restore_quota()
    add_ready_headers(response, dict(zip(_NAMES, list_rate_limit_headers(counted), strict=True)))


def list_rate_limit_headers(counted: CountedCall) -> tuple[tuple[str, str], ...]:
    """Return the headers that say what is left of a quota."""
    policy, state = counted.policy, counted.state
    return (
        ("RateLimit-Limit", str(state.limit)),
        ("RateLimit-Remaining", str(state.remaining)),
        ("RateLimit-Reset", str(state.resets_at)),
        ("RateLimit-Policy", f'"{policy}";q={state.limit};w={counted.quota[1]}'),
        ("RateLimit", f'"{policy}";r={state.remaining};t={counted.wait_seconds}'),
    )


@cache
def _map_special_routes() -> dict[tuple[str | None, str], Access]:
    """Return the routes whose use cases count against another quota than that of the token."""
    found: dict[tuple[str | None, str], Access] = {}
    for path, view in _list_routes("/", get_resolver().url_patterns):
        for method, action in getattr(view, "actions", {}).items():
            access = access_of(view.cls.use_cases[action])
            if access.counted_by is not CountedBy.TOKEN:
                found[method.upper(), path] = access
    return found


def _list_routes(prefix: str, patterns: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Yield the pattern and the view of each route."""
    for route in patterns:
        path = f"{prefix}{route.pattern}"
        if isinstance(route, URLResolver):
            yield from _list_routes(path, route.url_patterns)
        else:
            yield path, route.callback


def _is_preflight_request(request: HttpRequest) -> bool:
    """Recognise a browser's question on behalf of another origin (Fetch, 4.8), which never says who asks."""
    meta = request.META
    return request.method == "OPTIONS" and _PREFLIGHT in meta and not any(name in meta for name in _IDENTIFYING)
