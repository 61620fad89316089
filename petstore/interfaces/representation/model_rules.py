"""Read lengths and patterns from the models, so that inputs repeat none of them."""

from django.core.validators import MinLengthValidator, RegexValidator
from django.db.models import Field, Model


def get_max_length(model: type[Model], name: str) -> int:
    """Return the maximum length of a model's text field."""
    length: int | None = _get_model_field(model, name).max_length
    if length is None:
        raise TypeError(f"{model.__name__}.{name} has no maximum length.")
    return length


def get_min_length(model: type[Model], name: str) -> int:
    """Return the minimum length of a model's text field; 0 where it has none."""
    bounds = (
        one.limit_value for one in _get_model_field(model, name).validators if isinstance(one, MinLengthValidator)
    )
    return max((bound() if callable(bound) else int(bound) for bound in bounds), default=0)


def get_pattern_validators(model: type[Model], name: str) -> list[RegexValidator]:
    """Return the validators of a model's text field that are patterns, with their sentences."""
    return [
        validator for validator in _get_model_field(model, name).validators if isinstance(validator, RegexValidator)
    ]


def _get_model_field(model: type[Model], name: str) -> "Field[object, object]":
    field: Field[object, object] = model._meta.get_field(name)  # type: ignore[assignment]  # no relation has a length
    return field
