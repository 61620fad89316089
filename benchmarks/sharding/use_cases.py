"""What the application sends for an order, for a read of one, and for a list: recorded at its use cases.

`main` runs in a process of its own, on a migrated database, and prints the scripts; see `benchmarks.sharding.scripts`.
"""

import json
import secrets
from decimal import Decimal
from uuid import UUID

from accounts.services.registration import Profile, register_user
from accounts.services.tenants import create_tenant
from benchmarks.sharding.statements import TENANT, Recorder, build_row_id
from kernel.actor import SYSTEM, Actor, Role
from orders.queries import count_listed_orders, fetch_newest_orders, get_order
from orders.services.placement import place_order
from pets.services.catalog import create_pet
from pets.services.details import PetDetails
from tenants.models import Tenant
from tenants.scoping import tenant_scope

PAGE = 20
NEW_PET, CUSTOMER = build_row_id(2, ":number"), build_row_id(1, ":tenant")


def main() -> None:
    """Print the scripts as JSON."""
    tenant = create_tenant(actor=SYSTEM, name="Recorded", access=Tenant.Access.OPEN)
    with tenant_scope(tenant.id):
        print(json.dumps(_record_scripts(tenant.id)))


def _record_scripts(tenant_id: UUID) -> dict[str, str]:
    profile = Profile(email="customer@example.com", first_name="First", last_name="Last")
    customer = register_user(username="customer", password=secrets.token_urlsafe(), profile=profile, actor=SYSTEM)
    details = PetDetails(species="DOG", name="Rex", age_months=18, price=Decimal(150))
    pet = create_pet(details=details, actor=SYSTEM)
    actor = Actor(user_id=customer.id, role=Role.CUSTOMER)
    known = {tenant_id: TENANT, customer.id: CUSTOMER}
    place, read, page = Recorder({**known, pet.id: NEW_PET}), Recorder(known), Recorder(known)
    with place.record_statements():
        order = place_order(pet_id=pet.id, actor=actor)
    with read.record_statements():
        get_order(order.id, actor=actor)
    with page.record_statements():
        fetch_newest_orders(actor, limit=PAGE + 1)
        count_listed_orders(actor, up_to=10_001)
    return {"orders": place.script, "reads": read.script, "lists": page.script}
