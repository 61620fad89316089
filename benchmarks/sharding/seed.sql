-- The tenants of one cluster: each has one customer, orders of the past, and pets for sale. Triggers are on.

INSERT INTO tenants_tenant (id, name, slug, status, access, created_at, updated_at)
SELECT pg_temp.tenant_id(n), 'Shop ' || n, 'shop-' || n, 'ACTIVE', 'OPEN', pg_temp.seeded_at(0), pg_temp.seeded_at(0)
FROM generate_series(%(first)s, %(first)s + %(count)s - 1) AS n;

INSERT INTO accounts_user (id, tenant_id, username, password, email, first_name, last_name, phone, newsletter,
                           notifications, role, status, token_version, version, created_at, updated_at)
SELECT pg_temp.row_id(1, n), pg_temp.tenant_id(n), 'customer', '!', 'customer@example.com', 'First', 'Last', '', false,
       true, 'CUSTOMER', 'ACTIVE', 1, 1, pg_temp.seeded_at(0), pg_temp.seeded_at(0)
FROM generate_series(%(first)s, %(first)s + %(count)s - 1) AS n;

INSERT INTO pets_pet (id, tenant_id, species, name, breed, age_months, size, color, gender, good_with_kids, price,
                      currency, description, status, is_held, spayed_neutered, vaccinated, microchipped, special_needs,
                      health_notes, version, created_at, updated_at)
SELECT pg_temp.row_id(2, n), pg_temp.tenant_id(%(first)s + mod(n, %(count)s)), 'DOG', 'Pet ' || n, '', mod(n, 120),
       'SMALL', '', 'UNKNOWN', true, 10 + mod(n, 990), 'USD', '', CASE WHEN n < %(orders)s THEN 'ADOPTED' ELSE 'AVAILABLE' END,
       false, true, true, true, false, '', 1, pg_temp.seeded_at(n), pg_temp.seeded_at(n)
FROM generate_series(0, %(orders)s + %(pets)s - 1) AS n;

INSERT INTO orders_order (id, tenant_id, pet_id, user_id, status, total_amount, currency, version, created_at,
                          updated_at)
SELECT pg_temp.row_id(3, n), pg_temp.tenant_id(%(first)s + mod(n, %(count)s)), pg_temp.row_id(2, n),
       pg_temp.row_id(1, %(first)s + mod(n, %(count)s)), 'DELIVERED', 10 + mod(n, 990), 'USD', 1,
       pg_temp.seeded_at(n), pg_temp.seeded_at(n)
FROM generate_series(0, %(orders)s - 1) AS n;
