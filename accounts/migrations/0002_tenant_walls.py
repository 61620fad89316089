"""Keep accounts inside their tenant (guarantees, G6)."""

from django.db import migrations

from tenants.migration_operations import ImmutableTenant, SameTenantKey


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("tenants", "0002_shared_pool")]
    operations = [
        ImmutableTenant("accounts_user"),
        ImmutableTenant("accounts_loginsession"),
        ImmutableTenant("accounts_membership"),
        ImmutableTenant("accounts_usedrefreshtoken"),
        ImmutableTenant("accounts_savedfilter"),
        SameTenantKey("accounts_usedrefreshtoken", "session_id", "accounts_loginsession"),
        SameTenantKey("accounts_savedfilter", "user_id", "accounts_user"),
    ]
