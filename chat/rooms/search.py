"""Search of rooms by their customer, or by the id of either."""

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.search import MAX_MATCHES, choose_customer_columns, list_matching_customers, match_any_column
from chat.models import Room
from kernel import ids
from kernel.search import split_search_words


def find_rooms(rooms: QuerySet[Room], term: str) -> QuerySet[Room]:
    """Filter rooms by a search term: the id of a room or of its customer, or words that are each in a column of the
    customer; raises SearchTooLong."""
    words, wanted = split_search_words(term), ids.parse_id(term.strip())
    if wanted is not None:
        homes = User.objects.filter(pk=wanted).order_by().values_list("tenant_id", flat=True)
        return rooms.filter(Q(pk=wanted) | Q(tenant_id__in=list(homes), customer_id=wanted))
    for word in words:
        rooms = rooms.filter(_match_customer_word(word))
    return rooms


def _match_customer_word(word: str) -> Q:
    """Return the condition for the rooms of customers who match a word; see `orders.search`."""
    people = list_matching_customers(word, most=MAX_MATCHES)
    if len(people) > MAX_MATCHES:
        return match_any_column(word, [f"customer__{name}" for name in choose_customer_columns(word)])
    return Q(tenant_id__in={row[0] for row in people}, customer_id__in=[row[1] for row in people])
