from petstore.interfaces.commands.serve import Command

__all__ = ("Command",)
