"""The filters that people keep for themselves, with their walls (guarantees, G6)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tenants.migration_operations import immutable_tenant, same_tenant


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_groups"),
        ("tenants", "0002_shared_pool"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("page", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=1000)),
                ("created_at", models.DateTimeField(editable=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("name", "id"),
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "user", "page", "name"), name="search_named_once")
                ],
            },
        ),
        immutable_tenant("accounts_savedsearch"),
        same_tenant("accounts_savedsearch", "user_id", "accounts_user"),
    ]
