"""Payloads made from a schema: well-formed ones, and ones with a single fault."""

import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from tests.asyncapi.documents import Document, resolve_reference

ADDED = {"requestId"}
"""Members that are served and were not promised: they can only be at fault in one of the two documents."""
PATTERNS = {
    r"^[\x21-\x7e]{1,64}$": ("c-1", "~" * 64, "!"),
    r"^[0-9]{1,10}\.[0-9]{2}$": ("150.00", "0.01", "9999999999.99"),
    r"^[A-Z]{3}$": ("USD", "EUR"),
}
"""Texts that the patterns of the documents take."""
WRONG = {
    "string": (7, None, ["x"], {"x": "x"}, True),
    "integer": ("7", 1.5, None),
    "boolean": ("true", 1, None),
    "object": ("x", [], None, 3),
    "array": ("x", {}, None),
    "null": ("x", 3),
}
"""Values that are of another type."""
BROKEN_TEXTS = {"uuid": "019b4139-1234", "date-time": "2026-05-13 10:00", "uri": "\x00"}
LONG = 5000


class Sampler:
    """Makes payloads from schemas of a document, always the same ones."""

    def __init__(self, document: Document, seed: object) -> None:
        self._document = document
        self._dice = random.Random(str(seed))

    def draw_payload(self, schema: Any) -> Any:
        """A payload that the schema takes."""
        merged = self._merge(schema)
        if "const" in merged:
            return merged["const"]
        if "enum" in merged:
            return self._dice.choice(merged["enum"])
        if "oneOf" in merged:
            return self.draw_payload(self._dice.choice(merged["oneOf"]))
        kinds = merged.get("type", "object")
        kind = self._dice.choice(kinds) if isinstance(kinds, list) else kinds
        return getattr(self, f"_draw_{kind}")(merged)

    def draw_faulty_payload(self, schema: Any) -> Any:
        """A payload with one fault, somewhere in it; it may be one that the schema takes all the same."""
        merged = self._merge(schema)
        payload = self.draw_payload(merged)
        if not isinstance(payload, dict) or not merged.get("properties") or self._dice.random() < 0.05:
            return self._break_value(merged)
        name = self._dice.choice([name for name in merged["properties"] if name not in ADDED])
        if name in payload and self._dice.random() < 0.4:
            del payload[name]
            return payload
        inner = self._merge(merged["properties"][name])
        goes_deeper = inner.get("properties") or "items" in inner
        payload[name] = self.draw_faulty_payload(inner) if goes_deeper else self._break_value(inner)
        return payload

    def _draw_object(self, schema: Any) -> Any:
        required = set(schema.get("required", ()))
        members = {
            name: self.draw_payload(inner)
            for name, inner in schema.get("properties", {}).items()
            if name in required or self._dice.random() < 0.5
        }
        return members | ({"later": 1} if self._dice.random() < 0.2 else {})

    def _draw_array(self, schema: Any) -> Any:
        return [self.draw_payload(schema["items"]) for _ in range(self._dice.choice((0, 1, 3)))]

    def _draw_string(self, schema: Any) -> Any:
        if "pattern" in schema:
            return self._dice.choice(PATTERNS[schema["pattern"]])
        if schema.get("format") == "uuid":
            return str(UUID(int=self._dice.getrandbits(128)))
        if schema.get("format") == "date-time":
            return self._dice.choice(("2026-05-13T10:00:00Z", "2026-05-13T10:00:00.5+02:00"))
        if schema.get("format") in ("uri", "uri-reference"):
            return "https://petstoreapi.com/errors/conflict"
        shortest, longest = schema.get("minLength", 0), min(schema.get("maxLength", 20), LONG)
        return "ü" * self._dice.choice((shortest, longest, 1))

    def _draw_integer(self, _schema: Any) -> Any:
        return self._dice.choice((400, 0, 20, 16384))

    def _draw_boolean(self, _schema: Any) -> Any:
        return self._dice.random() < 0.5

    def _draw_null(self, _schema: Any) -> Any:
        return None

    def _break_value(self, schema: Any) -> Any:
        kinds = schema.get("type", "string")
        kind = kinds[0] if isinstance(kinds, list) else kinds
        return self._dice.choice([*WRONG[kind], *self._broken_texts(schema)])

    def _broken_texts(self, schema: Any) -> Iterator[Any]:
        if "pattern" in schema:
            yield from ("", "ü", "1.5", "usd", "x" * 65, "two words")
        if schema.get("format") in BROKEN_TEXTS:
            yield BROKEN_TEXTS[schema["format"]]
        if "maxLength" in schema:
            yield from ("", "x" * LONG)
        if "enum" in schema or "const" in schema:
            yield from ("something else", "open")
        if "maxItems" in schema:
            yield [3]

    def _merge(self, schema: Any) -> Any:
        """A schema whose references and `allOf` are put together."""
        merged: dict[str, Any] = dict(resolve_reference(self._document, schema))
        for part in merged.pop("allOf", ()):
            inner = self._merge(part)
            properties = merged.get("properties", {}) | inner.get("properties", {})
            required = [*merged.get("required", ()), *inner.get("required", ())]
            merged |= {**inner, "properties": properties, "required": required}
        return merged
