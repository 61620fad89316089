"""The routes of orders. Placing one writes the same rows, in one transaction, as the other servers."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field
from uuid_utils import uuid7

from shop.database import Connection
from shop.pages import SHARED_POOL, PageQuery, Scope, answer, page_of
from shop.security import CurrentUser, MaybeUser

COLUMNS = (
    "id::text, pet_id::text, user_id::text, status, total_amount::text, currency, created_at, updated_at, "
    "tenant_id::text"
)
READ = f"SELECT {COLUMNS} FROM shop_order WHERE id = $1 AND tenant_id = $2"  # noqa: S608  # literal columns
TAKE = (
    "UPDATE shop_pet SET status = 'PENDING', updated_at = $3 "
    "WHERE id = $1 AND tenant_id = $2 AND status = 'AVAILABLE' RETURNING price::text, currency"
)
KNOWS = "SELECT FROM shop_pet WHERE id = $1 AND tenant_id = $2"
PLACE = (
    "INSERT INTO shop_order (id, tenant_id, pet_id, user_id, status, total_amount, currency, created_at, updated_at) "
    "VALUES ($1, $2, $3, $4, 'PLACED', $5::text::numeric, $6, $7, $7)"
)
STEP = (
    "INSERT INTO shop_ordertransition (id, order_id, from_status, to_status, actor_id, reason, created_at) "
    "VALUES ($1, $2, '', 'PLACED', $3, '', $4)"
)
RECORD = (
    "INSERT INTO shop_event (id, tenant_id, name, subject_id, actor_id, data, created_at) "
    "VALUES ($1, $2, 'order.statusChanged', $3, $4, $5, $6)"
)
SEND = "INSERT INTO shop_pendingevent (event_id, due_at, attempts) VALUES ($1, $2, 0)"
router = APIRouter(prefix="/v1/orders")


class OrderIn(BaseModel):
    """What a buyer says."""

    pet_id: Annotated[UUID, Field(alias="petId")]


def seconds(at: datetime) -> str:
    """Write a time as the contract has it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def shown(row: Any) -> dict[str, Any]:
    """The contract's Order."""
    return {
        "id": row["id"],
        "petId": row["pet_id"],
        "userId": row["user_id"],
        "status": row["status"],
        "totalAmount": row["total_amount"],
        "currency": row["currency"],
        "createdAt": seconds(row["created_at"]),
        "updatedAt": seconds(row["updated_at"]),
        "tenantId": None if row["tenant_id"] == SHARED_POOL else row["tenant_id"],
    }


@router.get("")
async def list_orders(
    request: Request, query: Annotated[PageQuery, Query()], user: CurrentUser, scope: Scope, connection: Connection
) -> Response:
    """List the scope's orders, a customer's own, newest first."""
    values = [scope]
    where = "tenant_id = $1"
    if not user["is_staff"]:
        values.append(user["id"])
        where += " AND user_id = $2"
    if query.status:
        values.append(query.status)
        where += f" AND status = ${len(values)}"
    total = await connection.fetchval(f"SELECT count(*) FROM shop_order WHERE {where}", *values)  # noqa: S608  # literal
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM shop_order WHERE {where} ORDER BY created_at DESC, shop_order.id DESC "  # noqa: S608  # literal
        f"LIMIT ${len(values) + 1} OFFSET ${len(values) + 2}",
        *values,
        query.limit,
        (query.page - 1) * query.limit,
    )
    return page_of(list(map(shown, rows)), total, query, request.url)


@router.get("/{order_id}")
async def read_order(order_id: UUID, user: MaybeUser, scope: Scope, connection: Connection) -> Response:
    """Read one order: anybody an anonymous one, else its owner and the staff."""
    order = await connection.fetchrow(READ, order_id, scope)
    if order is None:
        raise HTTPException(404, "No such order.")
    if order["user_id"] and not (user and (user["is_staff"] or user["id"] == order["user_id"])):
        raise HTTPException(403 if user else 401, "Another's order.")
    return answer(shown(order))


@router.post("", status_code=201)
async def create_order(body: OrderIn, user: MaybeUser, scope: Scope, connection: Connection) -> Response:
    """Take the pet, place the order, write its history and its event."""
    at, user_id = datetime.now(UTC), user["id"] if user else None
    order_id, event_id = str(uuid7()), str(uuid7())
    async with connection.transaction():
        pet = await connection.fetchrow(TAKE, body.pet_id, scope, at)
        if pet is None:
            known = await connection.fetchrow(KNOWS, body.pet_id, scope)
            raise HTTPException(*((404, "No such pet.") if known is None else (409, "The pet is not available.")))
        row = {
            "id": order_id, "pet_id": str(body.pet_id), "user_id": user_id, "status": "PLACED",
            "total_amount": pet["price"], "currency": pet["currency"], "created_at": at, "updated_at": at,
            "tenant_id": scope,
        }  # fmt: skip
        order = shown(row)
        data = orjson.dumps({"order": order, "previousStatus": None, "newStatus": "PLACED"}).decode()
        await connection.execute(PLACE, order_id, scope, body.pet_id, user_id, pet["price"], pet["currency"], at)
        await connection.execute(STEP, str(uuid7()), order_id, user_id, at)
        await connection.execute(RECORD, event_id, scope, order_id, user_id, data, at)
        await connection.execute(SEND, event_id, at)
    return answer(order, 201)
