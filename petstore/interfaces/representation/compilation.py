"""Compile an OutputSerializer into one function that represents objects fast.

The serializer stays the only description of the resource. A test compares both ways, byte for byte.
"""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from rest_framework import serializers

from petstore.interfaces.representation.serializers import OutputSerializer

Row = Callable[[Any], Any]


@cache
def compile_representation(output: type[OutputSerializer]) -> Callable[[Any], dict[str, Any]]:
    """Return a function that makes of an object the data that the serializer would make."""
    columns = tuple(compile_field_readers(output).items())

    def represent_row(source: Any) -> dict[str, Any]:
        return {name: row(source) for name, row in columns}

    return represent_row


def compile_field_readers(output: type[OutputSerializer]) -> dict[str, Row]:
    """Return, for each field of the representation, a function that reads it from an object."""
    return {name: _compile_field_reader(field) for name, field in output().fields.items()}


def _compile_field_reader(field: serializers.Field[Any, Any, Any, Any]) -> Row:
    if isinstance(field, OutputSerializer):
        return _compile_nested_serializer(field)
    read = attrgetter(_get_source_attribute(field))
    convert = field.represent_value if hasattr(field, "represent_value") else field.to_representation
    if convert is None:
        return read
    return lambda source: None if (value := read(source)) is None else convert(value)


def _compile_nested_serializer(field: OutputSerializer) -> Row:
    inner = compile_representation(type(field))
    if field.source == "*":
        return inner
    read = attrgetter(_get_source_attribute(field))
    return lambda source: inner(read(source))


def _get_source_attribute(field: serializers.Field[Any, Any, Any, Any]) -> str:
    """Return the attribute that a field reads; fields know it once they belong to a serializer."""
    return str(field.source)
