"""Render JSON: UTF-8, times in whole seconds with Z (contract, Conventions)."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.renderers import BaseRenderer

from petstore.interfaces.representation.json_text import JSON_MEDIA_TYPE, render_json_bytes


class JSONRenderer(BaseRenderer):
    media_type = JSON_MEDIA_TYPE
    format = "json"
    charset = None  # JSON has no charset parameter (RFC 8259, 11)

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else render_json_bytes(data)


class EventStreamRenderer(BaseRenderer):
    """Name the media type that Accept is compared with; the view writes the stream itself."""

    media_type = "text/event-stream"
    format = "sse"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        return data


class Response(HttpResponse):
    """A response in JSON, or without content where there are no data.

    DRF's own is rendered after content negotiation; this one is rendered at once: JSON is the only format.
    """

    def __init__(self, data: Any = None, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        body = b"" if data is None else render_json_bytes(data)
        super().__init__(body, status=status, headers=headers, content_type=JSONRenderer.media_type)
        if data is None:
            del self.headers["Content-Type"]
