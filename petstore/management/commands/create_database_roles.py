from petstore.interfaces.commands.create_database_roles import Command

__all__ = ("Command",)
