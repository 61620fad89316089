-- The tenant goes with the statement, in one pipeline.
-- An order of a customer who calls.
\set number 10 * random(0, :orders / 10 - 1) + 1
\startpipeline
SELECT set_config('petstore.tenant', ('00000000-0000-7000-8000-' || lpad(to_hex(:shop::bigint), 12, '0'))::uuid::text, true);
SELECT id, pet_id, user_id, status, total_amount, currency, created_at, updated_at, tenant_id
FROM shop_order
WHERE id = (lpad(to_hex(1672531200000 + :number::bigint * 60000), 12, '0') || '70038' || lpad(to_hex(:shop::integer), 3, '0') || lpad(to_hex(:number::bigint), 12, '0'))::uuid
  AND tenant_id = ('00000000-0000-7000-8000-' || lpad(to_hex(:shop::bigint), 12, '0'))::uuid;
\endpipeline
