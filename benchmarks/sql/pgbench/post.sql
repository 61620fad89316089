-- An order of a customer, in a transaction of five statements.
\set sold :sold + 1
\set number :orders + (:sold - 1) * :clients + :client_id + 1
\set customer 10 * random(0, :customers / 10 - 1) + 2
BEGIN;
UPDATE shop_pet SET status = 'PENDING', updated_at = now()
WHERE id = (lpad(to_hex(1672531200000 + :number::bigint * 60000), 12, '0') || '70028' || lpad(to_hex(:shop::integer), 3, '0') || lpad(to_hex(:number::bigint), 12, '0'))::uuid
  AND tenant_id = ('00000000-0000-7000-8000-' || lpad(to_hex(:shop::bigint), 12, '0'))::uuid AND status = 'AVAILABLE'
RETURNING id AS pet, price \gset
WITH placed AS (
    INSERT INTO shop_order (id, tenant_id, pet_id, user_id, status, total_amount, currency, created_at, updated_at)
    VALUES (gen_random_uuid(), ('00000000-0000-7000-8000-' || lpad(to_hex(:shop::bigint), 12, '0'))::uuid, :pet::uuid, (lpad(to_hex(1672531200000), 12, '0') || '70018' || lpad(to_hex(:shop::integer), 3, '0') || lpad(to_hex(:customer::bigint), 12, '0'))::uuid, 'PLACED', :price::numeric, 'USD', now(), now())
    RETURNING id, user_id
)
INSERT INTO shop_ordertransition (id, order_id, from_status, to_status, actor_id, reason, created_at)
SELECT gen_random_uuid(), id, '', 'PLACED', user_id, '', now() FROM placed
RETURNING order_id AS placed \gset
WITH recorded AS (
    INSERT INTO shop_event (id, tenant_id, name, subject_id, actor_id, data, created_at)
    VALUES (gen_random_uuid(), ('00000000-0000-7000-8000-' || lpad(to_hex(:shop::bigint), 12, '0'))::uuid, 'order.statusChanged', :placed::uuid, (lpad(to_hex(1672531200000), 12, '0') || '70018' || lpad(to_hex(:shop::integer), 3, '0') || lpad(to_hex(:customer::bigint), 12, '0'))::uuid,
            jsonb_build_object('order', :placed::text, 'previousStatus', NULL, 'newStatus', 'PLACED'), now())
    RETURNING id
)
INSERT INTO shop_pendingevent (event_id, due_at, attempts) SELECT id, now(), 0 FROM recorded;
COMMIT;
