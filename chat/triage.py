"""Triage: emergencies, harm to animals and doses of medicine, decided before any model is asked."""

from collections.abc import Sequence

from chat.answers import Answer
from chat.messages import Message


def answer_without_model(messages: Sequence[Message]) -> Answer | None:
    """Answer the last USER message where no model may, and return None where one may."""
    return None
