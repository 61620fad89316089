"""Create the groups of staff with their permissions (contract, Who may do what)."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

PERMITTED: dict[str, tuple[tuple[str, str], ...]] = {
    "Viewer": (),
    "Clerk": (("orders", "order"),),
    "Manager": (("orders", "order"), ("pets", "pet"), ("accounts", "user"), ("webhooks", "endpoint")),
    "Admin": (("orders", "order"), ("pets", "pet"), ("accounts", "user"), ("webhooks", "endpoint")),
}


def write_groups(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Django makes its permissions after all migrations, and finds these, which are named as it names them."""
    group_rows = apps.get_model("auth", "Group").objects
    for name, models in PERMITTED.items():
        group, _ = group_rows.get_or_create(name=name)
        group.permissions.set([_permission(apps, *model) for model in models])


def _permission(apps: StateApps, app_label: str, model: str) -> Any:
    content_type, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label=app_label, model=model
    )
    permission, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=f"change_{model}", defaults={"name": f"Can change {model}"}
    )
    return permission


def remove_groups(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=PERMITTED).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_tenant_walls"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunPython(write_groups, remove_groups),
    ]
