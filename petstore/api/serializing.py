"""Input that is strict about what it does not know (contract, Errors)."""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from rest_framework import serializers


class Input(serializers.Serializer[Any]):
    """A request body. Unknown fields are refused, but for those in `ignored`."""

    ignored: ClassVar[frozenset[str]] = frozenset()

    default_error_messages: ClassVar[dict[str, Any]] = {"unknown_field": "There is no such field."}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields and name not in self.ignored]
            if unknown:
                message = self.error_messages["unknown_field"]
                raise serializers.ValidationError(
                    {name: [serializers.ErrorDetail(str(message), "unknown_field")] for name in sorted(unknown)[:20]}
                )
        return super().to_internal_value(data)

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """The validated values of a body; raises DRF's ValidationError."""
        values: dict[str, Any] = _reader(cls).run_validation(data)
        return values


@cache
def _reader(kind: type[Input]) -> Input:
    """One instance serves all requests: validation keeps nothing on it, and making one copies every field."""
    return kind()


class Output(serializers.Serializer[Any]):
    """An answer's shape: what OpenAPI shows and what `petstore.api.presenting` compiles."""
