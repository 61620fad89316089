"""Every tenant-owned table there is, read from the registry, so that a new one is tried without being named."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models

from events.models import AuditEvent, ChainLink
from orders.models import Order, OrderTransition
from payments.models import Payment
from tenants.scoping import TenantOwned
from webhooks.models import Attempt, Message

MODELS = [model for model in apps.get_models() if issubclass(model, TenantOwned)]
APPEND_ONLY = [AuditEvent, ChainLink, OrderTransition, Message, Attempt]
"""What was written is never changed."""
NEVER_DELETED = [AuditEvent, ChainLink, OrderTransition, Order, Payment]

_ACROSS = {
    "accounts.Membership.user",
    "accounts.LoginSession.user",
    "applications.Consent.user",
    "applications.ApplicationSession.user",
    "applications.AuthorizationCode.user",
    "applications.DeviceAuthorization.user",
}
"""A staff member's home may be another tenant than the one they work in."""


def list_references() -> Iterator[tuple[type[TenantOwned], "models.Field[Any, Any]"]]:
    """Each foreign key from one tenant-owned table to another that must stay inside the tenant."""
    for model in MODELS:
        for field in model._meta.local_fields:
            inside = isinstance(field, models.ForeignKey) and issubclass(field.remote_field.model, TenantOwned)
            if inside and f"{model._meta.label}.{field.name}" not in _ACROSS:
                yield model, field
