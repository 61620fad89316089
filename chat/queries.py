"""Reads of the advisor: the pets of the open scope that answer to a wish."""

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from chat.wishes import OfferedPet, PetWish, WishOrder
from pets.models import Pet

_ORDERS: dict[WishOrder, tuple[str, ...]] = {
    WishOrder.LISTED: (),
    WishOrder.CHEAPEST: ("price",),
    WishOrder.DEAREST: ("-price",),
    WishOrder.YOUNGEST: ("age_months",),
    WishOrder.OLDEST: ("-age_months",),
}


def list_pets_for_wish(wish: PetWish, *, limit: int) -> list[OfferedPet]:
    """Return at most `limit` AVAILABLE pets of the open scope that fit a wish; the same ones each time."""
    pets = Pet.objects.available().filter(**_list_conditions(wish))
    return [_offer_pet(pet) for pet in _order_pets(pets, wish)[:limit]]


def _list_conditions(wish: PetWish) -> dict[str, object]:
    conditions: dict[str, object | None] = {
        "species__in": [species for species in (wish.species, wish.other_species) if species] or None,
        "size": wish.size,
        "gender": wish.gender,
        "good_with_kids": wish.is_good_with_kids or None,
        "age_months__gte": wish.age_min,
        "age_months__lte": wish.age_max,
        "price__gte": wish.price_min,
        "price__lte": wish.price_max,
        "currency": wish.currency,
    }
    return {name: value for name, value in conditions.items() if value is not None}


def _order_pets(pets: QuerySet[Pet], wish: PetWish) -> QuerySet[Pet]:
    order = (*_ORDERS[wish.order], "created_at", "id")
    if wish.animal is None:
        return pets.order_by(*order)
    is_named = Q(breed__icontains=wish.animal) | Q(name__icontains=wish.animal)
    rank = Case(When(is_named, then=Value(0)), default=Value(1), output_field=IntegerField())
    return pets.annotate(animal_rank=rank).order_by("animal_rank", *order)


def _offer_pet(pet: Pet) -> OfferedPet:
    return OfferedPet(
        id=pet.id,
        name=pet.name,
        species=pet.species,
        breed=pet.breed,
        size=pet.size,
        age_months=pet.age_months,
        is_good_with_kids=pet.good_with_kids,
        price=pet.price,
        currency=pet.currency,
    )
