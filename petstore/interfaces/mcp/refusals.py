"""Refusals as clients of MCP get them: one problem, in a tool's result or as the data of an error (contract, MCP)."""

import logging
from typing import Any, Final

from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS

from petstore.interfaces.http.problems import Problem, build_problem_body, translate_exception

INSTANCE: Final = "/mcp"
SERVER_FAULT = 500

logger = logging.getLogger(__name__)


def describe_refusal(error: Exception, request_id: str) -> dict[str, Any]:
    """Return the problem that an exception is for the caller; a defect of ours is logged and says nothing else."""
    problem = translate_exception(error)
    if problem is None:
        logger.error("A message failed", exc_info=error)
        problem = Problem.of_status(SERVER_FAULT)
    return build_problem_body(problem, INSTANCE, request_id)


def build_protocol_error(error: Exception, request_id: str) -> MCPError:
    """Build the error of JSON-RPC with the problem as its data."""
    problem = describe_refusal(error, request_id)
    code = INTERNAL_ERROR if problem["status"] >= SERVER_FAULT else INVALID_PARAMS
    return MCPError(code, problem["title"], problem)
