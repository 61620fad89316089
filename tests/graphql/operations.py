"""Operations that ask for every field of the schema."""

from typing import Final

PET: Final = """id name species breed ageMonths size color gender goodWithKids price currency description status photos
 medicalInfo { spayedNeutered vaccinated microchipped specialNeeds healthNotes } createdAt updatedAt tenantId etag"""
USER: Final = """id username email firstName lastName phone preferences { newsletter notifications }
 createdAt updatedAt tenantId"""
TRANSITION: Final = "from to at by reason"
PAYMENT: Final = """id amount currency status createdAt source { __typename
 ... on CardSource { name number expMonth expYear brand last4 billingAddress { city state postalCode country } }
 ... on BankAccountSource { accountHolderName accountNumber routingNumber accountType bankName holderLast4: last4 } }"""
ORDER: Final = f"""id petId pet {{ {PET} }} userId user {{ {USER} }} status totalAmount currency
 history {{ {TRANSITION} }} payments {{ {PAYMENT} }} createdAt updatedAt tenantId etag"""
PAGE_INFO: Final = "hasNextPage hasPreviousPage startCursor endCursor"

GET_PET: Final = f"query ($id: ID!) {{ pet(id: $id) {{ {PET} }} }}"
LIST_PETS: Final = f"""query (
 $species: Species, $status: PetStatus, $filter: PetFilter, $sort: PetSort, $page: Int, $limit: Int
) {{ pets(species: $species, status: $status, filter: $filter, sort: $sort, page: $page, limit: $limit) {{
 {PET} }} }}"""
WALK_PETS: Final = f"""query (
 $filter: PetFilter, $sort: PetSort, $first: Int, $after: String, $last: Int, $before: String
) {{ petsConnection(filter: $filter, sort: $sort, first: $first, after: $after, last: $last, before: $before) {{
 totalCount nodes {{ {PET} }} edges {{ cursor node {{ name }} }} pageInfo {{ {PAGE_INFO} }} }} }}"""
GET_ORDER: Final = f"query ($id: ID!) {{ order(id: $id) {{ {ORDER} }} }}"
LIST_ORDERS: Final = f"""query ($filter: OrderFilter, $page: Int, $limit: Int = 10) {{
 orders(filter: $filter, page: $page, limit: $limit) {{ {ORDER} }} }}"""
WALK_ORDERS: Final = f"""query ($filter: OrderFilter, $first: Int = 10, $after: String) {{
 ordersConnection(filter: $filter, first: $first, after: $after) {{
 totalCount nodes {{ {ORDER} }} edges {{ cursor node {{ id }} }} pageInfo {{ {PAGE_INFO} }} }} }}"""
COUNT_PETS: Final = "{ inventory { available pending adopted total bySpecies { species count } } }"
GET_ME: Final = f"{{ me {{ {USER} }} }}"

CREATE_PET: Final = f"mutation ($input: CreatePetInput!) {{ createPet(input: $input) {{ pet {{ {PET} }} }} }}"
UPDATE_PET: Final = f"""mutation ($id: ID!, $input: UpdatePetInput!, $ifMatch: String) {{
 updatePet(id: $id, input: $input, ifMatch: $ifMatch) {{ pet {{ {PET} }} }} }}"""
DELETE_PET: Final = """mutation ($id: ID!, $ifMatch: String) {
 deletePet(id: $id, ifMatch: $ifMatch) { deletedPetId } }"""
CREATE_ORDER: Final = f"""mutation ($input: CreateOrderInput!) {{
 createOrder(input: $input) {{ isReplay order {{ {ORDER} }} }} }}"""
CANCEL_ORDER: Final = f"""mutation ($id: ID!, $ifMatch: String) {{
 cancelOrder(id: $id, ifMatch: $ifMatch) {{ order {{ {ORDER} }} }} }}"""
PAY_ORDER: Final = f"""mutation ($id: ID!, $input: PayOrderInput!) {{
 payOrder(id: $id, input: $input) {{ isReplay payment {{ {PAYMENT} }} order {{ {ORDER} }} }} }}"""
