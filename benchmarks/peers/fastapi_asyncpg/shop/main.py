"""The application and its log-in."""

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

from shop import orders, pets
from shop.database import Connection, lifespan
from shop.security import BY_NAME, password_matches, token_of

app = FastAPI(lifespan=lifespan)
app.include_router(orders.router)
app.include_router(pets.router)


class Credentials(BaseModel):
    """A username and a password."""

    username: str
    password: str


@app.post("/v1/auth/tokens")
async def create_token(credentials: Credentials, connection: Connection) -> dict[str, str]:
    """Sign in."""
    user = await connection.fetchrow(BY_NAME, credentials.username)
    if user is None or not password_matches(user["password"], credentials.password):
        raise HTTPException(401, "Wrong username or password.")
    return {"access": token_of(user["id"])}
