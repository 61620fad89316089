from petstore.interfaces.commands.erase_user import Command

__all__ = ("Command",)
