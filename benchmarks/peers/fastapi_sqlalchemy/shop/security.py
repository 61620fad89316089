"""Who calls: a JWT, then the user's row, as FastAPI's security tutorial does it."""

import base64
import hashlib
import hmac
import os
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import select

from shop.database import Session
from shop.models import User

KEY = os.environ["SECRET_KEY"]
ALGORITHM = "HS256"
bearer = OAuth2PasswordBearer(tokenUrl="v1/auth/tokens", auto_error=False)


def password_matches(user: User, password: str) -> bool:
    """Compare with the stored hash, which is Django's `pbkdf2_sha256$iterations$salt$hash`."""
    _, iterations, salt, expected = user.password.split("$")
    found = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), int(iterations))
    return hmac.compare_digest(base64.b64encode(found).decode(), expected)


def token_of(user: User) -> str:
    """Sign a token that lives a day."""
    return jwt.encode({"sub": str(user.id), "exp": datetime.now(UTC) + timedelta(hours=24)}, KEY, ALGORITHM)


async def optional_user(token: Annotated[str | None, Depends(bearer)], session: Session) -> User | None:
    """Find the caller, or nobody where no token came; a bad token is 401."""
    if token is None:
        return None
    try:
        claims = jwt.decode(token, KEY, [ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "Bad token.") from error
    user = await session.scalar(select(User).where(User.id == UUID(claims["sub"]), User.is_active))
    if user is None:
        raise HTTPException(401, "Bad token.")
    return user


MaybeUser = Annotated[User | None, Depends(optional_user)]


async def required_user(user: MaybeUser) -> User:
    """Find the caller, or answer 401."""
    if user is None:
        raise HTTPException(401, "A token is needed.")
    return user


CurrentUser = Annotated[User, Depends(required_user)]
