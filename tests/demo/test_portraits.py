"""A portrait is a picture of this very pet, and the same one each time."""

from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from petstore.demo.breeds import BREEDS
from petstore.demo.catalogue import MedicalInfo, PetProfile, generate_pet_profiles
from petstore.demo.drawings import birds, cats, dogs, rabbits, rodents
from petstore.demo.drawings.coats import COATS, coat_for
from petstore.demo.portraits import draw_pet_portrait
from petstore.demo.profiles import Species

SMALL = 120
BLACK_CAT = PetProfile(
    species="CAT",
    name="Cleo",
    breed="Domestic Shorthair",
    age_months=30,
    size="MEDIUM",
    color="Black",
    gender="FEMALE",
    good_with_kids=None,
    price=Decimal("90.00"),
    description="",
    medical=MedicalInfo(spayedNeutered=True, vaccinated=True, microchipped=True, specialNeeds=False, healthNotes=""),
)
LOOKS = [
    replace(BLACK_CAT, species=species, breed=breed.name, color=color)
    for species, breeds in BREEDS.items()
    for breed in breeds
    for color in breed.colors
]


def opened(picture: bytes) -> Image.Image:
    return Image.open(BytesIO(picture)).convert("RGB")


def pixel(profile: PetProfile, x: int, y: int) -> tuple[int, ...]:
    color = opened(draw_pet_portrait(profile, size=100)).getpixel((x, y))
    assert isinstance(color, tuple)
    return color


def differ(first: PetProfile, second: PetProfile) -> bool:
    pictures = (opened(draw_pet_portrait(first, size=SMALL)), opened(draw_pet_portrait(second, size=SMALL)))
    return ImageChops.difference(*pictures).getbbox() is not None


def test_a_portrait_is_a_square_jpeg_of_640_pixels() -> None:
    picture = Image.open(BytesIO(draw_pet_portrait(BLACK_CAT)))
    assert (picture.format, picture.size) == ("JPEG", (640, 640))


def test_a_portrait_has_the_size_that_was_asked_for() -> None:
    assert opened(draw_pet_portrait(BLACK_CAT, size=200)).size == (200, 200)


def test_the_same_pet_has_the_same_portrait() -> None:
    assert draw_pet_portrait(BLACK_CAT, size=SMALL) == draw_pet_portrait(replace(BLACK_CAT), size=SMALL)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.breed} {look.color}")
def test_every_breed_and_colour_can_be_drawn_over_its_backdrop(look: PetProfile) -> None:
    picture = opened(draw_pet_portrait(look, size=SMALL))
    backdrop = picture.crop((0, 0, 8, SMALL)).resize(picture.size)
    red, green, blue = ImageChops.difference(picture, backdrop).split()
    strongest = ImageChops.lighter(red, ImageChops.lighter(green, blue))
    assert sum(strongest.histogram()[40:]) > SMALL * SMALL / 6


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.breed} {look.color}")
def test_every_colour_of_the_catalogue_has_a_coat(look: PetProfile) -> None:
    assert look.color in COATS


def test_a_colour_outside_the_catalogue_gets_the_plain_brown_coat() -> None:
    assert coat_for("Ultraviolet") not in COATS.values()
    assert differ(replace(BLACK_CAT, color="Ultraviolet"), BLACK_CAT)


def test_the_fur_has_the_colour_of_the_profile() -> None:
    dark, pale = pixel(BLACK_CAT, 50, 40), pixel(replace(BLACK_CAT, color="White"), 50, 40)
    assert max(dark) < 110
    assert min(pale) > 220


def test_each_species_is_drawn_in_its_own_way() -> None:
    species: tuple[Species, ...] = ("DOG", "CAT", "RABBIT", "BIRD", "REPTILE", "OTHER")
    assert len({draw_pet_portrait(replace(BLACK_CAT, species=kind), size=SMALL) for kind in species}) == 6


def test_two_pets_of_one_look_differ_by_their_names() -> None:
    assert differ(BLACK_CAT, replace(BLACK_CAT, name="Juno"))


@pytest.mark.parametrize(
    ("species", "drawn"),
    [
        ("DOG", dogs.POINTED_BREEDS | dogs.FOLDED_BREEDS | dogs.CURLY_BREEDS),
        ("CAT", cats.FLUFFY_BREEDS | cats.FOLDED_BREEDS),
        ("RABBIT", rabbits.LOP_BREEDS | rabbits.SHORT_EARED),
        ("BIRD", birds.HEADS.keys()),
        ("OTHER", rodents.EARS.keys()),
    ],
)
def test_every_breed_drawn_specially_is_in_the_catalogue(species: Species, drawn: frozenset[str]) -> None:
    assert drawn <= {breed.name for breed in BREEDS[species]}


def test_the_first_pets_of_a_seed_all_look_different() -> None:
    stock = list(generate_pet_profiles(seed=3, count=24))
    assert len({draw_pet_portrait(pet, size=SMALL) for pet in stock}) == 24
