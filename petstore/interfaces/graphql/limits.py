"""Limits of an operation before it is validated or executed (contract, GraphQL).

Fragments are counted where they are used. Everything that is counted has a limit and counting stops there, so that
fragments within fragments cost no more than an operation that is written out.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from petstore.interfaces.representation.page_requests import DEFAULT_LIMIT, MAX_LIMIT

MAX_TOKENS: Final = 2_000
MAX_DEPTH: Final = 12
MAX_SCHEMA_DEPTH: Final = 20
MAX_ALIASES: Final = 30
MAX_ROOT_FIELDS: Final = 20
MAX_DIRECTIVES: Final = 50
MAX_COST: Final = 5_000
MAX_PAIRS: Final = 5_000
"""The most pairs of fields of one name in one place: validation compares each with each."""
MAX_SELECTIONS: Final = 10_000
"""The most fields and fragments that are looked at."""
MAX_NESTING: Final = 100
"""The most fragments within fragments."""

_SCHEMA_FIELDS: Final = frozenset({"__schema", "__type"})
_PAGES: Final = frozenset({"pets", "orders"})
_CONNECTIONS: Final = frozenset({"petsConnection", "ordersConnection"})
_ROWS: Final = frozenset({"nodes", "edges"})
_RELATIONS: Final = {"history": 10, "payments": 10}

Variables = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in an operation.

    Attributes:
        depth: of the fields there; 1 at the root.
        weight: how many rows are around it.
        rows: the size of the connection around it.
    """

    depth: int = 1
    weight: int = 1
    rows: int = 1
    is_schema: bool = False

    @property
    def max_depth(self) -> int:
        """Return the greatest depth that is allowed here."""
        return MAX_SCHEMA_DEPTH if self.is_schema else MAX_DEPTH


