from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from traffic import quotas


@pytest.fixture(autouse=True)
def no_leases() -> Iterator[None]:
    quotas.forget_leases()
    yield
    quotas.forget_leases()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The quotas' clock, standing still at `clock.now` until a test moves it."""
    clock = SimpleNamespace(now=1_000_000_020)
    monkeypatch.setattr(quotas, "time", SimpleNamespace(time=lambda: clock.now))
    return clock
