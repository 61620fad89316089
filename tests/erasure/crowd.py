"""Canary people together: they live, and are erased."""

from collections.abc import Mapping
from uuid import UUID

from django.core.management import call_command

from accounts.models import User
from tenants.models import Tenant
from tests.backoffice.screens import screen_of
from tests.client import Client
from tests.erasure.people import NOT_KEPT, Person, live, live_without_account, user_of
from tests.erasure.places import Places, hits
from tests.factories import StaffFactory
from tests.webhooks.delivering import publish_all_events


class Crowd:
    """People with an account and people without one, in one shop."""

    def __init__(self, shop: Tenant, root: User) -> None:
        self.shop = shop
        self._clerk = screen_of(StaffFactory.create(tenant=shop, username="clerk"))
        self._admin = Client().as_(root, at=shop)
        self.users: dict[UUID, Person] = {}
        self.orders: dict[UUID, Person] = {}

    @property
    def people(self) -> list[Person]:
        return [*self.users.values(), *self.orders.values()]

    def live(self, *, accounts: int, payers: int) -> None:
        """Go through every feature; the worker tells of it."""
        for number in range(accounts):
            person = Person(number)
            self.users[live(person, self.shop, self._admin, self._clerk)] = person
        for number in range(accounts, accounts + payers):
            person = Person(number)
            self.orders[live_without_account(person, self.shop, self._admin)] = person
        publish_all_events()

    def unknown(self, found: Places) -> set[str]:
        """Which kinds of data a search does not find, though somebody has given them: it would prove nothing."""
        known = self.left(found)
        words = [(kind, word) for person in self.people for kind, word in person.words.items()]
        return {kind for kind, word in words if kind not in NOT_KEPT and word not in known}

    def left(self, found: Places) -> Mapping[str, set[str]]:
        """Which words about the people stand where."""
        return hits([word for person in self.people for word in person.words.values()], found)

    def places_left(self, found: Places) -> set[str]:
        """Where any of it stands."""
        return {place for where in self.left(found).values() for place in where}

    def erase(self) -> None:
        """Every second account by themselves, the others and who has none by an operator."""
        for number, user_id in enumerate(self.users):
            if number % 2:
                call_command("erase_user", str(user_id), verbosity=0)
            else:
                closer = Client().as_(user_of(user_id, self.shop))
                assert closer.delete(f"/v1/users/{user_id}").status_code == 204
        for order_id in self.orders:
            call_command("erase_payer", str(order_id), verbosity=0)
