from petstore.interfaces.commands.reset_link import Command

__all__ = ("Command",)
