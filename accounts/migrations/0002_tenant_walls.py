"""Keep accounts inside their tenant (guarantees, G6)."""

from django.db import migrations

from tenants.migration_operations import immutable_tenant, same_tenant


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("tenants", "0002_shared_pool")]
    operations = [
        immutable_tenant("accounts_user"),
        immutable_tenant("accounts_loginsession"),
        immutable_tenant("accounts_membership"),
        immutable_tenant("accounts_usedrefreshtoken"),
        immutable_tenant("accounts_savedsearch"),
        same_tenant("accounts_usedrefreshtoken", "session_id", "accounts_loginsession"),
        same_tenant("accounts_savedsearch", "user_id", "accounts_user"),
    ]
