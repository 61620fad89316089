"""The pages of webhooks: who is told, and what became of it."""

from webhooks.admin import deliveries, endpoints

__all__ = ("deliveries", "endpoints")
