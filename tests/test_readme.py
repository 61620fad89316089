"""README's tour is run as it stands, and its answers are the true ones."""

import pytest

from tests.tour import README, comparable, record

pytestmark = pytest.mark.own_store


def test_the_tour_gives_the_answers_that_readme_shows() -> None:
    readme = README.read_text(encoding="utf-8")
    assert comparable(record(readme)) == comparable(readme)
