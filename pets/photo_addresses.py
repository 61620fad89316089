"""The rules for the addresses of a pet's photos (contract, Pet)."""

from collections.abc import Collection, Sequence

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from kernel.errors import FieldFault, Invalid
from pets.models import PetPhoto

MAX_PHOTOS = 20
MAX_ADDRESS = PetPhoto._meta.get_field("url").max_length or 0
_check_url = URLValidator(schemes=("https",))


def check_photo_addresses(addresses: Sequence[str], *, own: Collection[str] = ()) -> tuple[str, ...]:
    """Check the addresses and return them in their order, each once.

    Args:
        own: the addresses that this pet has already, those of its uploaded pictures among them; no other file of ours
            can be named.

    Raises:
        Invalid: too many, or one is neither in `own` nor an https address.
    """
    if len(addresses) > MAX_PHOTOS:
        raise Invalid.for_field("photos", f"At most {MAX_PHOTOS} photos.", "max_length")
    faults = tuple(
        FieldFault(f"photos.{place}", "Give an https address, or that of a photo of this pet.", "invalid")
        for place, address in enumerate(addresses)
        if address not in own and not _is_https_url(address)
    )
    if faults:
        raise Invalid(faults=faults)
    return tuple(dict.fromkeys(addresses))


def _is_https_url(text: str) -> bool:
    try:
        _check_url(text)
    except ValidationError:
        return False
    return len(text) <= MAX_ADDRESS
