"""Refusals as callers of gRPC get them: a status code, a sentence and `google.rpc.Status` (contract, gRPC)."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RequestInfo, RetryInfo
from google.rpc.status_pb2 import Status

from idempotency.errors import KeyInUse
from petstore.interfaces.grpc.field_names import to_snake_case
from petstore.interfaces.http.problems import Problem, build_problem_body, translate_exception

DOMAIN: Final = "petstoreapi.com"
MAX_VIOLATIONS_BYTES: Final = 3072
"""Trailers are 8 KiB with most clients; what is written in them in base64 grows by a third, and stands beside the
message."""
CODES: Final[Mapping[str, int]] = {
    "bad-request": code_pb2.INVALID_ARGUMENT,
    "validation-error": code_pb2.INVALID_ARGUMENT,
    "unauthorized": code_pb2.UNAUTHENTICATED,
    "forbidden": code_pb2.PERMISSION_DENIED,
    "not-found": code_pb2.NOT_FOUND,
    "conflict": code_pb2.FAILED_PRECONDITION,
    "precondition-failed": code_pb2.ABORTED,
    "payload-too-large": code_pb2.RESOURCE_EXHAUSTED,
    "unsupported-media-type": code_pb2.INVALID_ARGUMENT,
    "idempotency-key-reused": code_pb2.INVALID_ARGUMENT,
    "rate-limit-exceeded": code_pb2.RESOURCE_EXHAUSTED,
    "internal-server-error": code_pb2.INTERNAL,
}
"""The status code of each problem, by its slug; `_choose_code` has the two that a slug does not tell."""
_ABORTED: Final[int] = code_pb2.ABORTED
_UNAVAILABLE: Final[int] = code_pb2.UNAVAILABLE
_SERVER_FAULT = 500
_AWAY = 503

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The end of a call that was refused.

    Attributes:
        code: the number of the status code.
        message: one sentence for people.
        details: `google.rpc.Status`, for the trailer `grpc-status-details-bin`.
    """

    code: int
    message: str
    details: bytes


def build_refusal(error: Exception, *, instance: str, request_id: str) -> Refusal:
    """Build the refusal that an exception is for the caller; a defect of ours is logged and says nothing else.

    Args:
        instance: the method's path, such as `/petstore.v1.PetService/GetPet`.
        request_id: of the call.
    """
    problem = translate_exception(error)
    if problem is None:
        logger.error("A call failed", exc_info=error)
        problem = Problem.of_status(_SERVER_FAULT)
    body = build_problem_body(problem, instance, request_id)
    code = _choose_code(error, problem)
    status = Status(code=code, message=body["detail"])
    status.details.extend(map(_pack_message, _list_details(problem, body, request_id)))
    return Refusal(code, body["detail"], status.SerializeToString())


def _choose_code(error: Exception, problem: Problem) -> int:
    if isinstance(error, KeyInUse):  # a conflict that is over in a moment
        return _ABORTED
    return _UNAVAILABLE if problem.status == _AWAY else CODES[problem.slug]


def _list_details(problem: Problem, body: Mapping[str, Any], request_id: str) -> Iterator[Message]:
    metadata = {name: str(body[name]) for name in ("type", "title", "status", "instance")}
    yield ErrorInfo(reason=_write_code(problem.slug), domain=DOMAIN, metadata=metadata)
    yield RequestInfo(request_id=request_id)
    if "errors" in body:
        yield _build_bad_request(body["errors"])
    seconds = dict(problem.headers).get("Retry-After")
    if seconds is not None:
        yield RetryInfo(retry_delay=Duration(seconds=int(seconds)))


def _build_bad_request(faults: Iterable[Mapping[str, str]]) -> BadRequest:
    """Build the list of the fields at fault, of which the first have to do where they are too many for a trailer."""
    bad = BadRequest()
    for fault in faults:
        violation = BadRequest.FieldViolation(
            field=to_snake_case(fault["field"]), description=fault["message"], reason=_write_code(fault["code"])
        )
        if bad.ByteSize() + violation.ByteSize() > MAX_VIOLATIONS_BYTES:
            break
        bad.field_violations.append(violation)
    return bad


def _write_code(slug: str) -> str:
    """Write a slug or a code as reasons are written: `not-found` becomes `NOT_FOUND`."""
    return slug.upper().replace("-", "_")


def _pack_message(message: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed
