-- Ids that follow from numbers, here and in pgbench's scripts (statements.py).

CREATE FUNCTION pg_temp.tenant_id(number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(number), 12, '0'))::uuid
$$;
CREATE FUNCTION pg_temp.row_id(kind integer, number bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(number + 1700000000000), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8000'
            || lpad(to_hex(number), 12, '0'))::uuid
$$;
CREATE FUNCTION pg_temp.seeded_at(number bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
    SELECT timestamptz '2023-01-01 00:00:00Z' + number * interval '1 minute'
$$;
