\set sold :sold + 1
\set number :orders + (:sold - 1) * :clients + :client_id + 1
BEGIN;
UPDATE shop_pet SET status = 'PENDING', updated_at = now()
WHERE id = (lpad(to_hex(1672531200000 + :number::bigint * 60000), 12, '0') || '70028000' || lpad(to_hex(:number::bigint), 12, '0'))::uuid
  AND status = 'AVAILABLE'
RETURNING id AS pet, price \gset
WITH placed AS (
    INSERT INTO shop_order (id, tenant_id, pet_id, user_id, status, total_amount, currency, created_at, updated_at)
    VALUES (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', :pet::uuid, NULL, 'PLACED', :price::numeric, 'USD', now(), now())
    RETURNING id
)
INSERT INTO shop_ordertransition (id, order_id, from_status, to_status, reason, created_at)
SELECT gen_random_uuid(), id, '', 'PLACED', '', now() FROM placed
RETURNING order_id AS placed \gset
WITH recorded AS (
    INSERT INTO shop_event (id, tenant_id, name, subject_id, data, created_at)
    VALUES (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'order.statusChanged', :placed::uuid,
            jsonb_build_object('order', :placed::text, 'previousStatus', NULL, 'newStatus', 'PLACED'), now())
    RETURNING id
)
INSERT INTO shop_pendingevent (event_id, due_at, attempts) SELECT id, now(), 0 FROM recorded;
COMMIT;
