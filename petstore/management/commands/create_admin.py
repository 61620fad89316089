from petstore.interfaces.commands.create_admin import Command

__all__ = ("Command",)
