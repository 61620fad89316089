from petstore.interfaces.commands.run_worker import Command

__all__ = ("Command",)
