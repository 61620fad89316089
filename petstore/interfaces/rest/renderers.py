"""Render JSON: UTF-8, times in whole seconds with Z (contract, Conventions)."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpResponse
from rest_framework.renderers import BaseRenderer

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def render_json_bytes(data: Any) -> bytes:
    """Return the JSON text of plain data, UUIDs and aware datetimes."""
    return orjson.dumps(data, option=_OPTIONS)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None  # JSON has no charset parameter (RFC 8259, 11)

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else render_json_bytes(data)


class Response(HttpResponse):
    """A response in JSON, or without content where there are no data.

    DRF's own is rendered after content negotiation; this one is rendered at once: JSON is the only format.
    """

    def __init__(self, data: Any = None, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        body = b"" if data is None else render_json_bytes(data)
        super().__init__(body, status=status, headers=headers, content_type=JSONRenderer.media_type)
        if data is None:
            del self.headers["Content-Type"]
