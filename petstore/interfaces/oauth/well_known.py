"""Routes of the metadata documents, outside the prefix of everything else of OAuth 2.0."""

from django.conf import settings
from django.urls import path

from petstore.interfaces.oauth.metadata import (
    describe_authorization_server,
    describe_mcp_resource,
    describe_store_resource,
)

PROTECTED_RESOURCE = "oauth-protected-resource"

urlpatterns = [
    path("oauth-authorization-server", describe_authorization_server),
    path(PROTECTED_RESOURCE, describe_store_resource),
    path(PROTECTED_RESOURCE + settings.MCP_PATH, describe_mcp_resource),
]
