from petstore.interfaces.commands.reencrypt_secrets import Command

__all__ = ("Command",)
