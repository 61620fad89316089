-- The peers' rows: 1 staff member and 100 customers, orders with their pets, history and events.

INSERT INTO shop_tenant (id, name) VALUES (%(pool)s, 'Shared pool');

INSERT INTO shop_user (id, tenant_id, username, password, first_name, last_name, email, is_staff, is_superuser,
                       is_active, date_joined)
SELECT pg_temp.seeded_id(1, n, pg_temp.seeded_at(0)), %(pool)s,
       CASE n WHEN 0 THEN %(staff)s ELSE %(customer)s || n END, %(password)s, 'First', 'Last',
       'user' || n || '@example.com', n = 0, false, true, pg_temp.seeded_at(0)
FROM generate_series(0, 100) AS n;

INSERT INTO shop_pet (id, tenant_id, species, name, age_months, price, currency, status, created_at, updated_at)
SELECT pg_temp.seeded_id(2, n, pg_temp.seeded_at(n)), %(pool)s, (ARRAY['DOG', 'CAT', 'RABBIT', 'BIRD'])[mod(n, 4) + 1],
       'Pet ' || n, mod(n, 120), 10 + mod(n, 990), 'USD',
       pg_temp.pet_status(n, %(orders)s),
       pg_temp.seeded_at(n), pg_temp.seeded_at(n)
FROM generate_series(1, %(orders)s + %(pets)s) AS n;

INSERT INTO shop_order (id, tenant_id, pet_id, user_id, status, total_amount, currency, created_at, updated_at)
SELECT pg_temp.seeded_id(3, n, pg_temp.seeded_at(n)), %(pool)s, pg_temp.seeded_id(2, n, pg_temp.seeded_at(n)),
       CASE WHEN mod(n, 2) = 1 THEN pg_temp.seeded_id(1, mod(n, 100) + 1, pg_temp.seeded_at(0)) END,
       pg_temp.seeded_status(n), 10 + mod(n, 990), 'USD', pg_temp.seeded_at(n), pg_temp.seeded_at(n)
FROM generate_series(1, %(orders)s) AS n;

INSERT INTO shop_ordertransition (id, order_id, from_status, to_status, actor_id, reason, created_at)
SELECT pg_temp.seeded_id(3 + step.number, n, pg_temp.seeded_at(n)), pg_temp.seeded_id(3, n, pg_temp.seeded_at(n)),
       from_status, to_status, NULL, '', pg_temp.seeded_at(n)
FROM generate_series(1, %(orders)s) AS n JOIN step ON status = pg_temp.seeded_status(n);

INSERT INTO shop_event (id, tenant_id, name, subject_id, actor_id, data, created_at)
SELECT pg_temp.seeded_id(8 + step.number, n, pg_temp.seeded_at(n)), %(pool)s, 'order.statusChanged',
       pg_temp.seeded_id(3, n, pg_temp.seeded_at(n)), NULL,
       jsonb_build_object('previousStatus', nullif(from_status, ''), 'newStatus', to_status), pg_temp.seeded_at(n)
FROM generate_series(1, %(orders)s) AS n JOIN step ON status = pg_temp.seeded_status(n);
