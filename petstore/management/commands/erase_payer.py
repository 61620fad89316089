from petstore.interfaces.commands.erase_payer import Command

__all__ = ("Command",)
