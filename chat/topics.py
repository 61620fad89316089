"""The topics that the advisor knows about."""

from enum import StrEnum


class Topic(StrEnum):
    """A subject of care; each species has an entry for each."""

    FEEDING = "feeding"
    HOUSING = "housing"
    EXERCISE = "exercise"
    GROOMING = "grooming"
    TRAINING = "training"
    BEHAVIOUR = "behaviour"
    HEALTH = "health"
    VACCINATION = "vaccination"
    NEUTERING = "neutering"
    YOUNG = "young animals"
    TRAVEL = "travel"
    HAZARDS = "hazards"
