-- Back to the seeded rows: what a round of POST has written goes, its pets are for sale again.

DELETE FROM shop_pendingevent;
DELETE FROM shop_event WHERE created_at > %(last)s;
DELETE FROM shop_ordertransition WHERE created_at > %(last)s;
DELETE FROM shop_order WHERE created_at > %(last)s;
UPDATE shop_pet SET status = 'AVAILABLE' WHERE id > %(last_sold_pet)s AND status <> 'AVAILABLE';
