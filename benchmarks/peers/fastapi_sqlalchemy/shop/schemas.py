"""What comes in and what goes out."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from shop.models import SHARED_POOL, Pet

Seconds = Annotated[datetime, PlainSerializer(lambda value: value.strftime("%Y-%m-%dT%H:%M:%SZ"), return_type=str)]
Scope = Annotated[
    UUID | None, PlainSerializer(lambda value: None if value == SHARED_POOL else value, return_type=UUID | None)
]

Item = TypeVar("Item")


class Camel(BaseModel):
    """Names in camelCase outside, in snake_case inside."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, from_attributes=True)


class Credentials(BaseModel):
    """A username and a password."""

    username: str
    password: str


class Token(BaseModel):
    """A token, as simplejwt names it."""

    access: str


class OrderIn(Camel):
    """What a buyer says."""

    pet_id: UUID


class OrderOut(Camel):
    """The contract's Order."""

    id: UUID
    pet_id: UUID
    user_id: UUID | None
    status: str
    total_amount: Decimal
    currency: str
    created_at: Seconds
    updated_at: Seconds
    tenant_id: Scope


class MedicalInfo(Camel):
    """A pet's medical record."""

    spayed_neutered: bool
    vaccinated: bool
    microchipped: bool
    special_needs: bool
    health_notes: str


class PetOut(Camel):
    """The contract's Pet."""

    id: UUID
    species: str
    name: str
    breed: str
    age_months: int
    size: str
    color: str
    gender: str
    good_with_kids: bool | None
    price: Decimal
    currency: str
    description: str
    status: str
    photos: list[str]
    medical_info: MedicalInfo
    created_at: Seconds
    updated_at: Seconds
    tenant_id: Scope

    @classmethod
    def from_pet(cls, pet: Pet) -> "PetOut":
        """Show a pet; its photos must be loaded."""
        columns = {column.key: getattr(pet, column.key) for column in Pet.__table__.columns}
        medical = MedicalInfo.model_validate(pet)
        return cls.model_validate({**columns, "photos": [photo.url for photo in pet.photos], "medical_info": medical})


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

    field: Literal["ageMonths", "price"]
    order: Literal["ASC", "DESC"] = "ASC"


class Pagination(Camel):
    """Where in the collection a page stands."""

    page: int
    limit: int
    total_items: int
    total_pages: int


class Links(BaseModel):
    """The pages around."""

    self: str
    next: str | None = None
    prev: str | None = None
    first: str | None = None
    last: str | None = None


class Page(BaseModel, Generic[Item]):
    """One page of a collection."""

    data: list[Item]
    pagination: Pagination
    links: Links


class PageQuery(BaseModel):
    """Which page of the rows of a status."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    status: str | None = None


class PetSearch(Camel):
    """A search among the pets that are available."""

    criteria: Criteria = Criteria()
    sort: Sort | None = None
    pagination: PageQuery = PageQuery()
