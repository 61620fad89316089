"""Idempotency-Key on a view's action (contract, Idempotency)."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from idempotency.services import IdempotentRequest, ReplayableResponse, run_once, run_with_recovery
from kernel.errors import DomainError
from petstore.interfaces.http.client_ip import client_address
from petstore.interfaces.rest.authentication import actor_of
from petstore.interfaces.rest.renderers import Response, to_json
from tenants.scoping import current_scope

Action = Callable[..., Response]
Wrapped = Callable[..., HttpResponse]
_KEPT_HEADERS = ("Location", "ETag")


def replays_response(action: Action) -> Wrapped:
    """Run the action once a key, in one transaction; without the header it simply runs."""

    @wraps(action)
    def wrapper(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        once = _read_idempotency_key(view, request, kwargs)
        if once is None:
            return action(view, request, *args, **kwargs)
        return _build_response(run_once(once, lambda: _store_response(action(view, request, *args, **kwargs))))

    return _mark_documented(wrapper)


def replays_recoverable_response(action: Action) -> Wrapped:
    """The same for an action that calls somebody outside: `idempotency.services.run_with_recovery`.

    Args:
        action: takes the id of its effect as `effect_id`, too; None where there is no key. It refuses before it has
            had any effect, or not at all.
    """

    @wraps(action)
    def wrapper(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        once = _read_idempotency_key(view, request, kwargs)
        if once is None or current_scope().is_provisional:  # a tenant without a row has nothing to have an effect on
            return action(view, request, *args, **kwargs)

        def work(effect_id: UUID) -> ReplayableResponse:
            return _store_response(action(view, request, *args, **kwargs, effect_id=effect_id))

        return _build_response(run_with_recovery(once, work, refusals=(DomainError, APIException)))

    return _mark_documented(wrapper)


def _mark_documented(wrapper: Wrapped) -> Wrapped:
    """What the documentation knows the action by."""
    wrapper.__dict__["takes_idempotency_key"] = True
    return wrapper


def _read_idempotency_key(view: Any, request: Request, kwargs: dict[str, UUID]) -> IdempotentRequest | None:
    """What the caller wants done once; None without the header."""
    key = request._request.META.get("HTTP_IDEMPOTENCY_KEY")
    return (
        None
        if key is None
        else IdempotentRequest(_identify_caller(request), _route(view, kwargs), key, to_json(request.data))
    )


def _identify_caller(request: Request) -> str:
    user_id = actor_of(request).user_id
    return str(user_id) if user_id else f"anonymous {client_address(request._request)}"


def _route(view: Any, kwargs: dict[str, UUID]) -> str:
    return " ".join((view.resource, view.action, *map(str, kwargs.values())))


def _store_response(response: Response) -> ReplayableResponse:
    headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    return ReplayableResponse(response.status_code, response.content, headers)


def _build_response(answer: ReplayableResponse) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json", headers=answer.headers)
    if answer.is_replay:
        response["Idempotent-Replayed"] = "true"
    return response
