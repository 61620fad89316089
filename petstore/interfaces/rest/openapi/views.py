"""Serve /v1/openapi.json, /v1/openapi.yaml and /v1/docs (contract, Base)."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
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
class RenderedDocument:
    """A rendered document and its ETag."""

    text: bytes
    etag: str


_WRITERS: dict[str, Callable[[], Any]] = {"json": OpenApiJsonRenderer, "yaml": OpenApiYamlRenderer}


@cache
def render_openapi_document(form: str) -> RenderedDocument:
    """Render the OpenAPI document, once a process.

    Args:
        form: json or yaml.
    """
    return render_document_text(get_openapi_document(), form)


def render_document_text(document: dict[str, Any], form: str) -> RenderedDocument:
    """Render a document as json or yaml."""
    text: bytes = _WRITERS[form]().render(document, renderer_context={})
    return RenderedDocument(text, f'"{hashlib.sha256(text).hexdigest()[:32]}"')


class _TextRenderer(BaseRenderer):
    """Sends a text that is rendered already."""

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
    """A view that is open to everybody in every tenant and is not part of the document itself."""

    schema = None
    permission_classes = ()

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """Answer 204 with the methods in Allow (RFC 9110, 9.3.7)."""
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})


class DocumentView(DocumentationView):
    """A document for machines.

    Attributes:
        form: json or yaml.
    """

    form = ""

    def render_document(self, request: Request) -> RenderedDocument:
        """Render the document that the caller asks for."""
        raise NotImplementedError

    def get(self, request: Request) -> Response:
        """Return the document, or 304 where the caller has it already."""
        document = self.render_document(request)
        held = find_matching_etag(request, document.etag)
        if held:
            return Response(status=304, headers={"ETag": held})
        return Response(document.text, headers={"ETag": document.etag})


class OpenApiView(DocumentView):
    """The OpenAPI document."""

    def render_document(self, request: Request) -> RenderedDocument:
        """Render the document, which is the same for everybody."""
        return render_openapi_document(self.form)


class OpenApiJsonView(OpenApiView):
    renderer_classes = (JsonRenderer, OpenApiJsonTextRenderer)
    form = "json"


class OpenApiYamlView(OpenApiView):
    renderer_classes = (YamlRenderer, OpenApiYamlTextRenderer)
    form = "yaml"


class DocsView(DocumentationView):
    renderer_classes = (HtmlRenderer,)

    def get(self, request: Request) -> Response:
        """Return the interactive documentation: Swagger UI, with nothing from another host."""
        page = render_to_string("docs.html", request=request._request)
        return Response(page.encode(), headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})
