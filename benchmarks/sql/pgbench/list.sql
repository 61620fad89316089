-- The orders of a customer who calls: how many, and the first page.
\set customer 10 * random(0, :customers / 10 - 1) + 2
SELECT count(*) FROM shop_order WHERE tenant_id = ('00000000-0000-7000-8000-' || lpad(to_hex(:shop::bigint), 12, '0'))::uuid AND user_id = (lpad(to_hex(1672531200000), 12, '0') || '70018' || lpad(to_hex(:shop::integer), 3, '0') || lpad(to_hex(:customer::bigint), 12, '0'))::uuid;
SELECT id, pet_id, user_id, status, total_amount, currency, created_at, updated_at, tenant_id
FROM shop_order
WHERE tenant_id = ('00000000-0000-7000-8000-' || lpad(to_hex(:shop::bigint), 12, '0'))::uuid AND user_id = (lpad(to_hex(1672531200000), 12, '0') || '70018' || lpad(to_hex(:shop::integer), 3, '0') || lpad(to_hex(:customer::bigint), 12, '0'))::uuid
ORDER BY created_at DESC, id DESC
LIMIT 20;
