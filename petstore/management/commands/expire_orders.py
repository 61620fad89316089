from petstore.interfaces.commands.expire_orders import Command

__all__ = ("Command",)
