from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from kernel import clock, ids
from tenants.fields import DateTimeField, UUIDField
from tenants.scoping import TenantOwned, tenant_key

MAX_TEXT: Final = 4000
"""Characters of a message (contract, Rooms)."""
MAX_CLIENT_ID: Final = 64
MAX_PERSON_NAME: Final = 150


class DailyConsultations(TenantOwned):
    """The number of consultations of a day (UTC): all that is stored of them (contract, Chat).

    Attributes:
        consultations: those that were begun, whatever became of their answers.
    """

    day = models.DateField()
    consultations = models.BigIntegerField()

    class Meta(TenantOwned.Meta):
        constraints = (models.UniqueConstraint(fields=("tenant", "day"), name="daily_consultations_once"),)
        indexes = (models.Index(fields=("day",), name="daily_consultations_of_day"),)

    def __str__(self) -> str:
        return f"{self.consultations} of {self.day}"


class ParticipantRole(models.TextChoices):
    """The role of a participant in a support room: its customer, or an agent, who is staff of the scope."""

    CUSTOMER = "CUSTOMER"
    AGENT = "AGENT"


class Room(TenantOwned):
    """A support room: one customer writes to the store, and its staff answer (contract, Rooms).

    Each change of a room (a message, an agent, a mark of what was read, the end) has a number, one higher than the
    change before it, and whatever came of a change keeps its number. Changes of one room wait for one another, so
    they are committed in the order of their numbers: whoever has all up to one of them reads what is above it.

    Attributes:
        id: chosen by the customer's program, or new.
        number: the number of the newest change.
        agent_id, agent_name: the first of the staff who joined or wrote, or to whom it was assigned; maybe of another
            home tenant.
        agent_number: the number of the change that assigned the room; 0 where nobody has it.
        closed_number: the number of the change that closed it; 0 while it is open.
        waiting_since: when the customer wrote what nobody has answered yet; None where nobody waits.
        last_message_at: when the newest message was sent.
    """

    class Status(models.TextChoices):
        OPEN = "OPEN"
        CLOSED = "CLOSED"

    tenant = tenant_key(is_implied=True)
    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    customer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    status = models.CharField(max_length=6, choices=Status, default=Status.OPEN, editable=False)
    number = models.PositiveBigIntegerField(default=0, editable=False)
    agent_id = models.UUIDField(null=True, editable=False)
    agent_name = models.CharField(max_length=MAX_PERSON_NAME, blank=True, editable=False)
    agent_number = models.PositiveBigIntegerField(default=0, editable=False)
    closed_number = models.PositiveBigIntegerField(default=0, editable=False)
    waiting_since = models.DateTimeField(null=True, editable=False)
    last_message_at = models.DateTimeField(null=True, editable=False)
    created_at = DateTimeField(default=clock.now, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    class Meta(TenantOwned.Meta):
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(
                F("tenant"), F("waiting_since"), F("created_at").desc(), F("id").desc(), name="room_by_urgency"
            ),
            models.Index(F("tenant"), F("customer"), F("created_at").desc(), F("id").desc(), name="room_of_customer"),
            models.Index(fields=("agent_id",), condition=Q(agent_id__isnull=False), name="room_of_agent"),
            models.Index(F("waiting_since"), F("created_at").desc(), F("id").desc(), name="room_urgency_of_all"),
            models.Index(
                F("tenant"),
                F("waiting_since"),
                F("created_at").desc(),
                F("id").desc(),
                condition=Q(status="OPEN"),
                name="room_open_by_urgency",
            ),
            models.Index(fields=("closed_at",), condition=Q(closed_at__isnull=False), name="room_closed"),
        )
        constraints = (
            models.UniqueConstraint(fields=("tenant", "id"), name="room_tenant_id"),
            models.CheckConstraint(
                condition=Q(status="OPEN", closed_at__isnull=True, closed_number=0)
                | Q(status="CLOSED", closed_at__isnull=False, closed_number__gt=0, waiting_since__isnull=True),
                name="room_closed_whole",
            ),
            models.CheckConstraint(
                condition=Q(agent_id__isnull=True, agent_number=0) | Q(agent_id__isnull=False, agent_number__gt=0),
                name="room_agent_whole",
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN


class RoomMessage(TenantOwned):
    """A message in a room. It is never changed, but for the text and name of somebody who is erased.

    Attributes:
        number: of the change that it is (`Room`).
        sender_name: the sender's first name when they sent it; blank once they are erased.
        client_id: the sender's own id of it: the same one again stores nothing; `id` once they are erased.
        text: plain text; blank once the sender is erased.
    """

    tenant = tenant_key(is_implied=True)
    id = UUIDField(primary_key=True, default=ids.new_id, editable=False)
    room = models.ForeignKey(
        Room, on_delete=models.CASCADE, related_name="messages", db_constraint=False, db_index=False
    )
    number = models.PositiveBigIntegerField()
    sender_id = models.UUIDField()
    sender_name = models.CharField(max_length=MAX_PERSON_NAME, blank=True)
    role = models.CharField(max_length=8, choices=ParticipantRole)
    client_id = models.CharField(max_length=MAX_CLIENT_ID)
    text = models.TextField(max_length=MAX_TEXT, blank=True)
    sent_at = DateTimeField(default=clock.now)

    class Meta(TenantOwned.Meta):
        ordering = ("number",)
        indexes = (models.Index(fields=("sender_id",), name="room_message_of_sender"),)
        constraints = (
            models.UniqueConstraint(fields=("tenant", "room", "number"), name="room_message_number"),
            models.UniqueConstraint(fields=("tenant", "room", "sender_id", "client_id"), name="room_message_once"),
        )

    def __str__(self) -> str:
        return str(self.id)


class RoomReading(TenantOwned):
    """The mark of a participant up to which they have read in a room.

    Attributes:
        message_id, message_number: the newest message that they have read.
        number: of the change that it is (`Room`).
    """

    tenant = tenant_key(is_implied=True)
    room = models.ForeignKey(
        Room, on_delete=models.CASCADE, related_name="readings", db_constraint=False, db_index=False
    )
    reader_id = models.UUIDField()
    reader_name = models.CharField(max_length=MAX_PERSON_NAME, blank=True)
    message_id = models.UUIDField()
    message_number = models.PositiveBigIntegerField()
    number = models.PositiveBigIntegerField()

    class Meta(TenantOwned.Meta):
        indexes = (models.Index(fields=("reader_id",), name="room_reading_of_reader"),)
        constraints = (models.UniqueConstraint(fields=("tenant", "room", "reader_id"), name="room_reading_once"),)

    def __str__(self) -> str:
        return f"{self.reader_id} up to {self.message_number}"
