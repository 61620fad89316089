"""The diagrams of the documentation are what the code says."""

from django.core.management import call_command


def test_the_diagrams_are_drawn_from_the_code_of_now() -> None:
    call_command("draw_diagrams", check=True)
