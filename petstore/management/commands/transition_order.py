from petstore.interfaces.commands.transition_order import Command

__all__ = ("Command",)
