"""Raise the tenant's access version with each change that decides if a customer's token is good (guarantees, G12)."""

from django.db import migrations

from tenants.migration_operations import RunStatements

WITH_ACCOUNT = """
    CREATE TRIGGER accounts_user_access_version AFTER UPDATE OF status, role, token_version ON accounts_user
    FOR EACH ROW WHEN (
        OLD.status IS DISTINCT FROM NEW.status OR OLD.role IS DISTINCT FROM NEW.role
        OR OLD.token_version IS DISTINCT FROM NEW.token_version
    ) EXECUTE FUNCTION tenants_raise_access_version()
"""
WITH_LOGIN = """
    CREATE TRIGGER accounts_loginsession_access_version AFTER UPDATE OF revoked_at ON accounts_loginsession
    FOR EACH ROW WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at) EXECUTE FUNCTION tenants_raise_access_version()
"""
WITHOUT_LOGIN = """
    CREATE TRIGGER accounts_loginsession_access_version_of_gone AFTER DELETE ON accounts_loginsession
    FOR EACH ROW WHEN (OLD.revoked_at IS NULL) EXECUTE FUNCTION tenants_raise_access_version()
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_change_rooms"), ("tenants", "0003_access_version")]
    operations = [
        RunStatements(
            {"postgresql": (WITH_ACCOUNT, WITH_LOGIN, WITHOUT_LOGIN), "sqlite": ()},
            {
                "postgresql": (
                    "DROP TRIGGER accounts_loginsession_access_version_of_gone ON accounts_loginsession",
                    "DROP TRIGGER accounts_loginsession_access_version ON accounts_loginsession",
                    "DROP TRIGGER accounts_user_access_version ON accounts_user",
                ),
                "sqlite": (),
            },
        )
    ]
