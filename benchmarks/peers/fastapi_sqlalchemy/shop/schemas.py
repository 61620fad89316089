"""What comes in and what goes out."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from shop.models import SHARED_POOL

Seconds = Annotated[datetime, PlainSerializer(lambda value: value.strftime("%Y-%m-%dT%H:%M:%SZ"), return_type=str)]
Scope = Annotated[
    UUID | None, PlainSerializer(lambda value: None if value == SHARED_POOL else value, return_type=UUID | None)
]


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


class Pagination(Camel):
    """Where in the collection a page stands."""

    page: int
    limit: int
    total_items: int
    total_pages: int


class Links(BaseModel):
    """The pages around."""

    self: str
    next: str | None
    prev: str | None
    first: str
    last: str


class OrderCollection(BaseModel):
    """One page of orders."""

    data: list[OrderOut]
    pagination: Pagination
    links: Links


class PageQuery(BaseModel):
    """Which page of which orders."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    status: str | None = None
