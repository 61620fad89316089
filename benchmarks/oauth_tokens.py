"""The cost of an application's token: `uv run --group bench python -m benchmarks.oauth_tokens`.

GET one order with the token of an application, which a user has granted by OAuth 2.0, beside the same with the token of
the user's own log-in, in turns on the same server; needs what `benchmarks/run` needs. The ratios are medians of those
of each turn, so that whatever else the machine does weighs on both alike.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Final

import httpx

from benchmarks.console import run_with_signals
from benchmarks.errors import BenchmarkError
from benchmarks.load import require_program
from benchmarks.measurements import Measurement, Summary
from benchmarks.operations import GET
from benchmarks.ours import ROOT, SERVE
from benchmarks.places import Place, open_temporary_place
from benchmarks.processes import run_command_to_end
from benchmarks.seeds import CUSTOMER, Store
from benchmarks.sites import Site, open_proven_site

USER: Final = f"{CUSTOMER}1"
APPLICATION: Final = "application"
CALLBACK: Final = "https://app.example/callback"
VERIFIER: Final = "v" * 43
BY_LOGIN = replace(GET, slug="login", title="GET one, log-in", caller=USER)
BY_OAUTH = replace(GET, slug="oauth", title="GET one, OAuth 2.0", caller=APPLICATION)
Turn = tuple[Measurement, Measurement]
"""By log-in, and by OAuth 2.0."""
GRANT = f"""
import django; django.setup()
from accounts.models import User
from applications.digests import compute_code_challenge
from applications.services.codes import issue_authorization_code
from applications.services.consents import grant_consent
from applications.services.registration import register_application
from kernel.actor import SYSTEM, Actor, Role
from tenants.scoping import SHARED_POOL_ID, tenant_scope
with tenant_scope(SHARED_POOL_ID):
    user = User.objects.get(username={USER!r})
    actor = Actor(user_id=user.pk, role=Role(user.role))
    application = register_application(
        name="Benchmark", redirect_uris=[{CALLBACK!r}], scopes=["read:pets", "read:orders"], is_public=True,
        is_device=False, actor=SYSTEM,
    ).application
    grant_consent(application=application, user=user, scopes=application.scopes, actor=actor)
    code = issue_authorization_code(
        application=application, user=user, redirect_uri={CALLBACK!r}, scopes=application.scopes,
        code_challenge=compute_code_challenge({VERIFIER!r}), actor=actor,
    )
print(application.client_id, code)
"""


def compare_tokens() -> None:
    """Measure in rounds, and print the medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, help="of load for each measurement (4)")
    parser.add_argument("--rounds", type=int, default=5, help="(5)")
    given = parser.parse_args()
    require_program("wrk")
    with open_temporary_place(Store(orders=10_000, pets=1000)) as place:
        _print_turns(list(_measure_turns(place, given.rounds, given.seconds)))


def _measure_turns(place: Place, rounds: int, seconds: int) -> Iterator[Turn]:
    with (
        place.copy_seeded_database(SERVE.family, SERVE.slug) as database,
        open_proven_site(SERVE, place, database) as opened,
    ):
        opened.tokens[APPLICATION] = _exchange_code(opened)
        for number in range(-1, rounds):
            order = (BY_LOGIN, BY_OAUTH) if number % 2 else (BY_OAUTH, BY_LOGIN)
            found = {
                operation.slug: opened.measure_operation(operation, 1 if number < 0 else seconds) for operation in order
            }
            if number >= 0:
                yield found[BY_LOGIN.slug], found[BY_OAUTH.slug]


def _exchange_code(opened: Site) -> str:
    """Let the user grant an application what it asks for, and exchange the code at the server."""
    url = opened.place.cluster.build_database_url(opened.database)
    settings = os.environ.get("DJANGO_SETTINGS_MODULE", "petstore.settings.dev")
    environment = {**SERVE.family.env, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": settings}
    client_id, code = run_command_to_end((sys.executable, "-c", GRANT), ROOT, environment).split()
    form = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    answer = httpx.post(f"{opened.base_url}/oauth/token", data=form, timeout=10)
    if answer.status_code != httpx.codes.OK:
        raise BenchmarkError(f"The code gave no token: {answer.status_code} {answer.text[:300]}")
    return str(answer.json()["access_token"])


def _print_turns(turns: Sequence[Turn]) -> None:
    print(SERVE.name)
    for number, operation in enumerate((BY_LOGIN, BY_OAUTH)):
        found = Summary.summarize_measurements([turn[number] for turn in turns])
        if found.refused or found.broken:
            raise BenchmarkError(f"{operation.title}: {found.refused} refused, {found.broken} broken.")
        print(f"  {operation.title:20} {found.rate:6.0f}/s  p50 {found.p50:5.2f} ms  {found.cpu_us:5.0f} µs CPU")
    time = median(own.rate / granted.rate for own, granted in turns)
    cpu = median(_sum_cpu(granted) / _sum_cpu(own) for own, granted in turns)
    print(f"  OAuth 2.0 : log-in   {time:4.2f} × the time, {cpu:4.2f} × the CPU")


def _sum_cpu(one: Measurement) -> float:
    return Summary.summarize_measurements([one]).cpu_us


if __name__ == "__main__":
    run_with_signals(compare_tokens)
