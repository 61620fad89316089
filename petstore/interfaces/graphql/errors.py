"""Refusals as entries of `errors` (contract, GraphQL)."""

import logging
import re
from typing import Final

from django.conf import settings
from graphql import GraphQLError

from kernel.errors import DomainError, Kind
from kernel.masks import mask_card_numbers
from petstore.interfaces.graphql.contexts import CallContext
from petstore.interfaces.graphql.refusals import Entry, build_error_entry, describe_problem
from petstore.interfaces.http.problems import Problem, build_problem_body, translate_exception

MAX_ERRORS: Final = 100
"""The most errors of one answer."""
MAX_PLACES: Final = 3
"""The most places that an error names."""
MAX_MESSAGE: Final = 300
"""The most characters of a sentence of the library, which repeats names."""
PARSE_FAILED: Final = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT: Final = "BAD_USER_INPUT"
NO_PERSISTED_QUERIES: Final = "PERSISTED_QUERY_NOT_SUPPORTED"

_INPUT = re.compile(r"((?:value|found)): .*", re.DOTALL)
_LITERAL = re.compile(r"\b(Int|Float|String|BlockString) ['\"].*", re.DOTALL)

logger = logging.getLogger(__name__)


class OperationRefused(Exception):  # what happened, not what went wrong
    """An operation that is not executed.

    Attributes:
        errors: the entries of `errors`.
    """

    def __init__(self, *errors: Entry) -> None:
        super().__init__("The operation is refused.")
        self.errors = list(errors)


class OperationTooLong(DomainError):
    """The operation has run for as long as any may."""

    kind = Kind.UNAVAILABLE
    code = "operation_too_long"
    title = "The operation takes too long; ask for less"


def refuse_operation(code: str, *errors: GraphQLError) -> OperationRefused:
    """Build the refusal of an operation before it is executed; what it was given is not repeated."""
    return OperationRefused(*(_describe_request_error(code, error) for error in errors[:MAX_ERRORS]))


def format_error(error: GraphQLError, context: CallContext) -> Entry:
    """Return the entry for an error of a field, with its place in the operation."""
    cause = error.original_error
    if cause is None or isinstance(cause, GraphQLError):  # of the library: an argument that only the execution sees
        return _describe_request_error(BAD_USER_INPUT, error)
    return _add_place(describe_error(cause, context.instance, context.request_id), error)


def describe_error(exception: Exception, instance: str, request_id: str) -> Entry:
    """Return the entry for what a use case raised; of a defect of ours it says nothing but the request's id."""
    problem = translate_exception(exception)
    if problem is None:
        logger.error("A field of GraphQL failed", exc_info=exception)
        problem = Problem.of_status(500)
    return describe_problem(problem, instance, request_id)


def _describe_request_error(code: str, error: GraphQLError) -> Entry:
    message = _hide_input(error.message)
    body = build_problem_body(Problem.of_status(400, message), settings.GRAPHQL_PATH)
    return _add_place(build_error_entry(message, code, body), error)


def _add_place(entry: Entry, error: GraphQLError) -> Entry:
    place: Entry = {}
    if error.locations:
        place["locations"] = [location.formatted for location in error.locations[:MAX_PLACES]]
    if error.path:
        place["path"] = error.path
    return {"message": entry["message"], **place, "extensions": entry["extensions"]}


def _hide_input(message: str) -> str:
    """Return a message of the library without the values in it, which may be a card's (guarantees, G7)."""
    return mask_card_numbers(_LITERAL.sub(r"\1", _INPUT.sub(r"\1", message))[:MAX_MESSAGE])
