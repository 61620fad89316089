"""Customers with tokens, made straight in a seeded database: `python -m benchmarks.live_people NUMBER`.

It prints a token a line. To sign up and log in would cost a password's hash each time.
"""

import sys

import django

from benchmarks.seeds import CUSTOMER

FIRST = 1000
"""Their numbers begin behind those of the seeded customers."""


def make_people(number: int) -> list[str]:
    """Make customers of the shared pool, and return the token of each."""
    from accounts.models import User  # noqa: PLC0415  # Django is set up first
    from accounts.services.sessions import start_login_session  # noqa: PLC0415  # as above
    from petstore.interfaces.http.tokens import issue_token_pair  # noqa: PLC0415  # as above
    from tenants.scoping import SHARED_POOL_ID, tenant_scope  # noqa: PLC0415  # as above

    with tenant_scope(SHARED_POOL_ID):
        password = User.objects.get(username=f"{CUSTOMER}1").password
        people = [
            User(
                username=f"live{FIRST + one}",
                email=f"live{FIRST + one}@example.com",
                first_name="Liv",
                last_name="Example",
                role="CUSTOMER",
                password=password,
            )
            for one in range(number)
        ]
        User.objects.bulk_create(people)
        return [issue_token_pair(start_login_session(user)).token for user in people]


if __name__ == "__main__":
    django.setup()
    print(*make_people(int(sys.argv[1])), sep="\n")
