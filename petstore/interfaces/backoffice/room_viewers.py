"""Staff who have a support room on their screen, and their right to it while the screen is live."""

from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from accounts.models import User
from chat.models import Room
from petstore.interfaces.backoffice.framework.model_admin import read_request_actor
from petstore.interfaces.backoffice.scopes import open_user_scope
from petstore.interfaces.backoffice.session_timeout import is_session_over
from petstore.interfaces.live.streams import Audience


@dataclass(frozen=True, slots=True)
class RoomViewer:
    """A member of the staff who has a room on their screen.

    Attributes:
        session_key: of the session in which the page was opened.
        audience: for whom the stream is counted.
    """

    session_key: str | None
    user_id: UUID | None
    tenant_id: UUID
    room_id: UUID
    customer_id: UUID
    audience: Audience

    @classmethod
    def of_request(cls, request: HttpRequest, room: Room) -> "RoomViewer":
        """Make one of the request for a room that its user may see."""
        actor = read_request_actor(request)
        audience = Audience.of_actor(room.pk, actor)
        return cls(request.session.session_key, actor.user_id, room.tenant_id, room.pk, room.customer_id, audience)

    def has_right(self) -> bool:
        """Return whether the page would still be shown: the session goes on, and its user sees the room.

        Watching renews no session: somebody who has left their screen is logged out like anybody else.
        """
        request = HttpRequest()
        request.session = import_module(settings.SESSION_ENGINE).SessionStore(self.session_key)
        user = get_user(request)
        if not isinstance(user, User) or user.pk != self.user_id or is_session_over(request):
            return False
        with open_user_scope(user):
            return Room.objects.filter(pk=self.room_id, tenant_id=self.tenant_id).exists()
