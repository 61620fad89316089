"""Secrets are kept encrypted under SECRET_KEY; those that are there are encrypted now.

The columns keep their names. On SQLite they keep their type, too: it does not matter there, and to change it the
table would be rebuilt without its triggers.
"""

from collections.abc import Callable
from typing import Any

from django.db import migrations, models

from tenants.migration_operations import statements
from webhooks.encryption import decrypt_secret, encrypt_secret

COLUMNS = ("encrypted_secret", "encrypted_previous_secret")


def rewrite_secrets(change: Callable[[str], str]) -> Callable[[Any, Any], None]:
    def run(apps: Any, _schema: Any) -> None:
        rows = apps.get_model("webhooks", "Endpoint").objects.exclude(encrypted_secret="")
        for row in rows.only("pk", *COLUMNS).iterator():
            rows.filter(pk=row.pk).update(
                **{name: change(text) for name in COLUMNS if (text := getattr(row, name))},
            )

    return run


def alter_types(kind: str) -> str:
    return f"ALTER TABLE webhooks_endpoint ALTER COLUMN secret TYPE {kind}, ALTER COLUMN previous_secret TYPE {kind}"


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0003_queues")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                statements(
                    {"postgresql": (alter_types("text"),), "sqlite": ()},
                    {"postgresql": (alter_types("varchar(80)"),), "sqlite": ()},
                )
            ],
            state_operations=[
                migrations.RemoveField("endpoint", "secret"),
                migrations.RemoveField("endpoint", "previous_secret"),
                migrations.AddField(
                    "endpoint",
                    "encrypted_secret",
                    models.TextField(db_column="secret", editable=False, default=""),
                    preserve_default=False,
                ),
                migrations.AddField(
                    "endpoint",
                    "encrypted_previous_secret",
                    models.TextField(blank=True, db_column="previous_secret", editable=False, default=""),
                    preserve_default=False,
                ),
            ],
        ),
        migrations.RunPython(rewrite_secrets(encrypt_secret), rewrite_secrets(decrypt_secret)),
    ]
