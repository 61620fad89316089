from petstore.interfaces.commands.create_tenant import Command

__all__ = ("Command",)
