from petstore.interfaces.commands.draw_diagrams import Command

__all__ = ("Command",)
