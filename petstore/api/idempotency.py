"""Idempotency-Key on a view's action (contract, Idempotency)."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from petstore.addresses import client_address
from petstore.api.authentication import actor_of
from petstore.api.rendering import Response, to_json
from traffic.services import Answer, Once, answer_once

Action = Callable[..., Response]
_KEPT_HEADERS = ("Location", "ETag")


def idempotent(action: Action) -> Callable[..., HttpResponse]:
    """Run the action once a key; without the header it simply runs."""

    @wraps(action)
    def wrapper(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None:
            return action(view, request, *args, **kwargs)
        once = Once(_principal(request), _route(view, kwargs), key, to_json(request.data))
        return _http(answer_once(once, lambda: _answer(action(view, request, *args, **kwargs))))

    wrapper.__dict__["takes_idempotency_key"] = True
    return wrapper


def _principal(request: Request) -> str:
    user_id = actor_of(request).user_id
    return str(user_id) if user_id else f"anonymous {client_address(request._request)}"


def _route(view: Any, kwargs: dict[str, UUID]) -> str:
    return " ".join((view.resource, view.action, *map(str, kwargs.values())))


def _answer(response: Response) -> Answer:
    headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
    return Answer(response.status_code, response.content, headers)


def _http(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json", headers=answer.headers)
    if answer.is_replay:
        response["Idempotent-Replayed"] = "true"
    return response
