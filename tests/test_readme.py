"""The commands of README.md and docs/tour.md are run as they stand, and their answers are the true ones."""

from pathlib import Path

import pytest

from tests.tour import PAGES, mask_varying, record_answers

pytestmark = pytest.mark.own_store


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_shows_the_answers_that_its_commands_give(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert mask_varying(record_answers(page)) == mask_varying(page)
