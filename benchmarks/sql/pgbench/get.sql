\set number 2 * random(1, :orders / 2)
SELECT id, pet_id, user_id, status, total_amount, currency, created_at, updated_at, tenant_id
FROM shop_order
WHERE id = (lpad(to_hex(1672531200000 + :number::bigint * 60000), 12, '0') || '70038000' || lpad(to_hex(:number::bigint), 12, '0'))::uuid
  AND tenant_id = '00000000-0000-0000-0000-000000000001';
