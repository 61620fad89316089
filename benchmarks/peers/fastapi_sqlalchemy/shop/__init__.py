"""The FastAPI peer: SQLAlchemy 2 (asyncio), asyncpg, pydantic, as FastAPI's own tutorial arranges them."""
