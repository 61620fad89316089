from petstore.interfaces.commands.export_orders import Command

__all__ = ("Command",)
