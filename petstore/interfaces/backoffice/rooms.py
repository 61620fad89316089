"""The support rooms' pages: who waits, what was said, and an answer (contract, Rooms)."""

from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.views.decorators.http import require_GET, require_POST
from unfold.decorators import display

from chat.models import ParticipantRole, Room
from chat.rooms.participants import find_participant
from chat.rooms.queries import URGENCY, annotate_last_messages, filter_waiting_rooms
from chat.rooms.search import find_rooms
from chat.services.room_messages import get_writable_room, mark_messages_read
from chat.services.rooms import assign_room_to_actor, close_support_room
from kernel import ids
from kernel.actor import Actor, Permission
from kernel.errors import DomainError
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin
from petstore.interfaces.backoffice.framework.filters import TenantFilter
from petstore.interfaces.backoffice.framework.model_admin import read_request_actor
from petstore.interfaces.backoffice.room_filters import RoomFilter, list_room_links
from petstore.interfaces.backoffice.room_pages import (
    NamedRow,
    ReplyForm,
    build_room_context,
    name_customer,
    send_reply,
)
from petstore.interfaces.backoffice.room_streams import build_stream_response
from petstore.interfaces.backoffice.room_transcripts import describe_wait
from petstore.interfaces.http.problems import translate_exception
from petstore.interfaces.live.rooms import Typing, room_feed
from ratelimit.services import Quota, consume_quota

ASSIGN: Final = Button("assign", "Assign to me", "assigned to you")
CLOSE: Final = Button(
    "close",
    "Close",
    "closed",
    confirms=True,
    is_danger=True,
    note="The customer sees at once that the conversation has ended, and nobody can write in the room any more. It "
    "cannot be opened again; the customer can begin a new one.",
)
STATE_COLOURS: Final = {"WAITING": "warning", "OPEN": "info", "CLOSED": ""}
MAX_COUNTED_ROOMS: Final = 99
"""The badge in the menu counts up to it."""
TYPING_QUOTA: Final[Quota] = (60, 60)
EXCERPT_LETTERS: Final = 90
JSON: Final = "application/json"


def count_waiting_badge(_request: HttpRequest) -> str:
    """Return the number of rooms of the scope that wait, for the menu; blank for none."""
    waiting = filter_waiting_rooms(Room.objects.order_by())[: MAX_COUNTED_ROOMS + 1].count()
    return f"{MAX_COUNTED_ROOMS}+" if waiting > MAX_COUNTED_ROOMS else str(waiting or "")


