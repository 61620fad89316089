"""Portraits of the demo store's pets: the same picture for the same pet every time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from petstore.demo.drawings.birds import draw_bird
from petstore.demo.drawings.canvas import Canvas
from petstore.demo.drawings.cats import draw_cat
from petstore.demo.drawings.coats import coat_for
from petstore.demo.drawings.dogs import draw_dog
from petstore.demo.drawings.rabbits import draw_rabbit
from petstore.demo.drawings.reptiles import draw_reptile
from petstore.demo.drawings.rodents import draw_rodent
from petstore.demo.drawings.scene import Sitting, draw_backdrop
from petstore.demo.profiles import PetProfile, Species

ARTISTS: dict[Species, Callable[[Sitting], None]] = {
    "DOG": draw_dog,
    "CAT": draw_cat,
    "RABBIT": draw_rabbit,
    "BIRD": draw_bird,
    "REPTILE": draw_reptile,
    "OTHER": draw_rodent,
}


def draw_pet_portrait(profile: PetProfile, *, size: int = 640) -> bytes:
    """Draw a square JPEG of the pet, `size` pixels wide; name, breed and colour alone decide the picture."""
    rng = Random(f"{profile.name} {profile.breed} {profile.color}")
    sitting = Sitting(Canvas(size), coat_for(profile.color), profile.breed, rng)
    draw_backdrop(sitting)
    ARTISTS[profile.species](sitting)
    return sitting.canvas.encode_jpeg()
