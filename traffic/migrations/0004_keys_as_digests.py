"""Keys are kept as HMACs, as `traffic.services.Once` makes them; those of the last day are still good."""

import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.db import migrations


def digest_keys(apps: Any, _schema: Any) -> None:
    rows = apps.get_model("traffic", "StoredAnswer").objects
    for pk, key in rows.values_list("pk", "key").iterator():
        digest = hmac.new(settings.SECRET_KEY.encode(), b"key " + key.encode(), hashlib.sha256).hexdigest()
        rows.filter(pk=pk).update(key=digest)


class Migration(migrations.Migration):
    dependencies = [("traffic", "0003_steps")]
    operations = [migrations.RunPython(digest_keys, migrations.RunPython.noop)]
