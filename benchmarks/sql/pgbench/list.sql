SELECT count(*) FROM shop_order WHERE tenant_id = '00000000-0000-0000-0000-000000000001';
SELECT id, pet_id, user_id, status, total_amount, currency, created_at, updated_at, tenant_id
FROM shop_order
WHERE tenant_id = '00000000-0000-0000-0000-000000000001'
ORDER BY created_at DESC, id DESC
LIMIT 20;
