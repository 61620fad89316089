"""Addresses that were stored before there was one form of them get it, where nobody else has it already."""

from typing import Any

from django.db import IntegrityError, migrations, transaction

from accounts.email_address import normalise_email
from kernel.errors import Invalid


def normalise(apps: Any, schema_editor: Any) -> None:
    database = schema_editor.connection.alias
    users = apps.get_model("accounts", "User")._base_manager.using(database)
    for pk, email in users.filter(email__regex=r"[^!-~]").values_list("pk", "email").iterator():
        try:
            address = normalise_email(email)
            with transaction.atomic(using=database):
                users.filter(pk=pk).update(email=address)
        except (Invalid, IntegrityError):
            continue


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_saved_searches")]
    operations = [migrations.RunPython(normalise, migrations.RunPython.noop, elidable=True)]
