from django.core.management.commands import flush

from tests import pristine


class Command(flush.Command):
    """What Django runs after a test that commits: here it brings back the migrated database."""

    def handle(self, **_options: object) -> None:
        pristine.restore()
