"""The models that callers can name."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

OFFERED_SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)


class ModelName(StrEnum):
    """A model; both are answered by the advisor that the operator has chosen."""

    PET_ADVISOR_1 = "PET_ADVISOR_1"
    PET_ADVISOR_TURBO = "PET_ADVISOR_TURBO"


def parse_model_name(text: str) -> ModelName | None:
    """Parse a model's name in any case, with `-` or `_`; None for a model that is not offered."""
    name = text.upper().replace("-", "_")
    return ModelName(name) if name in ModelName.__members__ else None
