"""Serve the Idempotency-Key header on a viewset's action (contract, Idempotency)."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from idempotency.requests import IdempotentRequest, identify_principal
from idempotency.services import ReplayableResponse, run_once, run_with_recovery
from kernel.errors import DomainError
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.rest.permissions import actor_of_request
from petstore.interfaces.rest.renderers import JSONRenderer, Response
from tenants.scoping import current_scope

Action = Callable[..., Response]
IdempotentAction = Callable[..., HttpResponse]
_STORED_HEADERS = ("Location", "ETag")


def replays_stored_response(action: Action) -> IdempotentAction:
    """Run the action once for each key, in one transaction; without the header run it as it is."""

    @wraps(action)
    def run_idempotent_action(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        once = _read_idempotent_request(view, request, kwargs)
        if once is None:
            return action(view, request, *args, **kwargs)
        return _build_http_response(
            run_once(once, lambda: _build_replayable_response(action(view, request, *args, **kwargs)))
        )

    return _mark_for_openapi(run_idempotent_action)


def replays_recoverable_response(action: Action) -> IdempotentAction:
    """Run once for each key an action that calls an outside service: `idempotency.services.run_with_recovery`.

    Args:
        action: takes the id of its effect as `effect_id`, too; None where there is no key. It refuses before it has
            had any effect, or not at all.
    """

    @wraps(action)
    def run_recoverable_action(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        once = _read_idempotent_request(view, request, kwargs)
        if once is None or current_scope().is_provisional:  # a tenant without a row has nothing to have an effect on
            return action(view, request, *args, **kwargs)

        def run_steps(effect_id: UUID) -> ReplayableResponse:
            return _build_replayable_response(action(view, request, *args, **kwargs, effect_id=effect_id))

        return _build_http_response(run_with_recovery(once, run_steps, refusals=(DomainError, APIException)))

    return _mark_for_openapi(run_recoverable_action)


def _mark_for_openapi(action: IdempotentAction) -> IdempotentAction:
    """Mark the action for the OpenAPI inspector, which documents the header where it finds this."""
    action.__dict__["takes_idempotency_key"] = True
    return action


def _read_idempotent_request(view: Any, request: Request, path_ids: dict[str, UUID]) -> IdempotentRequest | None:
    """Read what is to be done once; None without the header.

    The operation is the use case's name, and the target the id of the path, the last one where there are several: so
    one key on two paths is two keys.
    """
    key = request._request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    return IdempotentRequest(
        principal=identify_principal(actor_of_request(request)),
        operation=view.use_cases[view.action].__name__,
        target=next(reversed(path_ids.values()), None),
        key=key,
        content=render_json_bytes(request.data),
    )


def _build_replayable_response(response: Response) -> ReplayableResponse:
    headers = {name: response[name] for name in _STORED_HEADERS if name in response}
    return ReplayableResponse(response.status_code, response.content, headers)


def _build_http_response(stored: ReplayableResponse) -> HttpResponse:
    response = HttpResponse(
        stored.body, status=stored.status, content_type=JSONRenderer.media_type, headers=stored.headers
    )
    if stored.is_replay:
        response["Idempotent-Replayed"] = "true"
    return response
