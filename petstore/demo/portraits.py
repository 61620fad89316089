"""Draws the photographs of the demo store: a portrait for each pet, the same one every time."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from petstore.demo.drawing.birds import draw_bird
from petstore.demo.drawing.canvas import Canvas
from petstore.demo.drawing.cats import draw_cat
from petstore.demo.drawing.coats import coat_for
from petstore.demo.drawing.dogs import draw_dog
from petstore.demo.drawing.rabbits import draw_rabbit
from petstore.demo.drawing.reptiles import draw_reptile
from petstore.demo.drawing.rodents import draw_rodent
from petstore.demo.drawing.scene import Sitting, backdrop
from petstore.demo.profiles import PetProfile, Species

ARTISTS: dict[Species, Callable[[Sitting], None]] = {
    "DOG": draw_dog,
    "CAT": draw_cat,
    "RABBIT": draw_rabbit,
    "BIRD": draw_bird,
    "REPTILE": draw_reptile,
    "OTHER": draw_rodent,
}


def portrait(profile: PetProfile, *, size: int = 640) -> bytes:
    """A square JPEG of the pet, `size` pixels wide; name, breed and colour alone decide what it shows."""
    rng = Random(f"{profile.name} {profile.breed} {profile.color}")
    sitting = Sitting(Canvas(size), coat_for(profile.color), profile.breed, rng)
    backdrop(sitting)
    ARTISTS[profile.species](sitting)
    return sitting.canvas.jpeg()
