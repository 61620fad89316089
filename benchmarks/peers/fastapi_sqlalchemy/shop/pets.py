"""The routes of pets."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from shop.database import Session
from shop.models import Pet
from shop.pages import links_of, read_page
from shop.schemas import Criteria, Links, Page, PageQuery, PetOut, PetSearch
from shop.scopes import Scope
from shop.security import MaybeUser

COLUMNS = {"ageMonths": Pet.age_months, "price": Pet.price}
router = APIRouter(prefix="/v1/pets")


def pets_of(scope: UUID) -> Select[Pet]:
    """The scope's pets, with their photos."""
    return select(Pet).where(Pet.tenant_id == scope).options(selectinload(Pet.photos))


def matching(pets: Select[Pet], wanted: Criteria) -> Select[Pet]:
    """Keep the pets that meet the criteria."""
    ages, medical = wanted.age_range, wanted.medical
    if wanted.species:
        pets = pets.where(Pet.species.in_(wanted.species))
    if ages.min is not None:
        pets = pets.where(Pet.age_months >= ages.min)
    if ages.max is not None:
        pets = pets.where(Pet.age_months <= ages.max)
    if medical.vaccinated is not None:
        pets = pets.where(Pet.vaccinated == medical.vaccinated)
    if medical.spayed_neutered is not None:
        pets = pets.where(Pet.spayed_neutered == medical.spayed_neutered)
    return pets


@router.get("")
async def list_pets(
    request: Request, query: Annotated[PageQuery, Query()], user: MaybeUser, scope: Scope, session: Session
) -> Page[PetOut]:
    """List the pets of a status, by default those that are available, oldest first."""
    pets = pets_of(scope).where(Pet.status == (query.status or "AVAILABLE"))
    rows, pagination = await read_page(session, pets, (Pet.created_at, Pet.id), query)
    return Page(
        data=[PetOut.from_pet(row) for row in rows], pagination=pagination, links=links_of(pagination, request.url)
    )


@router.post("/search")
async def search_pets(
    request: Request, body: PetSearch, user: MaybeUser, scope: Scope, session: Session
) -> Page[PetOut]:
    """Find available pets by criteria in the body."""
    pets = matching(pets_of(scope).where(Pet.status == "AVAILABLE"), body.criteria)
    column, id_ = (COLUMNS[body.sort.field] if body.sort else Pet.created_at), Pet.id
    ordering = (column.desc(), id_.desc()) if body.sort and body.sort.order == "DESC" else (column, id_)
    rows, pagination = await read_page(session, pets, ordering, body.pagination)
    return Page(data=[PetOut.from_pet(row) for row in rows], pagination=pagination, links=Links(self=str(request.url)))


@router.get("/{pet_id}")
async def read_pet(pet_id: UUID, user: MaybeUser, scope: Scope, session: Session) -> PetOut:
    """Read one pet."""
    pet = await session.scalar(pets_of(scope).where(Pet.id == pet_id))
    if pet is None:
        raise HTTPException(404, "No such pet.")
    return PetOut.from_pet(pet)
