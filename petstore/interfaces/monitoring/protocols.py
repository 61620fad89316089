"""Names of the protocols, for metrics and the access log."""

from typing import Final

from django.conf import settings

from petstore.settings import addresses

OTHER_PAGES: Final = "pages"
_OF_PREFIX: Final = (
    (settings.GRAPHQL_PATH, "graphql"),
    (addresses.WEB_SOCKET_PREFIX, "websocket"),
    (settings.API_PREFIX, "rest"),
    (settings.MCP_PATH, "mcp"),
    (settings.SOAP_PATH, "soap"),
    (settings.SOCKET_IO_PATH, "socketio"),
    (settings.OAUTH_PREFIX, "oauth"),
    (addresses.OAUTH_METADATA_PREFIX, "oauth"),
    (settings.BACK_OFFICE_PREFIX, "backoffice"),
    ("/petstore.v1.", "grpc"),
    ("/grpc.", "grpc"),
)


def name_protocol(route: str) -> str:
    """Return the protocol of a route, such as `rest` of `/v1/pets`; pages for people are `pages`."""
    return next((name for prefix, name in _OF_PREFIX if route.startswith(prefix)), OTHER_PAGES)
