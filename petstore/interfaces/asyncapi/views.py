"""Serve /v1/asyncapi.json, /v1/asyncapi.yaml and /v1/docs/live (contract, AsyncAPI)."""

from functools import lru_cache

from django.template.loader import render_to_string
from rest_framework.request import Request
from rest_framework.response import Response

from petstore.interfaces.asyncapi.document import build_asyncapi_document
from petstore.interfaces.asyncapi.outline import outline_document
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.rest.openapi.views import (
    DocumentationView,
    DocumentView,
    HtmlRenderer,
    JsonRenderer,
    RenderedDocument,
    YamlRenderer,
    render_document_text,
)

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
MAX_SITES = 16
"""Addresses of the service whose documents are kept: without a PUBLIC_URL it is the caller who names one."""


@lru_cache(maxsize=2 * MAX_SITES)
def render_asyncapi_document(site: str, form: str) -> RenderedDocument:
    """Render the AsyncAPI document for an address of the service.

    Args:
        form: json or yaml.
    """
    return render_document_text(build_asyncapi_document(site), form)


class AsyncApiJsonTextRenderer(JsonRenderer):
    media_type = "application/vnd.aai.asyncapi+json"
    format = "asyncapi+json"


class AsyncApiYamlTextRenderer(YamlRenderer):
    media_type = "application/vnd.aai.asyncapi+yaml"
    format = "asyncapi+yaml"


class AsyncApiView(DocumentView):
    """The AsyncAPI document."""

    def render_document(self, request: Request) -> RenderedDocument:
        """Render the document, whose servers are where the caller has found this one."""
        return render_asyncapi_document(build_site_url(request._request), self.form)


class AsyncApiJsonView(AsyncApiView):
    renderer_classes = (JsonRenderer, AsyncApiJsonTextRenderer)
    form = "json"


class AsyncApiYamlView(AsyncApiView):
    renderer_classes = (YamlRenderer, AsyncApiYamlTextRenderer)
    form = "yaml"


class LiveDocsView(DocumentationView):
    renderer_classes = (HtmlRenderer,)

    def get(self, request: Request) -> Response:
        """Return the document as a page, with nothing from another host."""
        outline = outline_document(build_asyncapi_document(build_site_url(request._request)))
        page = render_to_string("live_docs.html", {"outline": outline}, request=request._request)
        return Response(page.encode(), headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})