@admin.register(Room)
class RoomAdmin(CommandAdmin):
    """Rooms are answered, assigned and closed; nothing else changes them here."""

    buttons = (ASSIGN, CLOSE)
    is_versioned = False
    empty_list_text = (
        "No room is here. When a customer writes to the shop, their room appears in this list, those that wait for an "
        "answer first."
    )
    list_display = ("last_message", "customer_link", "state_badge", "wait_text", "agent_text", "tenant")
    list_filter = (RoomFilter, TenantFilter)
    list_select_related = ("customer", "tenant")
    search_fields = ("customer__username",)
    search_help_text = "Customer (name, username, e-mail, phone), or the id of a room or a customer"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        return annotate_last_messages(super().get_queryset(request)).select_related("customer", "tenant")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        return URGENCY

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return find_rooms(queryset, search_term), False

    def get_urls(self) -> list[URLPattern]:
        views = {"live": self.live_view, "read": self.read_view, "typing": self.typing_view}
        own = [
            path(f"<path:object_id>/{name}/", self.admin_site.admin_view(view), name=f"chat_room_{name}")
            for name, view in views.items()
        ]
        return [*own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"quick_links": [*list_room_links(request)]} | (extra_context or {}))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show a room (GET), or store an answer (POST)."""
        room = self.get_object(request, unquote(object_id))
        if room is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        if request.method != "POST":
            return self._render_room(request, room)
        self._require_answering(request)
        if "_reply" not in request.POST:
            raise BadRequest
        return self._take_reply(request, room)

    def live_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Stream what happens in a room, after the number of a message (Last-Event-ID) or of a change (`after`)."""
        return require_GET(build_stream_response)(request, self._get_room(request, object_id))

    def read_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Remember that an agent has read what is on their screen."""
        return require_POST(self._mark_read)(request, self._get_room(request, object_id))

    def typing_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Tell the others in a room that an agent types."""
        return require_POST(self._relay_typing)(request, self._get_room(request, object_id))

    def list_row_buttons(self, row: Room, actor: Actor) -> tuple[Button, ...]:
        if not (row.is_open and actor.has_permission(Permission.CHANGE_ROOMS)):
            return ()
        return (CLOSE,) if row.agent_id == actor.user_id else (ASSIGN, CLOSE)

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        return actor.has_permission(Permission.CHANGE_ROOMS)

    def perform_row_command(self, button: Button, row: Room, *, actor: Actor, reason: str, version: int | None) -> Room:
        change_room = assign_room_to_actor if button is ASSIGN else close_support_room
        return change_room(room_id=row.pk, actor=actor)

    def describe_affected_row(self, row: Room) -> str:
        wait = self.wait_text(row)
        return f"{name_customer(row)}, waits for {wait}" if wait else name_customer(row)

    @display(description="Last message")
    def last_message(self, room: Room) -> SafeString | str:
        text, role = getattr(room, "last_text", None), getattr(room, "last_role", None)
        if role is None:
            return "No message yet"
        excerpt = Truncator(text or "…").chars(EXCERPT_LETTERS)
        is_answer = role == ParticipantRole.AGENT
        return format_html('<span class="muted">Answer:</span> {}', excerpt) if is_answer else excerpt

    @display(description="Customer")
    def customer_link(self, room: Room) -> SafeString:
        page = reverse("admin:accounts_user_change", args=(room.customer_id,))
        return format_html('<a class="row-link" href="{}">{}</a>', page, name_customer(room))

    @display(description="Status", label=STATE_COLOURS)
    def state_badge(self, room: Room) -> tuple[str, str]:
        state = "WAITING" if room.waiting_since else room.status
        return state, state.capitalize()

    @display(description="Waits for", empty_value="–")
    def wait_text(self, room: Room) -> str | None:
        return describe_wait(room.waiting_since) if room.waiting_since else None

    @display(description="Agent", empty_value="nobody yet")
    def agent_text(self, room: Room) -> str | None:
        return (room.agent_name or "erased") if room.agent_id else None

    def _render_room(self, request: HttpRequest, room: Room, form: ReplyForm | None = None) -> HttpResponse:
        actor, name = read_request_actor(request), name_customer(room)
        with self.open_row_scope(room):
            context = build_room_context(room, actor, request, form)
        shown = {
            "title": f"{name} | Room",
            "opts": self.opts,
            "original": NamedRow(room.pk, name, self.opts),
            "buttons": self.list_row_buttons(room, actor),
            "wait_text": self.wait_text(room),
        }
        page = {**self.admin_site.each_context(request), **shown, **context}
        return TemplateResponse(request, "admin/chat/room/change_form.html", page)

    def _take_reply(self, request: HttpRequest, room: Room) -> HttpResponse:
        form, is_script = ReplyForm(request.POST), request.headers.get("Accept") == JSON
        status = 200 if form.is_valid() else 400
        if form.is_valid():
            try:
                with self.open_row_scope(room):
                    send_reply(room, form, read_request_actor(request))
            except DomainError as error:
                form.add_domain_error(error)
                problem = translate_exception(error)
                status = problem.status if problem else 500
        if is_script:
            errors = [str(text) for texts in form.errors.values() for text in texts]
            return JsonResponse({"errors": errors, "clientId": ids.new_id_text()}, status=status)
        if form.is_valid():
            return redirect(self.build_change_url(room.pk))
        return self._render_room(request, self.get_object(request, str(room.pk)) or room, form)

    def _mark_read(self, request: HttpRequest, room: Room) -> HttpResponse:
        actor, message_id = self._require_answering(request), ids.parse_id(request.POST.get("message", ""))
        if message_id is None:
            raise BadRequest
        try:
            with self.open_row_scope(room):
                reader = find_participant(actor=actor).person
                mark_messages_read(room_id=room.pk, message_id=message_id, reader=reader, actor=actor)
        except DomainError as error:
            raise Http404 from error
        return HttpResponse(status=204)

    def _relay_typing(self, request: HttpRequest, room: Room) -> HttpResponse:
        actor = self._require_answering(request)
        if not consume_quota(f"typing {actor.user_id}", TYPING_QUOTA).is_granted:
            return HttpResponse(status=429)
        with self.open_row_scope(room):
            room, sender = get_writable_room(room_id=room.pk, actor=actor), find_participant(actor=actor).person
        if room.is_open:
            room_feed.announce_typing(Typing(room.pk, sender, request.POST.get("typing") == "1"))
        return HttpResponse(status=204)

    def _get_room(self, request: HttpRequest, object_id: str) -> Room:
        room: Room | None = self.get_object(request, unquote(object_id))
        if room is None:
            raise Http404
        return room

    def _require_answering(self, request: HttpRequest) -> Actor:
        actor = read_request_actor(request)
        if not actor.has_permission(Permission.CHANGE_ROOMS):
            raise PermissionDenied
        return actor
