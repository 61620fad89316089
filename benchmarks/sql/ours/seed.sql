-- The same rows as the peers', in our tables, and an admin. The migrations have made the shared pool and the groups,
-- the triggers keep the counts.

INSERT INTO tenants_tenant (id, name, slug, status, access, created_at, updated_at)
SELECT id, 'Shop ' || number, 'shop-' || number, 'ACTIVE', 'OPEN', pg_temp.seeded_at(0), pg_temp.seeded_at(0)
FROM shop WHERE number > 0;

INSERT INTO accounts_user (id, tenant_id, username, password, email, first_name, last_name, phone, newsletter,
                           notifications, role, status, token_version, version, created_at, updated_at)
SELECT pg_temp.seeded_id(1, s.number, n, pg_temp.seeded_at(0)), s.id,
       pg_temp.name_in_shop(CASE role WHEN 'STAFF' THEN %(staff)s WHEN 'ADMIN' THEN %(admin)s ELSE %(customer)s || n END,
                            s.number),
       %(password)s, 'user' || n || '@example.com', 'First', 'Last', '', false, true, role, 'ACTIVE', 1, 1,
       pg_temp.seeded_at(0), pg_temp.seeded_at(0)
FROM shop s, generate_series(0, s.customers + CASE s.number WHEN 0 THEN 1 ELSE 0 END) AS n,
     LATERAL (SELECT CASE WHEN n = 0 THEN 'STAFF' WHEN n > s.customers THEN 'ADMIN' ELSE 'CUSTOMER' END) AS r (role);

INSERT INTO accounts_membership (tenant_id, user_id, created_at)
SELECT id, pg_temp.seeded_id(1, number, 0, pg_temp.seeded_at(0)), pg_temp.seeded_at(0) FROM shop;

INSERT INTO accounts_user_groups (user_id, group_id)
SELECT u.id, g.id
FROM accounts_user u JOIN auth_group g ON (u.role, g.name) IN (('STAFF', 'Manager'), ('ADMIN', 'Admin'));

INSERT INTO pets_pet (id, tenant_id, species, name, breed, age_months, size, color, gender, good_with_kids, price,
                      currency, description, status, is_held, spayed_neutered, vaccinated, microchipped, special_needs,
                      health_notes, version, created_at, updated_at)
SELECT pg_temp.seeded_id(2, s.number, n, pg_temp.seeded_at(n)), s.id, (ARRAY['DOG', 'CAT', 'RABBIT', 'BIRD'])[mod(n, 4) + 1],
       'Pet ' || n, 'Mixed', mod(n / 7, 120), 'SMALL', 'brown', 'UNKNOWN', true, 10 + mod(n, 990), 'USD',
       'A friendly pet that looks for a home.', status, status = 'PENDING', false, mod(n, 3) > 0, true, false,
       'None known.', 1, pg_temp.seeded_at(n), pg_temp.seeded_at(n)
FROM shop s, generate_series(1, s.orders + s.pets) AS n, pg_temp.pet_status(n, s.orders) AS status;

INSERT INTO pets_petphoto (tenant_id, pet_id, file, url, created_at)
SELECT s.id, pg_temp.seeded_id(2, s.number, n, pg_temp.seeded_at(n)), '',
       'https://images.example.com/pets/' || n || '.webp', pg_temp.seeded_at(n)
FROM shop s, generate_series(1, s.orders) AS n
ORDER BY s.number, n;

INSERT INTO orders_order (id, tenant_id, pet_id, user_id, status, total_amount, currency, version, created_at,
                          updated_at)
SELECT pg_temp.seeded_id(3, s.number, n, pg_temp.seeded_at(n)), s.id, pg_temp.seeded_id(2, s.number, n, pg_temp.seeded_at(n)),
       CASE WHEN mod(n, 2) = 1 THEN pg_temp.seeded_id(1, s.number, mod(n, s.customers) + 1, pg_temp.seeded_at(0)) END,
       pg_temp.seeded_status(n), 10 + mod(n, 990), 'USD', 1, pg_temp.seeded_at(n), pg_temp.seeded_at(n)
FROM shop s, generate_series(1, s.orders) AS n;

INSERT INTO orders_ordertransition (tenant_id, order_id, from_status, to_status, by, reason, at)
SELECT s.id, pg_temp.seeded_id(3, s.number, n, pg_temp.seeded_at(n)), from_status, to_status, 'system', '',
       pg_temp.seeded_at(n)
FROM shop s, generate_series(1, s.orders) AS n JOIN step ON status = pg_temp.seeded_status(n)
ORDER BY s.number, n, step.number;

INSERT INTO events_auditevent (id, tenant_id, action, entity_type, entity_id, actor_id, details, ip_address, request_id,
                          created_at)
SELECT pg_temp.seeded_id(8 + step.number, s.number, n, pg_temp.seeded_at(n)), s.id,
       CASE to_status WHEN 'PLACED' THEN 'ORDER_CREATED' WHEN 'CANCELLED' THEN 'ORDER_CANCELLED'
            ELSE 'ORDER_STATUS_CHANGED' END,
       'ORDERS', pg_temp.seeded_id(3, s.number, n, pg_temp.seeded_at(n)), NULL,
       jsonb_build_object('previousStatus', nullif(from_status, ''), 'newStatus', to_status), NULL, '',
       pg_temp.seeded_at(n)
FROM shop s, generate_series(1, s.orders) AS n JOIN step ON status = pg_temp.seeded_status(n);

-- Who has approved orders has payments: on a table that is empty when the planner looks at it, it would rather read
-- every row than an index, until statistics come.
INSERT INTO payments_payment (id, tenant_id, order_id, amount, currency, source, status, gateway, reference,
                              failure_code, refund_attempt, refund_reference, attempts, version, created_at, updated_at,
                              settled_at)
SELECT pg_temp.seeded_id(4, s.number, n, pg_temp.seeded_at(n)), s.id, pg_temp.seeded_id(3, s.number, n, pg_temp.seeded_at(n)),
       10 + mod(n, 990), 'USD', jsonb_build_object('object', 'CARD', 'brand', 'VISA', 'last4', '4242'), 'SUCCEEDED',
       'sandbox', 'sandbox_' || n, '', 0, '', 1, 2, pg_temp.seeded_at(n), pg_temp.seeded_at(n), pg_temp.seeded_at(n)
FROM shop s, generate_series(1, s.orders) AS n
WHERE pg_temp.seeded_status(n) IN ('APPROVED', 'SHIPPED', 'DELIVERED');
