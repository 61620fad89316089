from petstore.interfaces.commands.seed_demo import Command

__all__ = ("Command",)
