"""The routes of pets."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from shop.database import Connection
from shop.orders import seconds
from shop.pages import SHARED_POOL, PageQuery, Scope, answer, page_of
from shop.security import MaybeUser

COLUMNS = (
    "id::text, tenant_id::text, species, name, breed, age_months, size, color, gender, good_with_kids, price::text, "
    "currency, description, status, spayed_neutered, vaccinated, microchipped, special_needs, health_notes, "
    "created_at, updated_at, "
    "ARRAY(SELECT url FROM shop_petphoto WHERE pet_id = shop_pet.id ORDER BY shop_petphoto.id) AS photos"
)
READ = f"SELECT {COLUMNS} FROM shop_pet WHERE id = $1 AND tenant_id = $2"  # noqa: S608  # literal columns
SORTED = {"createdAt": "created_at", "ageMonths": "age_months", "price": "shop_pet.price"}
router = APIRouter(prefix="/v1/pets")


class Camel(BaseModel):
    """Names in camelCase outside, in snake_case inside."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class AgeRange(Camel):
    """Ages in months; both ends belong to the range."""

    min: int | None = None
    max: int | None = None


class MedicalCriteria(Camel):
    """What the medical record must say."""

    vaccinated: bool | None = None
    spayed_neutered: bool | None = None


class Criteria(Camel):
    """What a pet must meet."""

    species: list[str] = []
    age_range: AgeRange = AgeRange()
    medical: MedicalCriteria = MedicalCriteria()


class Sort(Camel):
    """The order of what is found."""

    field: Literal["createdAt", "ageMonths", "price"] = "createdAt"
    order: Literal["ASC", "DESC"] = "ASC"


class PetSearch(Camel):
    """A search among the pets that are available."""

    criteria: Criteria = Criteria()
    sort: Sort = Sort()
    pagination: PageQuery = PageQuery()


def shown(row: Any) -> dict[str, Any]:
    """The contract's Pet."""
    return {
        "id": row["id"],
        "species": row["species"],
        "name": row["name"],
        "breed": row["breed"],
        "ageMonths": row["age_months"],
        "size": row["size"],
        "color": row["color"],
        "gender": row["gender"],
        "goodWithKids": row["good_with_kids"],
        "price": row["price"],
        "currency": row["currency"],
        "description": row["description"],
        "status": row["status"],
        "photos": row["photos"],
        "medicalInfo": {
            "spayedNeutered": row["spayed_neutered"],
            "vaccinated": row["vaccinated"],
            "microchipped": row["microchipped"],
            "specialNeeds": row["special_needs"],
            "healthNotes": row["health_notes"],
        },
        "createdAt": seconds(row["created_at"]),
        "updatedAt": seconds(row["updated_at"]),
        "tenantId": None if row["tenant_id"] == SHARED_POOL else row["tenant_id"],
    }


def conditions_of(wanted: Criteria) -> list[tuple[str, Any]]:
    """Write the criteria as conditions, each with its value."""
    named = [
        ("species = ANY({})", wanted.species or None),
        ("age_months >= {}", wanted.age_range.min),
        ("age_months <= {}", wanted.age_range.max),
        ("vaccinated = {}", wanted.medical.vaccinated),
        ("spayed_neutered = {}", wanted.medical.spayed_neutered),
    ]
    return [(condition, value) for condition, value in named if value is not None]


async def read_page(
    connection: Any, conditions: list[tuple[str, Any]], ordering: str, query: PageQuery
) -> tuple[list[dict[str, Any]], int]:
    """Read one page and count the whole."""
    where = " AND ".join(condition.format(f"${number}") for number, (condition, _) in enumerate(conditions, 1))
    values = [value for _, value in conditions]
    total = await connection.fetchval(f"SELECT count(*) FROM shop_pet WHERE {where}", *values)  # noqa: S608  # literal
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM shop_pet WHERE {where} ORDER BY {ordering} "  # noqa: S608  # literal
        f"LIMIT ${len(values) + 1} OFFSET ${len(values) + 2}",
        *values,
        query.limit,
        (query.page - 1) * query.limit,
    )
    return list(map(shown, rows)), total


@router.get("")
async def list_pets(
    request: Request, query: Annotated[PageQuery, Query()], user: MaybeUser, scope: Scope, connection: Connection
) -> Response:
    """List the pets of a status, by default those that are available, oldest first."""
    conditions = [("tenant_id = {}", scope), ("status = {}", query.status or "AVAILABLE")]
    data, total = await read_page(connection, conditions, "created_at, shop_pet.id", query)
    return page_of(data, total, query, request.url)


@router.post("/search")
async def search_pets(
    request: Request, body: PetSearch, user: MaybeUser, scope: Scope, connection: Connection
) -> Response:
    """Find available pets by criteria in the body."""
    conditions = [("tenant_id = {}", scope), ("status = {}", "AVAILABLE"), *conditions_of(body.criteria)]
    ordering = f"{SORTED[body.sort.field]} {body.sort.order}, shop_pet.id {body.sort.order}"
    data, total = await read_page(connection, conditions, ordering, body.pagination)
    return page_of(data, total, body.pagination, request.url, has_links=False)


@router.get("/{pet_id}")
async def read_pet(pet_id: UUID, user: MaybeUser, scope: Scope, connection: Connection) -> Response:
    """Read one pet."""
    pet = await connection.fetchrow(READ, pet_id, scope)
    if pet is None:
        raise HTTPException(404, "No such pet.")
    return answer(shown(pet))
