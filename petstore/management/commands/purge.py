from petstore.interfaces.commands.purge import Command

__all__ = ("Command",)
