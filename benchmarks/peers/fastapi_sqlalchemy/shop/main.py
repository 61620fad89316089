"""The application and its routes."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from sqlalchemy import select

from shop.database import Session
from shop.models import SHARED_POOL, Order, User
from shop.orders import place_order
from shop.pages import page_of
from shop.schemas import Credentials, OrderCollection, OrderIn, OrderOut, PageQuery, Token
from shop.security import CurrentUser, MaybeUser, password_matches, token_of

app = FastAPI()


def scope_of(x_tenant_id: Annotated[UUID | None, Header()] = None) -> UUID:
    """Read the tenant's header; without one it is the shared pool."""
    return x_tenant_id or SHARED_POOL


Scope = Annotated[UUID, Depends(scope_of)]


@app.post("/v1/auth/tokens")
async def create_token(credentials: Credentials, session: Session) -> Token:
    """Sign in."""
    user = await session.scalar(select(User).where(User.username == credentials.username, User.is_active))
    if user is None or not password_matches(user, credentials.password):
        raise HTTPException(401, "Wrong username or password.")
    return Token(access=token_of(user))


@app.get("/v1/orders")
async def list_orders(
    request: Request, query: Annotated[PageQuery, Query()], user: CurrentUser, scope: Scope, session: Session
) -> OrderCollection:
    """List the scope's orders, a customer's own."""
    orders = select(Order).where(Order.tenant_id == scope)
    if not user.is_staff:
        orders = orders.where(Order.user_id == user.id)
    if query.status:
        orders = orders.where(Order.status == query.status)
    return await page_of(session, orders, query, request.url)


@app.get("/v1/orders/{order_id}", response_model=OrderOut)
async def read_order(order_id: UUID, user: MaybeUser, scope: Scope, session: Session) -> Order:
    """Read one order: anybody an anonymous one, else its owner and the staff."""
    order = await session.scalar(select(Order).where(Order.id == order_id, Order.tenant_id == scope))
    if order is None:
        raise HTTPException(404, "No such order.")
    if order.user_id and not (user and (user.is_staff or user.id == order.user_id)):
        raise HTTPException(403 if user else 401, "Another's order.")
    return order


@app.post("/v1/orders", status_code=201, response_model=OrderOut)
async def create_order(body: OrderIn, user: MaybeUser, session: Session) -> Order:
    """Buy a pet."""
    return await place_order(session, body.pet_id, user)
