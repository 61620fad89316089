"""A pet's photos when several people upload at once."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from kernel.actor import SYSTEM
from pets.errors import TooManyPhotos
from pets.models import Pet, PetPhoto
from pets.photo_addresses import MAX_PHOTOS
from pets.services.photos import add_photo
from tenants.scoping import tenant_scope
from tests.concurrency import run_together
from tests.factories import PetFactory
from tests.pets.pictures import make_plain_picture


@pytest.mark.django_db(transaction=True)
def test_the_last_place_goes_to_one_of_many_and_the_others_leave_no_file(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    taken = tuple(f"https://pictures.example/{number}.jpg" for number in range(MAX_PHOTOS - 1))
    pet: Pet = PetFactory.create(photos=taken)

    def upload() -> PetPhoto:
        with tenant_scope(pet.tenant_id):
            return add_photo(pet_id=pet.id, upload=BytesIO(make_plain_picture(size=(700, 700))), actor=SYSTEM)

    outcome = run_together([upload] * 6)
    assert len(outcome.results) == 1
    assert {type(error) for error in outcome.errors} == {TooManyPhotos}
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1
