from petstore.interfaces.commands.deliver_webhooks import Command

__all__ = ("Command",)
