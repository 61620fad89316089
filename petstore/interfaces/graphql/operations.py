"""Read operations and prepare them: within the limits, and with the values of their variables (contract, GraphQL)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    VariableValues,
    get_variable_values,
)
from rest_framework.exceptions import ParseError

from petstore.interfaces.graphql.documents import Document, read_document
from petstore.interfaces.graphql.errors import (
    BAD_USER_INPUT,
    NO_PERSISTED_QUERIES,
    VALIDATION_FAILED,
    refuse_operation,
)
from petstore.interfaces.graphql.limits import check_cost
from petstore.interfaces.graphql.schema import get_schema

QUERY: Final = "query"
MUTATION: Final = "mutation"
SUBSCRIPTION: Final = "subscription"
MAX_VARIABLE_ERRORS: Final = 20
_PERSISTED: Final = "persistedQuery"


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A request as it came, by its types only (GraphQL over HTTP)."""

    query: str = field(repr=False)
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict, repr=False)
    extensions: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that can be executed.

    Attributes:
        kind: QUERY, MUTATION or SUBSCRIPTION.
        variables: as they came.
        values: the values of the variables, by their types.
    """

    kind: str
    document: DocumentNode
    name: str | None
    variables: Mapping[str, Any] = field(repr=False)
    definition: OperationDefinitionNode = field(repr=False)
    fragments: Mapping[str, FragmentDefinitionNode] = field(repr=False)
    values: VariableValues = field(repr=False)


def read_graphql_request(data: object) -> GraphQLRequest:
    """Return the request that strict JSON says; raises ParseError."""
    if not isinstance(data, Mapping):
        raise ParseError("Give one object with a `query`; there are no batches.")
    extensions = _read_member(data, "extensions", Mapping) or {}
    query = _read_member(data, "query", str)
    if not query and _PERSISTED not in extensions:
        raise ParseError("The request has no `query`.")
    variables = _read_member(data, "variables", Mapping) or {}
    return GraphQLRequest(query or "", _read_member(data, "operationName", str) or None, variables, extensions)


def prepare_operation(request: GraphQLRequest) -> Operation:
    """Return the operation that is asked for; raises OperationRefused."""
    if _PERSISTED in request.extensions:
        raise refuse_operation(NO_PERSISTED_QUERIES, GraphQLError("PersistedQueryNotSupported"))
    document = read_document(request.query)
    definition = document.find_operation(request.operation_name)
    values = _read_variables(definition, request.variables)
    _check_cost(document, definition, values)
    return Operation(
        kind=definition.operation.value,
        document=document.node,
        name=definition.name.value if definition.name else None,
        variables=request.variables,
        definition=definition,
        fragments=document.fragments,
        values=values,
    )


def _read_variables(definition: OperationDefinitionNode, given: Mapping[str, Any]) -> VariableValues:
    read = get_variable_values(
        get_schema(), definition.variable_definitions or (), dict(given), max_errors=MAX_VARIABLE_ERRORS
    )
    if isinstance(read, VariableValues):
        return read
    raise refuse_operation(BAD_USER_INPUT, *read)


def _check_cost(document: Document, definition: OperationDefinitionNode, values: VariableValues) -> None:
    try:
        check_cost(definition, document.tallies[definition], values.coerced)
    except GraphQLError as error:
        raise refuse_operation(VALIDATION_FAILED, error) from error


def _read_member(data: Mapping[str, Any], name: str, kind: type[Any]) -> Any:
    value = data.get(name)
    if value is not None and not isinstance(value, kind):
        raise ParseError(f"`{name}` has the wrong type.")
    return value
