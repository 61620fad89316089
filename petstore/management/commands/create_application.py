from petstore.interfaces.commands.create_application import Command

__all__ = ("Command",)
