"""How long a given password stands for a sensitive step."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kernel import clock, ids
from kernel.actor import ANONYMOUS, CLOCK_LEEWAY, PROOF_LIFETIME, SYSTEM, Actor, Role
from kernel.errors import FreshProofRequired, LoginRequired

NOW = clock.now()
ADMIN = Actor(user_id=ids.new_id(), role=Role.ADMIN)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("age", [timedelta(), PROOF_LIFETIME - SECOND, -CLOCK_LEEWAY])
def test_a_password_given_lately_suffices(age: timedelta) -> None:
    replace(ADMIN, proved_at=NOW - age).require_fresh_proof(NOW)


@pytest.mark.parametrize("age", [None, PROOF_LIFETIME, timedelta(days=1), -CLOCK_LEEWAY - SECOND])
def test_one_given_never_too_long_ago_or_tomorrow_does_not(age: timedelta | None) -> None:
    with pytest.raises(FreshProofRequired):
        replace(ADMIN, proved_at=None if age is None else NOW - age).require_fresh_proof(NOW)


def test_the_system_has_no_password_to_give() -> None:
    SYSTEM.require_fresh_proof(NOW)


def test_the_anonymous_are_to_log_in_at_all() -> None:
    with pytest.raises(LoginRequired) as refusal:
        ANONYMOUS.require_fresh_proof(NOW)
    assert refusal.type is LoginRequired
