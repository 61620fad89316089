"""The application and its routes."""

from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, HTTPException, Query, Request
from sqlalchemy import select

from shop import pets
from shop.database import Session
from shop.models import Order, User
from shop.orders import place_order
from shop.pages import links_of, read_page
from shop.schemas import Credentials, OrderIn, OrderOut, Page, PageQuery, Token
from shop.scopes import Scope
from shop.security import CurrentUser, MaybeUser, password_matches, token_of

app = FastAPI()
app.include_router(pets.router)


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
) -> Page[OrderOut]:
    """List the scope's orders, a customer's own."""
    orders = select(Order).where(Order.tenant_id == scope)
    if not user.is_staff:
        orders = orders.where(Order.user_id == user.id)
    if query.status:
        orders = orders.where(Order.status == query.status)
    rows, pagination = await read_page(session, orders, (Order.created_at.desc(), Order.id.desc()), query)
    return Page(
        data=[OrderOut.model_validate(row) for row in rows],
        pagination=pagination,
        links=links_of(pagination, request.url),
    )


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
async def create_order(body: OrderIn, user: MaybeUser, scope: Scope, session: Session) -> Order:
    """Buy a pet."""
    return await place_order(session, body.pet_id, scope, user)
