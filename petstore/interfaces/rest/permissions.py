"""Which token a call needs (contract, Who may do what). What the bearer may touch is decided below the edge."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.queries import Principal, require_entry
from kernel.access import access_of
from kernel.actor import Actor, Role
from kernel.errors import Forbidden, LoginRequired
from petstore.interfaces.rest.authentication import actor_of


class AccessPermission(BasePermission):
    """Check the Access of the action's use case; an action without a use case cannot be called."""

    def has_permission(self, request: Request, view: Any) -> bool:
        action = view.action
        if action in (None, "metadata"):
            return True
        access = access_of(view.use_cases[action])
        actor = actor_of(request)
        if not access.is_entrance:
            require_entry(vars(request._request)["tenant"], actor)
        here: Principal | None = request.auth  # type: ignore[assignment]  # our own authentication put it there
        if here is None:
            if not access.is_token_optional:
                raise LoginRequired
        elif access.scope and access.scope not in here.scopes:
            raise Forbidden(f"The token lacks the scope {access.scope}.")
        _require_role(access.least_role, actor)
        return True


def _require_role(role: Role, actor: Actor) -> None:
    if role is Role.STAFF:
        actor.require_staff()
    if role is Role.ADMIN:
        actor.require_admin()
