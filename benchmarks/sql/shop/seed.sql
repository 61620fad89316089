-- The peers' rows: in each shop 1 staff member and its customers, orders with their pets, history and events.

INSERT INTO shop_tenant (id, name) SELECT id, 'Shop ' || number FROM shop;

INSERT INTO shop_user (id, tenant_id, username, password, first_name, last_name, email, is_staff, is_superuser,
                       is_active, date_joined)
SELECT pg_temp.seeded_id(1, s.number, n, pg_temp.seeded_at(0)), s.id,
       pg_temp.name_in_shop(CASE n WHEN 0 THEN %(staff)s ELSE %(customer)s || n END, s.number), %(peers_password)s,
       'First', 'Last', 'user' || n || '@example.com', n = 0, false, true, pg_temp.seeded_at(0)
FROM shop s, generate_series(0, s.customers) AS n;

INSERT INTO shop_pet (id, tenant_id, species, name, breed, age_months, size, color, gender, good_with_kids, price,
                      currency, description, status, spayed_neutered, vaccinated, microchipped, special_needs,
                      health_notes, created_at, updated_at)
SELECT pg_temp.seeded_id(2, s.number, n, pg_temp.seeded_at(n)), s.id,
       (ARRAY['DOG', 'CAT', 'RABBIT', 'BIRD'])[mod(n, 4) + 1], 'Pet ' || n, 'Mixed', mod(n / 7, 120), 'SMALL', 'brown',
       'UNKNOWN', true, 10 + mod(n, 990), 'USD', 'A friendly pet that looks for a home.',
       pg_temp.pet_status(n, s.orders), false, mod(n, 3) > 0, true, false, 'None known.',
       pg_temp.seeded_at(n), pg_temp.seeded_at(n)
FROM shop s, generate_series(1, s.orders + s.pets) AS n;

INSERT INTO shop_petphoto (pet_id, url)
SELECT pg_temp.seeded_id(2, s.number, n, pg_temp.seeded_at(n)), 'https://images.example.com/pets/' || n || '.webp'
FROM shop s, generate_series(1, s.orders) AS n
ORDER BY s.number, n;

INSERT INTO shop_order (id, tenant_id, pet_id, user_id, status, total_amount, currency, created_at, updated_at)
SELECT pg_temp.seeded_id(3, s.number, n, pg_temp.seeded_at(n)), s.id,
       pg_temp.seeded_id(2, s.number, n, pg_temp.seeded_at(n)),
       CASE WHEN mod(n, 2) = 1 THEN pg_temp.seeded_id(1, s.number, mod(n, s.customers) + 1, pg_temp.seeded_at(0)) END,
       pg_temp.seeded_status(n), 10 + mod(n, 990), 'USD', pg_temp.seeded_at(n), pg_temp.seeded_at(n)
FROM shop s, generate_series(1, s.orders) AS n;

INSERT INTO shop_ordertransition (id, order_id, from_status, to_status, actor_id, reason, created_at)
SELECT pg_temp.seeded_id(3 + step.number, s.number, n, pg_temp.seeded_at(n)),
       pg_temp.seeded_id(3, s.number, n, pg_temp.seeded_at(n)), from_status, to_status, NULL, '', pg_temp.seeded_at(n)
FROM shop s, generate_series(1, s.orders) AS n JOIN step ON status = pg_temp.seeded_status(n);

INSERT INTO shop_event (id, tenant_id, name, subject_id, actor_id, data, created_at)
SELECT pg_temp.seeded_id(8 + step.number, s.number, n, pg_temp.seeded_at(n)), s.id, 'order.statusChanged',
       pg_temp.seeded_id(3, s.number, n, pg_temp.seeded_at(n)), NULL,
       jsonb_build_object('previousStatus', nullif(from_status, ''), 'newStatus', to_status), pg_temp.seeded_at(n)
FROM shop s, generate_series(1, s.orders) AS n JOIN step ON status = pg_temp.seeded_status(n);
