"""JSON Schemas of frames: drf-spectacular's mapping of the serializers that read and write them, as in OpenAPI."""

from typing import Any, Final

from drf_spectacular.plumbing import ComponentRegistry
from rest_framework import serializers
from rest_framework.views import APIView

from kernel.money import SHOWN_AMOUNT_PATTERN
from petstore.interfaces.asyncapi.parts import Schema
from petstore.interfaces.representation.fields import AmountField
from petstore.interfaces.representation.serializers import OutputSerializer
from petstore.interfaces.rest.openapi.schema import Operation

SerializerClass = type[serializers.Serializer[Any]]

_INPUT_LIMITS: Final = ("default", "minimum", "maximum")


class _NoView(APIView):
    """Stands where drf-spectacular looks for a view: frames have none."""

    request = None  # type: ignore[assignment]  # there is none
    format_kwarg = None


class FrameInspector(Operation):
    """Describes frames; what they refer to becomes a component.

    Unlike OpenAPI's schemas of bodies, those of frames leave room for members that come later.
    """

    def __init__(self) -> None:
        super().__init__()
        self.registry = ComponentRegistry()
        self.view = _NoView()

    def describe_input(self, serializer: SerializerClass) -> Schema:
        """Describe what a client sends."""
        described: Schema = self._map_serializer(serializer(), "request")
        return described

    def describe_output(self, serializer: SerializerClass) -> Schema:
        """Describe what the store sends."""
        described: Schema = self._map_serializer(serializer(), "response")
        return described

    def refer_to_output(self, serializer: SerializerClass) -> Schema:
        """Describe what the store sends as a component, and return a reference to it."""
        reference: Schema = self.resolve_serializer(serializer, "response").ref
        return reference

    def list_components(self) -> dict[str, Schema]:
        """Return the schemas that what was described refers to, by name."""
        schemas: dict[str, Schema] = self.registry.build({}).get("schemas", {})
        return schemas

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Schema:
        shape: Schema = super(Operation, self)._map_basic_serializer(serializer, direction)
        if isinstance(serializer, OutputSerializer):
            fields = serializer.fields
            shape["required"] = [name for name in shape["properties"] if _is_always_sent(fields[name])]
            for name, schema in shape["properties"].items():
                _drop_input_limits(schema, fields[name])
        return shape

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        is_shown_amount = isinstance(field, AmountField) and direction == "response"
        return {**schema, "pattern": SHOWN_AMOUNT_PATTERN} if is_shown_amount else schema


def _is_always_sent(field: Any) -> bool:
    """Return whether a field of an output is always there: one that may be null is there, and null."""
    return bool(field.required or field.allow_null)


def _drop_input_limits(schema: Schema, field: Any) -> None:
    """Remove what holds for input only."""
    for name in _INPUT_LIMITS:
        schema.pop(name, None)
    if schema.get("minLength") == 1 and getattr(field, "min_length", None) is None:
        del schema["minLength"]
