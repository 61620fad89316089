"""The engine and a session for each request.

The pools of both processes are as large as the load: the default of 5 would open and close connections all the time.
"""

import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

URL = os.environ["DATABASE_URL"].replace("postgres://", "postgresql+asyncpg://", 1)

engine = create_async_engine(URL, pool_size=8, max_overflow=0)
new_session = async_sessionmaker(engine, expire_on_commit=False)


async def session() -> AsyncIterator[AsyncSession]:
    """Give a request its session."""
    async with new_session() as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]
