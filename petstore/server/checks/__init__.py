"""Django system checks of the requirements for production (guarantees, G17).

Errors stop every command in production; `serve`, `run_worker` and `check --deploy` show warnings.
"""

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.checks.registry import register
from django.core.exceptions import ImproperlyConfigured

from petstore.server.checks.configuration import check_configuration, check_rate_limits, check_variable_names
from petstore.server.checks.database import (
    check_database_role,
    check_pooler_timeouts,
    check_single_role,
    check_webhook_secrets,
)
from petstore.server.checks.keys import check_secret_keys
from petstore.server.checks.store import check_store_version

PRODUCTION = "production"
"""The tag of the checks that need no database."""
STORE = "store"
"""The tag of the checks that query the database."""

register(check_secret_keys, PRODUCTION)
register(check_configuration, PRODUCTION)
register(check_variable_names, PRODUCTION)
register(check_rate_limits, PRODUCTION, deploy=True)
register(check_store_version, Tags.database)
register(check_single_role, STORE)
register(check_database_role, STORE, deploy=True)
register(check_pooler_timeouts, STORE, deploy=True)
register(check_webhook_secrets, STORE, deploy=True)


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured with all that is unsafe, for servers that are started without `manage.py`."""
    if settings.IS_PRODUCTION:
        found = [message.msg for message in run_checks(tags=[PRODUCTION]) if message.is_serious()]
        if found:
            raise ImproperlyConfigured(" ".join(found))
