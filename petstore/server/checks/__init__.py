"""What has to hold before a store serves in production (guarantees, G17), as Django's system checks.

Errors stop every command of production; warnings are told by `serve`, `run_worker` and `check --deploy`.
"""

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.core.checks.registry import register
from django.core.exceptions import ImproperlyConfigured

from petstore.server.checks.configuration import check_configuration, check_rate_limits, check_variable_names
from petstore.server.checks.database import check_database_role, check_pooler_timeouts, check_webhook_secrets
from petstore.server.checks.keys import check_secret_keys
from petstore.server.checks.store import check_store_version

PRODUCTION = "production"
"""The tag of the checks that ask nobody."""
STORE = "store"
"""The tag of those that ask the database."""

register(check_secret_keys, PRODUCTION)
register(check_configuration, PRODUCTION)
register(check_variable_names, PRODUCTION)
register(check_rate_limits, PRODUCTION, deploy=True)
register(check_store_version, Tags.database)
register(check_database_role, STORE, deploy=True)
register(check_pooler_timeouts, STORE, deploy=True)
register(check_webhook_secrets, STORE, deploy=True)


def refuse_unsafe_start() -> None:
    """For servers that are started without `manage.py`; raises ImproperlyConfigured with all that is unsafe."""
    if settings.IS_PRODUCTION:
        found = [message.msg for message in run_checks(tags=[PRODUCTION]) if message.is_serious()]
        if found:
            raise ImproperlyConfigured(" ".join(found))
