"""Which token a call needs (contract, Who may do what). What the bearer may touch is decided below the edge."""

from dataclasses import dataclass
from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.queries import Standing, require_entry
from kernel.actor import Actor, Role
from kernel.errors import Forbidden, LoginRequired
from petstore.interfaces.rest.authentication import actor_of


@dataclass(frozen=True, slots=True)
class Access:
    """What one action asks of the caller.

    Attributes:
        scope: the scope that a token must have.
        is_optional: whether the call goes without a token, too.
        is_entrance: whether a MEMBERS tenant lets the anonymous do it; only logging in is.
        role: the least role in the scope, asked before anything else of the request is read.
    """

    scope: str | None = None
    is_optional: bool = False
    is_entrance: bool = False
    role: Role = Role.CUSTOMER


class AccessPermission(BasePermission):
    """Reads the view's `access` table: action → Access. An action that is not in it cannot be called."""

    def has_permission(self, request: Request, view: Any) -> bool:
        action = view.action
        if action in (None, "metadata"):
            return True
        access: Access = view.access[action]
        actor = actor_of(request)
        if not access.is_entrance:
            require_entry(vars(request._request)["tenant"], actor)
        here: Standing | None = request.auth  # type: ignore[assignment]  # our own authentication put it there
        if here is None:
            if not access.is_optional:
                raise LoginRequired
        elif access.scope and access.scope not in here.scopes:
            raise Forbidden(f"The token lacks the scope {access.scope}.")
        _require_role(access.role, actor)
        return True


def _require_role(role: Role, actor: Actor) -> None:
    if role is Role.STAFF:
        actor.require_staff()
    if role is Role.ADMIN:
        actor.require_admin()
