"""Let clerks, managers and admins answer in support rooms (contract, Who may do what)."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

GROUPS = ("Clerk", "Manager", "Admin")


def permit_changes(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Django makes its permissions after all migrations, and finds this one, which is named as it names it."""
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="chat", model="room"
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename="change_room", defaults={"name": "Can change room"}
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.add(permission)


def forbid_changes(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    for permission in apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="chat", codename="change_room"
    ):
        permission.group_set.clear()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_change_applications"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunPython(permit_changes, forbid_changes),
    ]
