"""The page of one support room: what it shows, and the answers that are written on it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.urls import reverse

from chat.models import MAX_TEXT, Room
from chat.rooms.openings import list_openings
from chat.rooms.participants import find_participant
from chat.rooms.queries import find_read_number, read_transcript_part
from chat.services.room_messages import mark_messages_read, send_room_message
from kernel import ids
from kernel.actor import Actor, Permission
from kernel.errors import DomainError
from petstore.interfaces.backoffice.framework.forms import format_error_message
from petstore.interfaces.backoffice.room_transcripts import build_message_lines, parse_row_number


class ReplyForm(forms.Form):
    """An answer.

    Attributes:
        client_id: made with the page, so that a second click or a reload sends the same answer again.
        seen: the newest message that was on the screen.
    """

    text = forms.CharField(
        label="Your answer",
        strip=False,
        error_messages={"required": "Write something first."},
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": MAX_TEXT, "placeholder": "Write an answer"}),
    )
    client_id = forms.CharField(widget=forms.HiddenInput)
    seen = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def clean_text(self) -> str:
        """Return the text with the line ends that it was typed with: forms are sent with others."""
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n")

    def add_domain_error(self, error: DomainError) -> None:
        """Show the refusal of the use case, beside the text where it is about that."""
        is_about_text = any(fault.field == "text" for fault in error.faults)
        self.add_error("text" if is_about_text else None, format_error_message(error))


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row under a name that people know, for the way to its page."""

    pk: UUID
    name: str
    _meta: Any

    def __str__(self) -> str:
        return self.name


def name_customer(room: Room) -> str:
    """Return the customer's name, or their username where they have given none."""
    return room.customer.full_name or room.customer.username


def send_reply(room: Room, form: ReplyForm, actor: Actor) -> None:
    """Store the answer of a valid form, and that its writer has read what was on the screen; the room's tenant is in
    scope. Raises what `send_room_message` raises."""
    given, writer = form.cleaned_data, find_participant(actor=actor).person
    send_room_message(room_id=room.pk, text=given["text"], client_id=given["client_id"], sender=writer, actor=actor)
    if given["seen"] is not None:
        mark_messages_read(room_id=room.pk, message_id=given["seen"], reader=writer, actor=actor)


def build_room_context(room: Room, actor: Actor, request: HttpRequest, form: ReplyForm | None) -> dict[str, Any]:
    """Return what the page shows, in a fixed number of queries; the room's tenant is in scope.

    Args:
        form: the answer that was refused, to be shown again.
    """
    up_to = parse_row_number(request.GET.get("up_to", ""))
    part = read_transcript_part(room, up_to=up_to)
    may_answer = room.is_open and actor.has_permission(Permission.CHANGE_ROOMS)
    openings = _list_room_openings(room, actor) if may_answer and up_to is None else []
    chosen = {opening.name: opening.text for opening in openings}.get(request.GET.get("opening", ""), "")
    newest = part.messages[-1].pk if part.messages else None
    blank = ReplyForm(initial={"client_id": ids.new_id_text(), "text": chosen, "seen": newest})
    return {
        "room": room,
        "customer_name": name_customer(room),
        "lines": list(build_message_lines(part.messages, read_number=find_read_number(room, room.customer_id))),
        "earlier": part.messages[0].number - 1 if part.has_earlier else None,
        "is_past": up_to is not None,
        "reply_form": (form or blank) if may_answer else None,
        "openings": openings,
        "is_own": room.agent_id == actor.user_id,
        "live_address": f"{reverse('admin:chat_room_live', args=(room.pk,))}?after={room.number}",
    }


def _list_room_openings(room: Room, actor: Actor) -> list[Any]:
    agent = find_participant(actor=actor).person
    return list(list_openings(customer=room.customer.first_name, agent=agent.name, shop=room.tenant.seller_name))
