"""README's tour is run as it stands, and its answers are the true ones."""

from tests.tour import README, comparable, record


def test_the_tour_gives_the_answers_that_readme_shows() -> None:
    readme = README.read_text(encoding="utf-8")
    assert comparable(record(readme)) == comparable(readme)
