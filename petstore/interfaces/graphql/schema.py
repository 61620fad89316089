"""The executable schema: the file beside this one, with its fields bound (contract, GraphQL)."""

from functools import cache
from pathlib import Path
from typing import Final

from graphql import GraphQLSchema, assert_valid_schema, build_schema

from petstore.interfaces.graphql.accounts import types as account_types
from petstore.interfaces.graphql.bindings import bind_types
from petstore.interfaces.graphql.orders import fields as order_fields
from petstore.interfaces.graphql.orders import mutations as order_mutations
from petstore.interfaces.graphql.orders import types as order_types
from petstore.interfaces.graphql.payments import mutations as payment_mutations
from petstore.interfaces.graphql.payments import types as payment_types
from petstore.interfaces.graphql.pets import fields as pet_fields
from petstore.interfaces.graphql.pets import mutations as pet_mutations
from petstore.interfaces.graphql.pets import types as pet_types
from petstore.interfaces.graphql.scalars import bind_scalars

SCHEMA_FILE: Final = Path(__file__).parent / "schema.graphql"
_DOMAINS: Final = (
    *(account_types, pet_types, pet_fields, pet_mutations),
    *(order_types, order_fields, order_mutations, payment_types, payment_mutations),
)


@cache
def get_schema() -> GraphQLSchema:
    """Return the executable schema; it is built for a process's first operation."""
    schema = build_schema(SCHEMA_FILE.read_text(encoding="utf-8"))
    assert_valid_schema(schema)
    bind_scalars(schema)
    for domain in _DOMAINS:
        bind_types(schema, *domain.TYPES)
    return schema
