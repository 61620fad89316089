"""A test client that uses the back office as a person does."""

import re
from collections.abc import Sequence
from html import unescape
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts.models import User
from events.models import AuditEvent
from orders.models import Order
from tenants.scoping import all_tenants
from tests.factories import PASSWORD

Page = Any
"""What Django's test client answers: a response with `context` and `json`, a class of the stubs only."""


class Screen(Client):
    """A logged-in client: `open` a page, `fill` its form, `press` an order's button, `tick` rows for a command."""

    def open(self, name: str, /, *args: object, **query: Any) -> Page:
        """GET a page by its short name, such as `orders_order_change`."""
        return self.get(reverse(f"admin:{name}", args=args), query, follow=True)

    def fill(self, name: str, /, *args: object, **values: object) -> Page:
        """POST a page's form."""
        return self.post(reverse(f"admin:{name}", args=args), values, follow=True)

    def press(self, order: Order, command: str, **values: object) -> Page:
        """Press a button of an order's page as that page was when `order` was read."""
        return self.fill("orders_order_command", order.pk, command, **{"version": order.version} | values)

    def tick(self, rows: Sequence[Model], command: str, **values: object) -> Page:
        """Choose a command for rows ticked in their list."""
        ticked = {"action": command, "_selected_action": [row.pk for row in rows], "index": 0}
        return self.fill(f"{rows[0]._meta.label_lower.replace('.', '_')}_changelist", **ticked | values)


def screen_of(user: User) -> Screen:
    """Log a user in and return their screen."""
    screen = Screen()
    screen.post(reverse("admin:login"), {"username": user.username, "password": PASSWORD})
    return screen


def messages_on(page: Page) -> list[str]:
    """Return the messages on a page."""
    return [str(message) for message in page.context["messages"]]


def rows_on(page: Page) -> list[Any]:
    """Return the rows of a list."""
    with all_tenants(reason="the rows are read after the page"):
        return list(page.context["cl"].queryset)


def text_of(page: Page) -> str:
    """Return the page's source with entities resolved."""
    return unescape(page.content.decode())


def buttons_on(page: Page) -> list[str]:
    """Return the commands that an order's page offers."""
    return re.findall(r"/command/([a-z_]+)/", page.content.decode())


def reload_row(row: Any) -> Any:
    """Read the row again."""
    with all_tenants(reason="the test looks at what happened"):
        return type(row).objects.get(pk=row.pk)


def count_audit_events(entity_id: UUID) -> int:
    """Count the audit events about a row."""
    with all_tenants(reason="the test looks at what happened"):
        return int(AuditEvent.objects.filter(entity_id=entity_id).count())
