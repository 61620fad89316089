"""The topics that the store publishes to (contract, MQTT): one table, for sending and for the AsyncAPI document."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pets.models import Pet
from public_events.event_types import EventType
from tenants.scoping import public_tenant_id

AT_LEAST_ONCE: Final = 1
EXACTLY_ONCE: Final = 2
WEEK_SECONDS: Final = 7 * 24 * 3600
PAYMENT_TYPES: Final = (EventType.PAYMENT_SUCCEEDED, EventType.PAYMENT_FAILED)
TENANT_ADDRESS: Final = "tenants/{tenantId}/"
"""The place of a tenant's topics; those of the shared pool have none."""

_PARAMETER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of topic.

    Attributes:
        name: the AsyncAPI document's name of its channel.
        address: below the prefix and the tenant, with parameters in braces.
        event_types: events that it tells of.
        expiry_seconds: how long the broker keeps a message; None for ever.
        is_about_availability: it tells only of a pet that becomes AVAILABLE, or is so no more.
    """

    name: str
    address: str
    title: str
    event_types: tuple[EventType, ...]
    qos: int = AT_LEAST_ONCE
    is_retained: bool = True
    expiry_seconds: int | None = WEEK_SECONDS
    is_about_availability: bool = False

    def concerns_event(self, event_type: str, data: Mapping[str, Any]) -> bool:
        """Return whether the event is published to this topic."""
        if event_type not in self.event_types:
            return False
        return not self.is_about_availability or Pet.Status.AVAILABLE in (data["previousStatus"], data["newStatus"])

    def build_address(self, data: Mapping[str, Any]) -> str:
        """Build the address for an event's data."""
        return _PARAMETER.sub(lambda found: _read_parameter(found[1], data), self.address)


TOPICS: Final = (
    Topic("orderStatusTopic", "orders/{orderId}/status", "Every step of an order", (EventType.ORDER_STATUS_CHANGED,)),
    Topic(
        "orderPaymentTopic",
        "orders/{orderId}/payment",
        "Every payment of an order",
        PAYMENT_TYPES,
        qos=EXACTLY_ONCE,
        is_retained=False,
        expiry_seconds=None,
    ),
    Topic(
        "paymentStatusTopic",
        "payments/{paymentId}/status",
        "What became of a payment",
        PAYMENT_TYPES,
        qos=EXACTLY_ONCE,
    ),
    Topic("petStatusTopic", "pets/{petId}/status", "Every status of a pet", (EventType.PET_STATUS_CHANGED,)),
    Topic(
        "petAvailabilityTopic",
        "pets/{petId}/availability",
        "When a pet becomes AVAILABLE, and when it is so no more",
        (EventType.PET_STATUS_CHANGED,),
        is_about_availability=True,
    ),
)
PRESENCE: Final = Topic(
    "publisherTopic",
    "petstore/publisher",
    "Whether the publisher is connected (retained; the last will says offline)",
    (),
    expiry_seconds=None,
)
"""It tells of no event and belongs to no tenant."""


def build_tenant_address(tenant_id: UUID) -> str:
    """Return the place of the tenant's topics; nothing for the shared pool."""
    known_as = public_tenant_id(tenant_id)
    return TENANT_ADDRESS.format(tenantId=known_as) if known_as else ""


def _read_parameter(name: str, data: Mapping[str, Any]) -> str:
    value = data["petId"] if name == "petId" else data[name.removesuffix("Id")]["id"]
    return str(value)
