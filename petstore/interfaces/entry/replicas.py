"""Lists from a replica, for callers over HTTP: what they write is remembered, and their lists may be read there."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from accounts.errors import BadToken
from database import read_replica, remember_write
from petstore.interfaces.calls import name_readers, name_writers, read_token_claims
from petstore.interfaces.http.callers import credentials_of_request, peer_of_request
from petstore.interfaces.http.paths import is_api_request

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "QUERY"})
_Action = TypeVar("_Action", bound=Callable[..., Any])


class ReplicaMiddleware:
    """Remember what a request has written, before its caller has the answer; not used without a replica."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.DATABASES["default"].get("REPLICA"):
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in SAFE:
            remember_write(name_writers(find_user_id(request), peer_of_request(request)))
        return response


def open_list_read(request: HttpRequest) -> AbstractContextManager[None]:
    """Let the reads of the block come from the replica, where it has what the request's caller has written."""
    return read_replica(name_readers(find_user_id(request), peer_of_request(request)))


def find_user_id(request: HttpRequest) -> Any:
    """Return the user of the request's token or log-in, None without."""
    if not is_api_request(request):
        user = getattr(request, "user", None)
        return None if user is None else user.pk
    try:
        claims = read_token_claims(credentials_of_request(request))
    except BadToken:
        return None
    return None if claims is None else claims.user_id


def reads_replica(action: _Action) -> _Action:
    """Let an action of REST, which lists and writes nothing, read from the replica."""

    @wraps(action)
    def read_list(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        with open_list_read(request._request):
            return action(view, request, *args, **kwargs)

    return cast(_Action, read_list)
