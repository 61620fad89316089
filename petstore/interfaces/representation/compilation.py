"""Compile an OutputSerializer into one function that represents objects fast.

The serializer stays the only description of the resource. A test compares both ways, byte for byte.
"""

from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter
from typing import Any

from rest_framework import serializers

from petstore.interfaces.representation.fields import show_blank_as_null
from petstore.interfaces.representation.serializers import OutputSerializer

Row = Callable[[Any], Any]
_Field = serializers.Field[Any, Any, Any, Any]


@cache
def compile_representation(output: type[OutputSerializer]) -> Callable[[Any], dict[str, Any]]:
    """Return a function that makes of an object the data that the serializer would make.

    Its attributes are read at once, and only those are touched again that do not go out as they are.
    """
    fields = output().fields
    nested = {
        name: _compile_nested_serializer(one) for name, one in fields.items() if isinstance(one, OutputSerializer)
    }
    plain = {name: field for name, field in fields.items() if name not in nested}
    converters = tuple((name, convert) for name, field in plain.items() if (convert := _find_converter(field)))
    blanks = tuple(name for name, field in plain.items() if _shows_blank_as_null(field))
    read, names, empty = _compile_attribute_reader(plain.values()), tuple(plain), dict.fromkeys(fields)

    def represent_row(source: Any) -> dict[str, Any]:
        data = empty | dict(zip(names, read(source), strict=True))
        for name in blanks:
            data[name] = data[name] or None
        for name, convert in converters:
            value = data[name]
            if value is not None:
                data[name] = convert(value)
        for name, represent in nested.items():
            data[name] = represent(source)
        return data

    return represent_row


def compile_field_readers(output: type[OutputSerializer]) -> dict[str, Row]:
    """Return, for each field of the representation, a function that reads it from an object."""
    return {name: _compile_field_reader(field) for name, field in output().fields.items()}


def _compile_field_reader(field: _Field) -> Row:
    if isinstance(field, OutputSerializer):
        return _compile_nested_serializer(field)
    read, convert = attrgetter(_get_source_attribute(field)), _find_converter(field)
    if _shows_blank_as_null(field):
        return lambda source: read(source) or None
    if convert is None:
        return read
    return lambda source: None if (value := read(source)) is None else convert(value)


def _compile_nested_serializer(field: OutputSerializer) -> Row:
    inner = compile_representation(type(field))
    if field.source == "*":
        return inner
    read = attrgetter(_get_source_attribute(field))
    return lambda source: inner(read(source))


def _compile_attribute_reader(fields: Iterable[_Field]) -> Callable[[Any], tuple[Any, ...]]:
    paths = [_get_source_attribute(field) for field in fields]
    if len(paths) > 1:
        return attrgetter(*paths)
    readers = [attrgetter(path) for path in paths]
    return lambda source: tuple(read(source) for read in readers)


def _find_converter(field: _Field) -> Row | None:
    """Return what is done with a value that is not null; None where it goes out as it is."""
    if _shows_blank_as_null(field):
        return None
    convert: Row | None = field.represent_value if hasattr(field, "represent_value") else field.to_representation
    return convert


def _shows_blank_as_null(field: _Field) -> bool:
    """Say whether the field's converter only shows a blank value as null, which needs no call."""
    return getattr(field, "represent_value", None) is show_blank_as_null


def _get_source_attribute(field: _Field) -> str:
    """Return the attribute that a field reads; fields know it once they belong to a serializer."""
    return str(field.source)
