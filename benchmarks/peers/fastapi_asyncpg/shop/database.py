"""The pool of connections.

The pools of both processes are as large as the load, statements stay prepared, and a connection that comes back is not
reset: no request leaves anything behind in one.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, FastAPI, Request


async def keep(_connection: Any) -> None:
    """Leave a connection as it is."""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep the pool while the application runs."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=8, reset=keep) as pool:
        app.state.pool = pool
        yield


async def connection(request: Request) -> AsyncIterator[Any]:
    """Give a request its connection."""
    async with request.app.state.pool.acquire() as acquired:
        yield acquired


Connection = Annotated[Any, Depends(connection)]
