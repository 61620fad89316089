from petstore.interfaces.commands.verify_journal import Command

__all__ = ("Command",)
