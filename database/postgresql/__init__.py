"""Django's backend for PostgreSQL, with our time-outs and our reading of errors (setting ENGINE)."""
