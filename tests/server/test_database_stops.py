"""The database is stopped without a goodbye (G5); 20 times in `tests/stress/kills.py`."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.stress.clusters import Cluster, own_cluster
from tests.stress.stops import stopped_under_payers

__all__ = ["own_cluster"]

pytestmark = [pytest.mark.own_store, pytest.mark.django_db(transaction=True)]


def test_a_database_that_is_stopped_loses_nothing(settings: Settings, own_cluster: Cluster, tmp_path: Path) -> None:
    stopped_under_payers(own_cluster, settings, tmp_path, stops=1).check()
