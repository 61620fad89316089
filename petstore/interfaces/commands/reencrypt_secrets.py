from typing import Any

from django.core.management.base import CommandError, CommandParser

from petstore.interfaces.commands import base
from webhooks.services.reencryption import reencrypt_webhook_secrets


class Command(base.Command):
    help = "Encrypt the secrets of webhooks under the present SECRET_KEY, so that SECRET_KEY_FALLBACKS can be emptied."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *_args: Any, **options: Any) -> None:
        renewed, unreadable = reencrypt_webhook_secrets(dry_run=options["dry_run"])
        self.stdout.write(f"{renewed} webhooks {'would be ' if options['dry_run'] else ''}encrypted anew.")
        if unreadable:
            sentence = "name the key that encrypted them in SECRET_KEY_FALLBACKS, or rotate their secrets."
            raise CommandError(f"{unreadable} webhooks have a secret that no key decrypts: {sentence}")
