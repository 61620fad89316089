"""Search of orders by id or its end, by pet, or by customer.

Customers and pets are looked for first, each in its own table; their orders are then found by index. One
condition over all three tables would read every order there is.
"""

import re
from typing import Any, TypeAlias
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, F, Func, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from accounts.models import User
from accounts.search import (
    MAX_MATCHES,
    choose_customer_columns,
    could_be_name,
    list_matching_customers,
    match_any_column,
)
from database import compiled_query
from kernel import ids
from kernel.search import split_search_words
from orders.models import Order
from pets.models import Pet
from tenants.scoping import all_tenants

AsSql: TypeAlias = tuple[str, tuple[str | int, ...]]
_END = re.compile(r"(?:…|\.\.\.)?([0-9a-fA-F]{12})\Z")


class IdSuffix(Func):
    """The last 12 digits of an id, as pages show them; written as the indexes have it (migration 0005)."""

    template = "right(%(expressions)s::text, 12)"
    output_field = CharField()

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> AsSql:
        """Return SQLite's expression, which stores ids as 32 digits."""
        return self.as_sql(compiler, connection, template="substr(%(expressions)s, -12)", **context)


def find_orders(orders: QuerySet[Order], term: str) -> QuerySet[Order]:
    """Filter orders by a search term: the id of an order, pet or customer, the end of an order's id, or words that are
    each in the pet's name or in a column of the customer; raises SearchTooLong."""
    term = term.strip()
    words = split_search_words(term)
    wanted = ids.parse_id(term)
    if wanted is not None:
        homes = User.objects.filter(pk=wanted).order_by().values_list("tenant_id", flat=True)
        return orders.filter(Q(pk=wanted) | Q(pet_id=wanted) | Q(tenant_id__in=list(homes), user_id=wanted))
    end = _END.match(term)
    ending = [row[0] for row in _order_ids_by_end(end[1].lower())] if end else []
    found = list(orders.order_by().filter(pk__in=ending).values_list("pk", flat=True)) if ending else []
    if found:
        return orders.filter(pk__in=found)
    for word in words:
        orders = orders.filter(_match_search_word(word))
    return orders


@compiled_query
def _order_ids_by_end(end: str) -> QuerySet[Any, tuple[UUID]]:
    """Select ids of orders of all tenants, of which the caller keeps those of the scope.

    Where row-level security lets only some rows be seen, no index of an expression is used.
    """
    with all_tenants(reason="one index has the ends of all orders' ids"):
        return Order.objects.order_by().alias(end=IdSuffix(F("id"))).filter(end=end).values_list("pk")


def _match_search_word(word: str) -> Q:
    """Return the condition for the orders of customers and pets that match a word."""
    is_name = could_be_name(word)
    people = list_matching_customers(word, most=MAX_MATCHES)
    named = Pet.objects.order_by().filter(name__icontains=word).values_list("pk", flat=True)
    pets = list(named[: MAX_MATCHES + 1]) if is_name else []
    if max(len(people), len(pets)) > MAX_MATCHES:
        columns = [f"user__{name}" for name in choose_customer_columns(word)]
        return match_any_column(word, [*columns, "pet__name"] if is_name else columns)
    homes, customer_ids = {row[0] for row in people}, [row[1] for row in people]
    return Q(tenant_id__in=homes, user_id__in=customer_ids) | Q(pet_id__in=pets)
