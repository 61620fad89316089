"""The parser of JSON bodies (guarantees, G9 and G14)."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from petstore.interfaces.representation.json_text import JSON_MEDIA_TYPE, check_json_media_type, parse_strict_json


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without duplicate keys, NUL, lone surrogates, non-finite or huge numbers, or deep nesting."""

    media_type = JSON_MEDIA_TYPE

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        check_json_media_type(media_type or "")
        return parse_strict_json(stream.read())
