from petstore.interfaces.commands.migrate import Command

__all__ = ("Command",)
