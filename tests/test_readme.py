"""The commands of README.md and docs/tour.md are run as they stand, and their answers are the true ones."""

from pathlib import Path

import pytest

from tests.tour import PAGES, mask_varying, record_pages

pytestmark = pytest.mark.own_store


@pytest.fixture(scope="module")
def recorded() -> dict[Path, str]:
    return record_pages()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_shows_the_answers_that_its_commands_give(path: Path, recorded: dict[Path, str]) -> None:
    assert mask_varying(recorded[path]) == mask_varying(path.read_text(encoding="utf-8"))
