"""Bind the fields of the schema to what reads them (contract, GraphQL)."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, GraphQLTypeResolver, GraphQLUnionType

from petstore.interfaces.graphql.contexts import CallContext
from petstore.interfaces.graphql.siblings import Load, Source

FieldInfo = GraphQLResolveInfo[CallContext]
"""The library's view of the field that is resolved."""
Resolver = Callable[..., Any]
"""Takes the parent's value, the library's info, and the arguments by their names."""


class Column:
    """The resolver of a field that is read from its row and from nothing else.

    Attributes:
        read: returns the value as JSON has it; UUIDs and times may stand for their texts.
    """

    __slots__ = ("read",)

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self.read = read

    def __call__(self, source: Source[Any], _info: FieldInfo) -> Any:
        value = self.read(source.row)
        return str(value) if isinstance(value, UUID) else value

    def read_source(self, source: Source[Any]) -> Any:
        """Return the value as the row has it."""
        return self.read(source.row)


class Relation:
    """The resolver of an object that each row has, and that is loaded for all of them together.

    Attributes:
        load: returns the objects by their keys.
        key: returns the key of a row's object.
    """

    __slots__ = ("key", "load")

    def __init__(self, load: Load[Mapping[Any, Any]], key: Callable[[Any], Any]) -> None:
        self.load, self.key = load, key

    def __call__(self, source: Source[Any], info: FieldInfo) -> Any:
        return source.batch.load_once(self.load, info.context)[self.key(source.row)]

    def find_object(self, source: Source[Any]) -> Any:
        """Return the object of a row; None where they are not loaded."""
        loaded = source.batch.find_loaded(self.load)
        return None if loaded is None else loaded[self.key(source.row)]


class Part(Relation):
    """The resolver of an object that is a part of the row itself."""

    __slots__ = ()

    def __init__(self) -> None:
        """Load nothing."""

    def __call__(self, source: Source[Any], _info: FieldInfo) -> Any:
        return source

    def find_object(self, source: Source[Any]) -> Any:
        """Return the row."""
        return source


class TypeBinding(NamedTuple):
    """The readers of a type's fields.

    Attributes:
        columns: functions that read a field from a row.
        resolvers: of all other fields; a field in neither is read by its name from a dictionary or an object.
    """

    name: str
    columns: Mapping[str, Callable[[Any], Any]] = {}
    resolvers: Mapping[str, Resolver] = {}


class UnionBinding(NamedTuple):
    """The resolver that tells the types of a union apart."""

    name: str
    resolve_type: GraphQLTypeResolver


def bind_types(schema: GraphQLSchema, *bindings: TypeBinding | UnionBinding) -> None:
    """Bind types of the schema; it names each field that is bound."""
    for binding in bindings:
        found = schema.type_map[binding.name]
        if isinstance(binding, UnionBinding) and isinstance(found, GraphQLUnionType):
            found.resolve_type = binding.resolve_type
        elif isinstance(binding, TypeBinding) and isinstance(found, GraphQLObjectType):
            for name, read in binding.columns.items():
                found.fields[name].resolve = Column(read)
            for name, resolve in binding.resolvers.items():
                found.fields[name].resolve = resolve
