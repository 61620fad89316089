"""Find what a message asks for, and whether its caller may come in at all (contract, MCP)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from django.http import HttpRequest

from accounts.errors import BadToken
from kernel.access import TokenScope, UseCase, access_of, requires_access
from kernel.errors import DomainError, InsufficientScope, Kind
from pets.queries import list_pets_with_photos
from petstore.interfaces.calls import find_scoped_caller
from petstore.interfaces.http.callers import credentials_of_request, peer_of_request, tenant_header_of
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.mcp.callers import HttpCaller, choose_threads
from petstore.interfaces.mcp.resources import find_resource_kind
from petstore.interfaces.mcp.tools import TOOLS

SCOPES: Final = (TokenScope.READ_PETS, TokenScope.READ_ORDERS, TokenScope.WRITE_ORDERS)
"""The scopes of all tools and resources."""
METADATA_PATH: Final = "/.well-known/oauth-protected-resource/mcp"


@requires_access(is_token_optional=True)
def greet_caller() -> None:
    """Stand for messages that touch no row: the handshake, the lists of tools and prompts."""


def find_use_cases(message: object) -> list[UseCase]:
    """Return the use cases that a message calls, of which the caller must be let into each."""
    if not isinstance(message, Mapping):
        return [greet_caller]
    params = message.get("params")
    named = params if isinstance(params, Mapping) else {}
    return [*_find_named_use_cases(message.get("method"), named)] or [greet_caller]


def admit_request(request: HttpRequest, use_cases: Iterable[UseCase]) -> HttpCaller:
    """Let the caller of a request in.

    Raises:
        BadToken, ForeignToken
        MembersOnly, LoginRequired, Forbidden: a use case's Access does not let them in.
    """
    credentials, peer, entrance = credentials_of_request(request), peer_of_request(request), vars(request)["entrance"]
    scoped = find_scoped_caller(credentials, entrance, peer)
    for use_case in use_cases:
        scoped.admit_to(use_case)
    return HttpCaller(
        credentials=credentials,
        tenant_header=tenant_header_of(request),
        peer=peer,
        site=build_site_url(request),
        run_job=choose_threads(),
        scoped=scoped,
    )


def build_challenge(error: DomainError, site: str, use_cases: Iterable[UseCase]) -> str | None:
    """Build the challenge by which a client finds out how to get a token, or a better one (RFC 9728, 5.1; RFC 6750, 3).

    Args:
        site: the address of the site.
        use_cases: what was asked for.
    """
    metadata = f'resource_metadata="{site}{METADATA_PATH}"'
    if isinstance(error, InsufficientScope):
        return f'Bearer error="insufficient_scope", scope="{error.scope}", {metadata}'
    if error.kind is not Kind.UNAUTHENTICATED:
        return None
    wanted = {access_of(use_case).scope for use_case in use_cases} - {None}
    scope = " ".join(scope for scope in SCOPES if scope in wanted or not wanted)
    fault = 'error="invalid_token", ' if isinstance(error, BadToken) else ""
    return f'Bearer {fault}{metadata}, scope="{scope}"'


def _find_named_use_cases(method: object, params: Mapping[str, Any]) -> Iterator[UseCase]:
    if method == "tools/call" and isinstance(name := params.get("name"), str) and name in TOOLS:
        yield TOOLS[name].use_case
    if method == "resources/list":
        yield list_pets_with_photos
    uris: list[object] = [params.get("uri")] if method == "resources/read" else []
    if method == "subscriptions/listen":
        uris = _list_watched_uris(params)
    yield from (kind.use_case for kind in map(find_resource_kind, uris) if kind)


def _list_watched_uris(params: Mapping[str, Any]) -> list[object]:
    wanted = params.get("notifications")
    uris = wanted.get("resourceSubscriptions") if isinstance(wanted, Mapping) else None
    return uris if isinstance(uris, list) else []
