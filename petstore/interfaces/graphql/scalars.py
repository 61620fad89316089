"""The scalars of the schema: what is taken and what is shown (contract, GraphQL; Money; Ids and time)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema, StringValueNode, ValueNode

from kernel import clock, money
from kernel.errors import Invalid
from petstore.interfaces.representation.fields import parse_rfc3339_time


def take_text(value: Any) -> str:
    """Take a text, whose value a use case judges."""
    if not isinstance(value, str):
        raise GraphQLError("Give a text.")
    return value


def take_amount(value: Any) -> str:
    """Take an amount of money: a text, never a number."""
    text = take_text(value)
    try:
        money.parse_amount(text)
    except Invalid as error:
        raise GraphQLError(error.detail) from error
    return text


def take_time(value: Any) -> str:
    """Take a moment, as a text of RFC 3339."""
    text = take_text(value)
    if parse_rfc3339_time(text) is None:
        raise GraphQLError("Give a time such as 2025-12-21T13:56:23Z, between the years 1970 and 2200.")
    return text


def take_literal(take: Callable[[Any], str]) -> Callable[[ValueNode], str]:
    """Return the function that takes a literal as `take` takes a value."""
    return lambda node: take(node.value if isinstance(node, StringValueNode) else None)


def show_time(value: Any) -> str:
    """Return a moment in whole seconds, UTC and Z; what is a text is one already."""
    return clock.format_rfc3339(value) if isinstance(value, datetime) else str(value)


def bind_scalars(schema: GraphQLSchema) -> None:
    """Bind the scalars of the schema, which are texts on the wire."""
    for name, take in (("DateTime", take_time), ("Decimal", take_amount), ("URL", take_text)):
        scalar = schema.type_map[name]
        if isinstance(scalar, GraphQLScalarType):
            scalar.coerce_input_value, scalar.coerce_input_literal = take, take_literal(take)
            scalar.coerce_output_value = show_time if name == "DateTime" else str
