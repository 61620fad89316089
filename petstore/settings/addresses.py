"""Prefixes of the interfaces' addresses."""

API_PREFIX = "/v1/"
MCP_PATH = "/mcp"
SOAP_PATH = "/soap"
GRAPHQL_PATH = f"{API_PREFIX}graphql"
BACK_OFFICE_PREFIX = "/admin/"
OAUTH_PREFIX = "/oauth/"
OAUTH_METADATA_PREFIX = "/.well-known/oauth-"
