"""A callback knows its host, and the callbacks of a tenant share one endpoint; each host had one of its own."""

from typing import Any
from urllib.parse import urlsplit

from django.db import migrations, models


def share_one_endpoint(apps: Any, _schema: Any) -> None:
    """Keep the oldest endpoint of each tenant's callbacks, and give the others' deliveries to it."""
    kept: dict[Any, Any] = {}
    deliveries = apps.get_model("webhooks", "Delivery").objects
    endpoints = apps.get_model("webhooks", "Endpoint").objects.filter(kind="CALLBACK")
    for endpoint in endpoints.order_by("created_at", "id").only("id", "tenant_id", "url"):
        shared = kept.setdefault(endpoint.tenant_id, endpoint.pk)
        host = urlsplit(endpoint.url).hostname
        deliveries.filter(endpoint_id=endpoint.pk, host__isnull=True).update(host=host, endpoint_id=shared)
    endpoints.exclude(pk__in=kept.values()).delete()
    endpoints.update(url="", failures=0, backoff_until=None)


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0004_encrypted_secrets"), ("tenants", "0002_shared_pool")]
    operations = [
        migrations.AddField("delivery", "host", models.CharField(max_length=255, null=True)),
        migrations.RunPython(share_one_endpoint, migrations.RunPython.noop),
    ]
