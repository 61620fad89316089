"""Who calls: a JWT, then the user's row."""

import base64
import hashlib
import hmac
import os
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer

from shop.database import Connection

KEY = os.environ["SECRET_KEY"]
ALGORITHM = "HS256"
BY_NAME = "SELECT id::text, password FROM shop_user WHERE username = $1 AND is_active"
BY_ID = "SELECT id::text, is_staff FROM shop_user WHERE id = $1 AND is_active"
bearer = OAuth2PasswordBearer(tokenUrl="v1/auth/tokens", auto_error=False)


def password_matches(stored: str, password: str) -> bool:
    """Compare with the stored hash, which is Django's `pbkdf2_sha256$iterations$salt$hash`."""
    _, iterations, salt, expected = stored.split("$")
    found = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), int(iterations))
    return hmac.compare_digest(base64.b64encode(found).decode(), expected)


def token_of(user_id: str) -> str:
    """Sign a token that lives a day."""
    return jwt.encode({"sub": user_id, "exp": datetime.now(UTC) + timedelta(hours=24)}, KEY, ALGORITHM)


async def optional_user(token: Annotated[str | None, Depends(bearer)], connection: Connection) -> Any:
    """Find the caller, or nobody where no token came; a bad token is 401."""
    if token is None:
        return None
    try:
        claims = jwt.decode(token, KEY, [ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "Bad token.") from error
    user = await connection.fetchrow(BY_ID, claims["sub"])
    if user is None:
        raise HTTPException(401, "Bad token.")
    return user


MaybeUser = Annotated[Any, Depends(optional_user)]


async def required_user(user: MaybeUser) -> Any:
    """Find the caller, or answer 401."""
    if user is None:
        raise HTTPException(401, "A token is needed.")
    return user


CurrentUser = Annotated[Any, Depends(required_user)]