@dataclass(slots=True)
class Tally:
    """The counts of one operation.

    Attributes:
        variables: the values of variables, which say how long lists are; None before they are known.
        is_variable: some list's length is a variable's value.
        used: the names of the fragments that were counted.
    """

    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Variables | None = None
    aliases: int = 0
    directives: int = 0
    selections: int = 0
    pairs: int = 0
    cost: int = 0
    is_variable: bool = False
    used: set[str] = field(default_factory=set)
    _nesting: int = 0
    _open: list[str] = field(default_factory=list)

    def count_operation(self, operation: OperationDefinitionNode) -> None:
        """Count all of an operation; raises GraphQLError at the first limit that it exceeds."""
        variables = operation.variable_definitions or ()
        for node in (operation, *variables):
            self._count_directives(node)
        self._count_selections([operation.selection_set], Place())

    def count_fragment(self, fragment: FragmentDefinitionNode) -> None:
        """Count a fragment that no operation uses; validation looks at it all the same."""
        self._count_directives(fragment)
        self.used.add(fragment.name.value)
        self._count_selections([fragment.selection_set], Place())

    def _count_selections(self, sets: Sequence[SelectionSetNode], place: Place) -> None:
        fields: dict[str, list[FieldNode]] = {}
        for one in sets:
            for found in self._list_fields(one):
                fields.setdefault(found.alias.value if found.alias else found.name.value, []).append(found)
        if place.depth == 1:
            _require_at_most(MAX_ROOT_FIELDS, sum(map(len, fields.values())), "fields at the root")
        if fields:
            _require_at_most(place.max_depth, place.depth, "levels")
        for nodes in fields.values():
            self._count_fields(nodes, place)

    def _count_fields(self, nodes: Sequence[FieldNode], place: Place) -> None:
        """Count fields of one response name in one place, and together what is below them."""
        self.cost += len(nodes) * place.weight
        _require_at_most(MAX_COST, self.cost, "of cost")
        self.pairs += len(nodes) * (len(nodes) - 1) // 2
        _require_at_most(MAX_PAIRS, self.pairs, "pairs of fields with one name")
        sets = [node.selection_set for node in nodes if node.selection_set]
        if sets:
            self._count_selections(sets, max((self._enter_field(node, place) for node in nodes), key=_weigh_place))

    def _list_fields(self, selections: SelectionSetNode) -> Iterator[FieldNode]:
        """Yield the fields of a selection set, with those of the fragments in it."""
        self._nesting += 1
        _require_at_most(MAX_NESTING, self._nesting, "fragments within one another")
        for node in selections.selections:
            self.selections += 1
            _require_at_most(MAX_SELECTIONS, self.selections, "selections")
            self._count_directives(node)
            if isinstance(node, FieldNode):
                self.aliases += node.alias is not None
                _require_at_most(MAX_ALIASES, self.aliases, "aliases")
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from self._list_fields(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                yield from self._list_spread_fields(node.name.value)
        self._nesting -= 1

    def _list_spread_fields(self, name: str) -> Iterator[FieldNode]:
        fragment = self.fragments.get(name)
        if fragment is None:
            return
        if name in self._open:
            raise GraphQLError(f"Fragment '{name}' contains itself.")
        self.used.add(name)
        self._open.append(name)
        yield from self._list_fields(fragment.selection_set)
        self._open.pop()

    def _count_directives(self, node: Any) -> None:
        self.directives += len(node.directives or ())
        _require_at_most(MAX_DIRECTIVES, self.directives, "directives")

    def _enter_field(self, node: FieldNode, place: Place) -> Place:
        """Return the place below a field."""
        name, rows, size = node.name.value, 1, 1
        if name in _CONNECTIONS:
            rows = self._read_size(node, "first", "last")
        elif name in _PAGES:
            size = self._read_size(node, "limit")
        elif name in _ROWS:
            size = place.rows
        else:
            size = _RELATIONS.get(name, 1)
        is_schema = place.is_schema or name in _SCHEMA_FIELDS
        return Place(place.depth + 1, place.weight * size, rows, is_schema)

    def _read_size(self, node: FieldNode, *names: str) -> int:
        """Return how many rows an argument asks for; what no list takes is refused later, by the list itself."""
        given = [self._read_number(one.value) for one in node.arguments or () if one.name.value in names]
        sizes = [size for size in given if size is not None]
        return min(max(sizes, default=DEFAULT_LIMIT), MAX_LIMIT)

    def _read_number(self, node: Any) -> int | None:
        if isinstance(node, IntValueNode):
            return max(1, int(node.value)) if len(node.value) < len(str(MAX_COST)) else MAX_LIMIT
        if not isinstance(node, VariableNode):
            return None
        self.is_variable = True
        value = 1 if self.variables is None else self.variables.get(node.name.value)
        return max(1, value) if isinstance(value, int) else None


def count_document(document: DocumentNode) -> dict[OperationDefinitionNode, Tally]:
    """Count all of a document, in which variables count as little as they can; raises GraphQLError.

    What no operation uses counts as one operation more: rules of validation look at that, too.
    """
    fragments, operations = map_fragments(document), list_operations(document)
    tallies = {}
    for operation in operations:
        tallies[operation] = Tally(fragments)
        tallies[operation].count_operation(operation)
    _count_unused_fragments(document, {name for tally in tallies.values() for name in tally.used})
    return tallies


def _count_unused_fragments(document: DocumentNode, used: Set[str]) -> None:
    tally = Tally(map_fragments(document), used=set(used))
    for one in document.definitions:
        if isinstance(one, FragmentDefinitionNode) and one.name.value not in tally.used:
            tally.count_fragment(one)


def check_cost(operation: OperationDefinitionNode, tally: Tally, variables: Variables) -> None:
    """Check the cost of an operation with the values of its variables; raises GraphQLError."""
    if tally.is_variable:
        Tally(tally.fragments, variables).count_operation(operation)


def map_fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """Return the fragments of a document by their names."""
    return {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}


def list_operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    """Return the operations of a document."""
    return [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]


def _weigh_place(place: Place) -> tuple[int, int]:
    return place.weight, place.rows


def _require_at_most(most: int, counted: int, what: str) -> None:
    if counted > most:
        raise GraphQLError(f"The operation has more than {most} {what}.")
