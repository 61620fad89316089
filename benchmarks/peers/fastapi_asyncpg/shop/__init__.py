"""The FastAPI peer without an ORM: SQL by asyncpg, prepared, and JSON by orjson, as those write who want it fast."""
