"""Parse, bound and validate documents, and keep those that were asked for lately (contract, GraphQL)."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    StringValueNode,
    Visitor,
    parse,
    validate,
    visit,
)

from kernel.cards import holds_card_number
from petstore.interfaces.graphql.errors import PARSE_FAILED, VALIDATION_FAILED, refuse_operation
from petstore.interfaces.graphql.limits import MAX_TOKENS, Tally, count_document, list_operations, map_fragments
from petstore.interfaces.graphql.schema import get_schema

MAX_VALIDATION_ERRORS: Final = 20
MAX_LENGTH: Final = 64 * 1024
"""Of a document's text, which is far more than its tokens need: what is long comes in variables."""
MAX_LINES: Final = 5_000
"""For each place of an error the library counts the lines before it."""
MAX_KEPT: Final = 500
MAX_KEPT_LENGTH: Final = 256 * 1024
"""The most characters of all documents that are kept; parsed, they take some fifty times as many bytes."""
MAX_KEPT_DOCUMENT: Final = 16 * 1024
_ABORTED: Final = "Parsing aborted."
"""The end of the library's sentence about a limit."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is valid and within the limits."""

    node: DocumentNode
    operations: tuple[OperationDefinitionNode, ...]
    fragments: Mapping[str, FragmentDefinitionNode]
    tallies: Mapping[OperationDefinitionNode, Tally]

    def find_operation(self, name: str | None) -> OperationDefinitionNode:
        """Return the operation of this name, or the only one; raises OperationRefused."""
        found = [one for one in self.operations if name is None or (one.name and one.name.value == name)]
        if len(found) == 1:
            return found[0]
        message = "Say by operationName which operation to execute." if found else "There is no such operation."
        raise refuse_operation(VALIDATION_FAILED, GraphQLError(message))


class DocumentStore:
    """The documents that were asked for lately, by their text."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._length = 0
        self._lock = threading.Lock()

    def find_document(self, text: str) -> Document | None:
        """Return a document that is kept."""
        with self._lock:
            document = self._kept.get(text)
            if document is not None:
                self._kept.move_to_end(text)
            return document

    def keep_document(self, text: str, document: Document) -> None:
        """Keep a document, and as many others as there is room for; none with a card number in it."""
        if len(text) > MAX_KEPT_DOCUMENT or holds_card_number(text):
            return
        with self._lock:
            if text in self._kept:
                return
            self._kept[text] = document
            self._length += len(text)
            while len(self._kept) > MAX_KEPT or self._length > MAX_KEPT_LENGTH:
                self._length -= len(self._kept.popitem(last=False)[0])

    def count_documents(self) -> int:
        """Return how many documents are kept."""
        return len(self._kept)


documents: Final = DocumentStore()


def read_document(text: str) -> Document:
    """Return the document of a text; raises OperationRefused."""
    document = documents.find_document(text)
    if document is None:
        document = _prepare_document(text)
        documents.keep_document(text, document)
    return document


def _prepare_document(text: str) -> Document:
    """Parse and validate; the limits come first, for rules of validation take the square of a document's size."""
    node = _parse_document(text)
    try:
        tallies = count_document(node)
    except GraphQLError as error:
        raise refuse_operation(VALIDATION_FAILED, error) from error
    errors = validate(get_schema(), node, max_errors=MAX_VALIDATION_ERRORS)
    if errors:
        raise refuse_operation(VALIDATION_FAILED, *errors)
    return Document(node, tuple(list_operations(node)), map_fragments(node), tallies)


def _parse_document(text: str) -> DocumentNode:
    if len(text) > MAX_LENGTH or text.count("\n") + text.count("\r") >= MAX_LINES:
        message = f"The document has more than {MAX_LENGTH} characters or {MAX_LINES} lines."
        raise refuse_operation(VALIDATION_FAILED, GraphQLError(message))
    try:
        node = parse(text, max_lexical_tokens=MAX_TOKENS, max_comments=MAX_TOKENS, allow_empty_selection_sets=False)
        if "\\u" in text:
            visit(node, _TextChecker())
    except GraphQLError as error:
        is_limit = error.message.endswith(_ABORTED)
        raise refuse_operation(VALIDATION_FAILED if is_limit else PARSE_FAILED, error) from error
    return node


class _TextChecker(Visitor):
    """Refuses what an escape of a literal may make: a character that cannot be stored (guarantees, G9)."""

    def enter_string_value(self, node: StringValueNode, *_place: Any) -> None:
        if "\0" in node.value:
            raise GraphQLError("A text has a character that cannot be stored.", node)
