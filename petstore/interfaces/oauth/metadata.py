"""The documents by which clients find everything else (RFC 8414, RFC 9728; contract, OAuth 2.0)."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kernel.access import TokenScope
from petstore.interfaces.entry.request_heads import check_request_head
from petstore.interfaces.http.oauth_errors import build_oauth_error
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.oauth.validator import CHALLENGE_METHOD, DEVICE_GRANT

Document = dict[str, Any]
CACHE_CONTROL: Final = "public, max-age=3600"
STORE_NAME: Final = "Pet Store"
MCP_SCOPES: Final = (TokenScope.READ_PETS, TokenScope.READ_ORDERS, TokenScope.WRITE_ORDERS)
"""The scopes that its tools ask for."""
_SECRET_METHODS: Final = ("client_secret_basic", "client_secret_post")
_CLIENT_METHODS: Final = (*_SECRET_METHODS, "none")


def metadata_view(describe: Callable[[str], Document]) -> Callable[[HttpRequest], HttpResponse]:
    """Make the view of a document that depends on the address of the store alone."""

    @wraps(describe)
    def show_document(request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return build_oauth_error(405, "This document is read by GET.", headers=(("Allow", "GET, HEAD"),))
        problem = check_request_head(request)
        if problem is not None:
            return build_oauth_error(problem.status, problem.detail or problem.title, headers=problem.headers)
        response = HttpResponse(orjson.dumps(describe(build_site_url(request))), content_type="application/json")
        response["Cache-Control"] = CACHE_CONTROL
        return response

    return show_document


@metadata_view
def describe_authorization_server(site_url: str) -> Document:
    """Describe the authorization server (RFC 8414, 2)."""
    oauth = site_url + settings.OAUTH_PREFIX
    return {
        "issuer": site_url,
        "authorization_endpoint": f"{oauth}authorize",
        "token_endpoint": f"{oauth}token",
        "revocation_endpoint": f"{oauth}revoke",
        "introspection_endpoint": f"{oauth}introspect",
        "device_authorization_endpoint": f"{oauth}device/authorize",
        "scopes_supported": list(TokenScope),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", DEVICE_GRANT],
        "token_endpoint_auth_methods_supported": _CLIENT_METHODS,
        "revocation_endpoint_auth_methods_supported": _CLIENT_METHODS,
        "introspection_endpoint_auth_methods_supported": _SECRET_METHODS,
        "code_challenge_methods_supported": [CHALLENGE_METHOD],
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{site_url}{settings.API_PREFIX}docs",
    }


@metadata_view
def describe_store_resource(site_url: str) -> Document:
    """Describe the store as a protected resource (RFC 9728, 2)."""
    return _describe_resource(site_url, site_url, STORE_NAME, tuple(TokenScope))


@metadata_view
def describe_mcp_resource(site_url: str) -> Document:
    """Describe the address for assistants as a protected resource (RFC 9728, 2)."""
    return _describe_resource(site_url, site_url + settings.MCP_PATH, f"{STORE_NAME}, for assistants", MCP_SCOPES)


def _describe_resource(site_url: str, resource: str, name: str, scopes: tuple[TokenScope, ...]) -> Document:
    return {
        "resource": resource,
        "resource_name": name,
        "authorization_servers": [site_url],
        "scopes_supported": scopes,
        "bearer_methods_supported": ["header"],
        "resource_documentation": f"{site_url}{settings.API_PREFIX}docs",
    }
