-- What the seeds share: the shops (0 is the shared pool), ids, times and states that follow from a row's number and its
-- shop's, and each state's history.

CREATE TEMPORARY TABLE shop AS
SELECT * FROM unnest(%(shops)s::integer[], %(tenants)s::uuid[], %(shop_orders)s::bigint[], %(shop_pets)s::bigint[],
                     %(shop_customers)s::integer[]) AS s (number, id, orders, pets, customers);
ANALYZE shop;

CREATE FUNCTION pg_temp.seeded_id(kind integer, shop integer, number bigint, at timestamptz)
RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
            || '8' || lpad(to_hex(shop), 3, '0') || lpad(to_hex(number), 12, '0'))::uuid
$$;
CREATE FUNCTION pg_temp.seeded_at(number bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT timestamptz '2023-01-01 00:00:00Z' + number * interval '1 minute'
$$;
CREATE FUNCTION pg_temp.seeded_status(number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['PLACED', 'PLACED', 'APPROVED', 'SHIPPED', 'DELIVERED', 'DELIVERED', 'DELIVERED', 'DELIVERED',
                  'CANCELLED', 'CANCELLED'])[mod(number, 10) + 1]
$$;
CREATE FUNCTION pg_temp.pet_status(number bigint, orders bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN number > orders THEN %(stock_status)s
                ELSE CASE pg_temp.seeded_status(number)
                    WHEN 'DELIVERED' THEN 'ADOPTED' WHEN 'CANCELLED' THEN 'AVAILABLE' ELSE 'PENDING' END
           END
$$;
CREATE FUNCTION pg_temp.name_in_shop(name text, shop integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE shop WHEN 0 THEN name ELSE name || '-' || shop END
$$;
CREATE TEMPORARY TABLE step (status text, number integer, from_status text, to_status text);
INSERT INTO step VALUES
    ('PLACED', 1, '', 'PLACED'),
    ('APPROVED', 1, '', 'PLACED'), ('APPROVED', 2, 'PLACED', 'APPROVED'),
    ('SHIPPED', 1, '', 'PLACED'), ('SHIPPED', 2, 'PLACED', 'APPROVED'), ('SHIPPED', 3, 'APPROVED', 'SHIPPED'),
    ('DELIVERED', 1, '', 'PLACED'), ('DELIVERED', 2, 'PLACED', 'APPROVED'), ('DELIVERED', 3, 'APPROVED', 'SHIPPED'),
    ('DELIVERED', 4, 'SHIPPED', 'DELIVERED'),
    ('CANCELLED', 1, '', 'PLACED'), ('CANCELLED', 2, 'PLACED', 'CANCELLED');
