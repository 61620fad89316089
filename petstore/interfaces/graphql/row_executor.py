"""An executor that reads the columns of rows without the library's steps for each field.

Most fields of most queries are columns. They are read as `petstore.interfaces.representation.compilation` reads them;
all others, and all errors, are the library's. A test compares both ways, byte for byte.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeGuard

from graphql import Executor, FieldNode, GraphQLError, GraphQLObjectType, get_nullable_type, is_non_null_type
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, GroupedFieldSet
from graphql.execution.executor import default_field_resolver, default_type_resolver
from graphql.pyutils import Path

from petstore.interfaces.graphql.bindings import Column, Relation
from petstore.interfaces.graphql.contexts import CallContext
from petstore.interfaces.graphql.errors import OperationTooLong
from petstore.interfaces.graphql.operations import Operation
from petstore.interfaces.graphql.schema import get_schema

TYPE_NAME = "__typename"


class PlannedField(NamedTuple):
    """A field of a selection.

    Attributes:
        name: in the response.
        read: reads it from a row; None where the library has to resolve it.
        is_required: null is an error of ours.
        relation: finds the object whose fields are selected, once it is loaded; None where the library has to.
    """

    name: str
    details: list[FieldDetails]
    read: Callable[[Any], Any] | None
    is_required: bool
    relation: Relation | None = None
    type: GraphQLObjectType | None = None


class RowExecutor(Executor[Any]):
    """An executor without awaitables, which must end by a time.

    Attributes:
        ends_at: by the monotonic clock.
    """

    ends_at: float = float("inf")

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> dict[str, Any]:
        """Execute the fields of one object."""
        results: dict[str, Any] = {}
        for field in self._plan_fields(parent_type, grouped_field_set):
            read = field.read
            value = self._read_object(field, source_value, path, parent_type) if read is None else read(source_value)
            if value is None and (read is None or field.is_required):
                field_path = Path(path, field.name, parent_type.name)
                value = self.execute_field(parent_type, source_value, field.details, field_path, position_context)
            results[field.name] = value
        return results

    def _read_object(
        self, field: PlannedField, source: Any, path: Path | None, parent_type: GraphQLObjectType
    ) -> dict[str, Any] | None:
        """Execute the fields of an object that was loaded with those of the row's siblings; None where it was not."""
        found = None if field.relation is None else field.relation.find_object(source)
        if found is None or field.type is None:
            return None
        selected = self.collect_subfields(field.type, field.details).grouped_field_set
        return self.execute_fields(field.type, found, Path(path, field.name, parent_type.name), selected, None)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: list[FieldDetails],
        path: Path,
        position_context: Any,
    ) -> Any:
        """Resolve a field as the library does, unless the operation has run for too long."""
        if time.monotonic() > self.ends_at:
            error, nodes = OperationTooLong(), [details.node for details in field_details_list]
            raise GraphQLError(error.detail, nodes, path=path.as_list(), original_error=error)
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def _plan_fields(self, parent_type: GraphQLObjectType, fields: GroupedFieldSet) -> list[PlannedField]:
        """Return the plan of a selection, which is made once: the library gives the same set for each row."""
        plans: dict[int, tuple[GroupedFieldSet, list[PlannedField]]] = vars(self).setdefault("plans", {})
        if id(fields) not in plans:
            plan = [self._plan_field(parent_type, name, details) for name, details in fields.items()]
            plans[id(fields)] = fields, plan
        return plans[id(fields)][1]

    def _plan_field(self, parent_type: GraphQLObjectType, name: str, details: list[FieldDetails]) -> PlannedField:
        node: FieldNode = details[0].node
        if node.name.value == TYPE_NAME:
            return PlannedField(name, details, lambda _source: parent_type.name, is_required=True)
        field = parent_type.fields.get(node.name.value)
        if field is not None and isinstance(field.resolve, Column):
            return PlannedField(name, details, field.resolve.read_source, is_non_null_type(field.type))
        if field is not None and isinstance(field.resolve, Relation):
            return PlannedField(name, details, None, True, field.resolve, _require_object_type(field.type))
        return PlannedField(name, details, None, is_required=False)


def build_executor(
    operation: Operation, context: CallContext, root: dict[str, Any] | None, *, ends_at: float
) -> RowExecutor:
    """Build the executor of an operation that was prepared."""
    executor = RowExecutor(
        get_schema(),
        dict(operation.fragments),
        {name: FragmentDetails(node, None) for name, node in operation.fragments.items()},
        root,
        context,
        operation.definition,
        operation.values,
        default_field_resolver,
        default_type_resolver,
        default_field_resolver,
        is_awaitable=_is_never,
        is_async_iterable=_is_never,
    )
    executor.ends_at = ends_at
    return executor


def _require_object_type(field_type: Any) -> GraphQLObjectType:
    """Return the type of a field that is an object and never null: its errors are those of the row around it."""
    found = get_nullable_type(field_type)
    if not is_non_null_type(field_type) or not isinstance(found, GraphQLObjectType):
        raise TypeError(f"{field_type} is no object that is always there.")
    return found


def _is_never(_value: Any) -> TypeGuard[Any]:
    """Say that a value is not awaitable: no resolver returns one."""
    return False
