from petstore.interfaces.commands.demo import Command

__all__ = ("Command",)
