"""The keys in Redis: one function returns each."""

# How many orders were placed; the braces keep both keys in one slot of a cluster.
PLACED_ORDERS = "{orders:open}:placed"
OPEN_ORDERS = "orders:open"  # the outbox: order id, scored by the time when the relay next checks it, ms since 1970


def order_key(order_id: str) -> str:
    """Return the key of an order, which is also the channel of its changes."""
    return f"order:{order_id}"


def reserve_key(order_id: str) -> str:
    """Return the key whose value reserves the memory that an order still needs; the braces are a cluster's hash tag."""
    return f"{{{order_key(order_id)}}}:reserved"


def idempotency_key(key: str) -> str:
    """Return the key that stores the order of an Idempotency-Key."""
    return f"idempotency:{key}"


def report_key(topping: str) -> str:
    """Return the key of a topping's counts."""
    return f"report:{topping}"


def seen_key(topping: str, order_id: str) -> str:
    """Return the key of the bitmap of an order's counted pizzas; the braces are a cluster's hash tag."""
    return f"{{{report_key(topping)}}}:seen:{order_id}"
