from petstore.interfaces.commands.assign_group import Command

__all__ = ("Command",)
