"""An order as the peers write it: a transaction of five plain, prepared statements, those of `sql/pgbench/post.sql`."""

from pathlib import Path

import psycopg

UPDATE = """UPDATE shop_pet SET status = 'PENDING', updated_at = now() WHERE id = %s AND status = 'AVAILABLE'
    RETURNING id, price"""
ORDER = """WITH placed AS (
        INSERT INTO shop_order (id, tenant_id, pet_id, user_id, status, total_amount, currency, created_at, updated_at)
        VALUES (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', %s, NULL, 'PLACED', %s, 'USD', now(), now())
        RETURNING id
    )
    INSERT INTO shop_ordertransition (id, order_id, from_status, to_status, reason, created_at)
    SELECT gen_random_uuid(), id, '', 'PLACED', '', now() FROM placed RETURNING order_id"""
EVENT = """WITH recorded AS (
        INSERT INTO shop_event (id, tenant_id, name, subject_id, data, created_at)
        VALUES (gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'order.statusChanged', %s,
                jsonb_build_object('order', %s::text, 'previousStatus', NULL, 'newStatus', 'PLACED'), now())
        RETURNING id
    )
    INSERT INTO shop_pendingevent (event_id, due_at, attempts) SELECT id, now(), 0 FROM recorded"""
AVAILABLE = "SELECT id FROM shop_pet WHERE status = 'AVAILABLE' ORDER BY id DESC"


class PlainOrders:
    """Places such orders in a database of the peers, on one connection."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, prepare_threshold=3)
        self._pets = [row[0] for row in self._connection.execute(AVAILABLE).fetchall()]
        self._usage = Path(f"/proc/{self._connection.info.backend_pid}/schedstat")

    def measure_next_order(self) -> float:
        """Place an order and return the µs of CPU that it took the backend."""
        before = int(self._usage.read_text().split()[0])
        self._place_next_order()
        return (int(self._usage.read_text().split()[0]) - before) / 1000

    def _place_next_order(self) -> None:
        execute = self._connection.execute
        execute("BEGIN")
        pet_id, price = execute(UPDATE, (self._pets.pop(),)).fetchone() or (None, None)
        (order_id,) = execute(ORDER, (pet_id, price)).fetchone() or (None,)
        execute(EVENT, (order_id, str(order_id)))
        execute("COMMIT")
