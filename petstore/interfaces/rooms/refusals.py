"""Refusals of what a client of support rooms asks for: a problem, as over REST (contract, Errors)."""

import logging
from typing import Any, NamedTuple

import structlog

from petstore.interfaces.http.problems import Problem, build_problem_body, translate_exception

logger = logging.getLogger(__name__)


class Refusal(NamedTuple):
    """The refusal of a call, as a client is told it.

    Attributes:
        slug: the last part of the problem's `type`.
        problem: RFC 9457.
    """

    slug: str
    problem: dict[str, Any]


def describe_refusal(error: Exception, instance: str, request_id: str) -> Refusal:
    """Describe what a call is refused with; a defect of ours is logged, and says nothing but its request id.

    Args:
        instance: the place where it happened, such as `/v1/ws/chat`.
    """
    problem = translate_exception(error)
    if problem is None:
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            logger.error("A call on %s failed", instance, exc_info=error)
        problem = Problem.of_status(500)
    return Refusal(problem.slug, build_problem_body(problem, instance, request_id))
