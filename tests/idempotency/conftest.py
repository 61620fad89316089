from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from ratelimit import services


@pytest.fixture(autouse=True)
def no_leases() -> Iterator[None]:
    services.forget_local_leases()
    yield
    services.forget_local_leases()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The quotas' clock, standing still at `clock.now` until a test moves it."""
    clock = SimpleNamespace(now=1_000_000_020)
    monkeypatch.setattr(services, "time", SimpleNamespace(time=lambda: clock.now))
    return clock
