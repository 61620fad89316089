"""Base classes of input and output serializers; input refuses unknown fields (contract, Errors)."""

import re
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any, ClassVar

from rest_framework import serializers

from kernel.cards import holds_card_number

MAX_UNKNOWN = 20
_SHOWABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}\Z")


class InputSerializer(serializers.Serializer[Any]):
    """A request body. Unknown fields are refused, except those in `ignored`."""

    ignored: ClassVar[frozenset[str]] = frozenset()

    default_error_messages: ClassVar[dict[str, Any]] = {"unknown_field": "There is no such field."}

    @cached_property
    def known_field_names(self) -> frozenset[str]:
        """Return the names that a body may have."""
        return self.ignored.union(self.fields)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.known_field_names]
            if unknown:
                fault = serializers.ErrorDetail(str(self.error_messages["unknown_field"]), "unknown_field")
                raise serializers.ValidationError(
                    {mask_field_name(name): [fault] for name in sorted(unknown)[:MAX_UNKNOWN]}
                )
        return super().to_internal_value(data)

    @classmethod
    def validate_request_body(cls, data: Any) -> dict[str, Any]:
        """Return the validated values of a body; raise DRF's ValidationError for a bad one."""
        values: dict[str, Any] = _get_shared_instance(cls).run_validation(data)
        return values


def mask_field_name(name: str) -> str:
    """Return an unknown name if an error may repeat it: it looks like a name and holds no card number."""
    return name if _SHOWABLE.match(name) and not holds_card_number(name) else "non_field_errors"


@cache
def _get_shared_instance(kind: type[InputSerializer]) -> InputSerializer:
    """Return the one instance for all requests: validation keeps nothing on it, and making one copies every field."""
    return kind()


class OutputSerializer(serializers.Serializer[Any]):
    """A response's shape, as OpenAPI shows it and `petstore.interfaces.representation.compilation` compiles it."""
