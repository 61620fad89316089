from petstore.interfaces.commands.generate_stubs import Command

__all__ = ("Command",)
