"""What the tests of the stores have in common."""

from pizzeria.order_store import Order, OrderStore

TTL_S, RETRY_S = 3600, 10


def read(store: OrderStore, order_id: str) -> Order:
    """Return an order that must be there."""
    order = store.get(order_id)
    assert order is not None
    return order
