"""What the tests' other processes do."""

import os
from uuid import UUID

from idempotency.requests import IdempotentRequest
from idempotency.services import ReplayableResponse, run_once, run_with_recovery
from ratelimit.services import Quota, consume_quota, restore_quota
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.factories import PetFactory

ONCE = IdempotentRequest(principal="somebody", operation="create_pet", key="key-1", content=b"{}")


def take_many(caller: str, quota: Quota, number: int) -> None:
    """Print how many of so many requests were granted."""
    print(sum(consume_quota(caller, quota).is_granted for _ in range(number)))  # noqa: T201  # that is its answer


def take_and_give_back(caller: str, quota: Quota, free: int, number: int) -> None:
    """Print how many of so many requests were granted, after so many that were free."""
    for _ in range(free):
        allowance = consume_quota(caller, quota)
        if allowance.is_granted:
            restore_quota(caller, quota, allowance)
    take_many(caller, quota, number)


def make_a_pet() -> ReplayableResponse:
    return ReplayableResponse(201, str(PetFactory.create().id).encode())


def die_in_the_middle() -> None:
    """Do the work of a request and end before its answer, as kill -9 would."""
    with tenant_scope(SHARED_POOL_ID):
        run_once(ONCE, _make_a_pet_and_die)


def _make_a_pet_and_die() -> ReplayableResponse:
    make_a_pet()
    os._exit(9)


def die_between_steps() -> None:
    """Print the id of the effect and end, as kill -9 would."""
    with tenant_scope(SHARED_POOL_ID):
        run_with_recovery(ONCE, _tell_and_die)


def _tell_and_die(effect_id: UUID) -> ReplayableResponse:
    print(effect_id, flush=True)  # noqa: T201  # that is its answer
    os._exit(9)
