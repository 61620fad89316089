"""Keep applications and their grants inside their tenant (guarantees, G6)."""

from django.db import migrations

from tenants.migration_operations import ImmutableTenant, SameTenantKey

OF_AN_APPLICATION = ("consent", "applicationsession", "authorizationcode", "deviceauthorization")


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0001_initial"),
        ("accounts", "0002_tenant_walls"),
        ("tenants", "0002_shared_pool"),
    ]
    operations = [
        ImmutableTenant("applications_application"),
        *(ImmutableTenant(f"applications_{name}") for name in OF_AN_APPLICATION),
        *(
            SameTenantKey(f"applications_{name}", "application_id", "applications_application")
            for name in OF_AN_APPLICATION
        ),
        SameTenantKey("applications_applicationsession", "session_id", "accounts_loginsession"),
        SameTenantKey("applications_authorizationcode", "session_id", "accounts_loginsession"),
    ]
