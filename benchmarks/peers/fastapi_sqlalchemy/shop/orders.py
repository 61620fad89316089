"""Placing an order: the same rows, in the same transaction, as the other servers."""

from uuid import UUID

from fastapi import HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shop.models import Event, Order, OrderTransition, PendingEvent, Pet, User, now
from shop.schemas import OrderOut


async def taken_pet(session: AsyncSession, pet_id: UUID, scope: UUID) -> Pet:
    """Lock the pet of the scope and take it; 404 when unknown, 409 when sold."""
    pet = await session.scalar(select(Pet).where(Pet.id == pet_id, Pet.tenant_id == scope).with_for_update())
    if pet is None:
        raise HTTPException(404, "No such pet.")
    if pet.status != "AVAILABLE":
        raise HTTPException(409, "The pet is not available.")
    pet.status = "PENDING"
    return pet


def order_for(pet: Pet, user: User | None) -> Order:
    """Make the order of a pet at its present price."""
    at = now()
    return Order(
        id=uuid7(),
        tenant_id=pet.tenant_id,
        pet_id=pet.id,
        user_id=user.id if user else None,
        status="PLACED",
        total_amount=pet.price,
        currency=pet.currency,
        created_at=at,
        updated_at=at,
    )


def event_for(order: Order) -> Event:
    """Make the journal's row of a new order."""
    return Event(
        id=uuid7(),
        tenant_id=order.tenant_id,
        name="order.statusChanged",
        subject_id=order.id,
        actor_id=order.user_id,
        data={
            "order": OrderOut.model_validate(order).model_dump(mode="json", by_alias=True),
            "previousStatus": None,
            "newStatus": order.status,
        },
    )


async def place_order(session: AsyncSession, pet_id: UUID, scope: UUID, user: User | None) -> Order:
    """Take the pet, place the order, write its history and its event, commit."""
    order = order_for(await taken_pet(session, pet_id, scope), user)
    event = event_for(order)
    session.add(order)
    await session.flush()
    session.add_all([OrderTransition(order_id=order.id, to_status=order.status, actor_id=order.user_id), event])
    await session.flush()
    session.add(PendingEvent(event_id=event.id))
    await session.commit()
    return order
