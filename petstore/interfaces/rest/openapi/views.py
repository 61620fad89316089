"""/v1/openapi.json, /v1/openapi.yaml and /v1/docs (contract, Base)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from petstore.interfaces.rest.conditional import find_matching_etag
from petstore.interfaces.rest.negotiation import NegotiatedView
from petstore.interfaces.rest.openapi.document import get_openapi_document

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it goes out."""

    text: bytes
    etag: str


_generating = Lock()
"""The generator loads its extensions at its first use, and knows nothing of threads."""


@cache
def render_document(writer: type[OpenApiYamlRenderer]) -> Document:
    """The OpenAPI document, made once a process.

    Args:
        writer: turns it into text.
    """
    text: bytes = writer().render(get_openapi_document(), renderer_context={})
    return Document(text, f'"{hashlib.sha256(text).hexdigest()[:32]}"')


class _TextRenderer(BaseRenderer):
    """Sends a text that is written already."""

    charset: str | None = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return data or b""


class JsonRenderer(_TextRenderer):
    media_type = "application/json"
    format = "json"


class OpenApiJsonTextRenderer(_TextRenderer):
    media_type = "application/vnd.oai.openapi+json"
    format = "openapi+json"


class YamlRenderer(_TextRenderer):
    media_type = "application/yaml"
    format = "yaml"


class OpenApiYamlTextRenderer(_TextRenderer):
    media_type = "application/vnd.oai.openapi"
    format = "openapi"


class HtmlRenderer(_TextRenderer):
    media_type = "text/html"
    format = "html"
    charset = "utf-8"


class DocumentationView(NegotiatedView):
    """Open to everybody, whatever the tenant; not part of the document itself."""

    schema = None
    permission_classes = ()

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """204 with Allow: what can be done here (RFC 9110, 9.3.7)."""
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})


def _send_document(request: Request, made: Document) -> Response:
    held = find_matching_etag(request, made.etag)
    return Response(status=304, headers={"ETag": held}) if held else Response(made.text, headers={"ETag": made.etag})


class OpenApiJsonView(DocumentationView):
    renderer_classes = (JsonRenderer, OpenApiJsonTextRenderer)

    def get(self, request: Request) -> Response:
        """The document in JSON."""
        made = render_document(OpenApiJsonRenderer)
        return _send_document(request, made)


class OpenApiYamlView(DocumentationView):
    renderer_classes = (YamlRenderer, OpenApiYamlTextRenderer)

    def get(self, request: Request) -> Response:
        """The document in YAML."""
        made = render_document(OpenApiYamlRenderer)
        return _send_document(request, made)


class DocsView(DocumentationView):
    renderer_classes = (HtmlRenderer,)

    def get(self, request: Request) -> Response:
        """The interactive documentation: Swagger UI, with nothing from another host."""
        page = render_to_string("docs.html", request=request._request)
        return Response(page.encode(), headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})
