"""The tables, mapped as they are: the other peer's migration makes them, so both have the same columns and indexes."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

SHARED_POOL = UUID(int=1)


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """What every table has: an id that the application makes."""

    type_annotation_map = {datetime: DateTime(timezone=True), Decimal: Numeric(12, 2)}


class Tenant(Base):
    """A shop of the store; the shared pool is one too."""

    __tablename__ = "shop_tenant"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)


class User(Base):
    """Somebody who buys, or works here."""

    __tablename__ = "shop_user"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id))
    username: Mapped[str]
    password: Mapped[str]
    is_staff: Mapped[bool]
    is_active: Mapped[bool]


class Pet(Base):
    """What is sold."""

    __tablename__ = "shop_pet"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id))
    species: Mapped[str]
    name: Mapped[str]
    breed: Mapped[str]
    age_months: Mapped[int]
    size: Mapped[str]
    color: Mapped[str]
    gender: Mapped[str]
    good_with_kids: Mapped[bool | None]
    price: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    description: Mapped[str]
    status: Mapped[str]
    spayed_neutered: Mapped[bool]
    vaccinated: Mapped[bool]
    microchipped: Mapped[bool]
    special_needs: Mapped[bool]
    health_notes: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    photos: Mapped[list["PetPhoto"]] = relationship(order_by="PetPhoto.id")


class PetPhoto(Base):
    """A picture of a pet."""

    __tablename__ = "shop_petphoto"
    id: Mapped[int] = mapped_column(primary_key=True)
    pet_id: Mapped[UUID] = mapped_column(ForeignKey(Pet.id))
    url: Mapped[str]


class Order(Base):
    """One purchase of one pet."""

    __tablename__ = "shop_order"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id))
    pet_id: Mapped[UUID] = mapped_column(ForeignKey(Pet.id))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    status: Mapped[str] = mapped_column(default="PLACED")
    total_amount: Mapped[Decimal]
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class OrderTransition(Base):
    """One step of an order's life."""

    __tablename__ = "shop_ordertransition"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    order_id: Mapped[UUID] = mapped_column(ForeignKey(Order.id))
    from_status: Mapped[str] = mapped_column(default="")
    to_status: Mapped[str]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Event(Base):
    """The audit entry that is the outbox message too."""

    __tablename__ = "shop_event"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    tenant_id: Mapped[UUID] = mapped_column(ForeignKey(Tenant.id))
    name: Mapped[str]
    subject_id: Mapped[UUID]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(default=now)


class PendingEvent(Base):
    """An event that is still to be sent."""

    __tablename__ = "shop_pendingevent"
    event_id: Mapped[UUID] = mapped_column(ForeignKey(Event.id), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(default=now)
    attempts: Mapped[int] = mapped_column(default=0)
