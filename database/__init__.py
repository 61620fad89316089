"""Read and write rows with SQL that the ORM compiles once: its names are for use, the modules behind are private.

Building a query costs the ORM several times what PostgreSQL needs to run it. The hot paths (reading an order, placing
one, authenticating a token) always send the same texts, only with other values. So a decorated function is called
once a process with placeholder values, the ORM turns its queryset into SQL, and every later call binds its own values
to that text. Filters, managers and the tenant of the scope stay what they are without the decorator.

- `compiled_query`: a function that returns a queryset; its call returns the rows.
- `compiled_update`: a function that returns a queryset and the new values; its call is what a unit of work carries out.
- `unit_of_work`: writes that depend on one another, all or none; one statement and one round trip on PostgreSQL.
- `build_row`: a new, unsaved row without the cost of a model's constructor.
- `bulk_insert`: a great many rows of one table.
- `read_replica`: a block whose reads may go to a replica; `remember_write` keeps it from showing callers less than
  they have written.
- `checks_access_versions`: whether compiled statements check what is remembered of their tenant.
"""

from database.bulk import bulk_insert
from database.executor import checks_access_versions
from database.inserts import build_row
from database.queries import compiled_query
from database.replicas import read_replica, remember_write
from database.units import unit_of_work
from database.updates import compiled_update

__all__ = [
    "build_row",
    "bulk_insert",
    "checks_access_versions",
    "compiled_query",
    "compiled_update",
    "read_replica",
    "remember_write",
    "unit_of_work",
]
