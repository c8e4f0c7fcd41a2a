"""The keys in Redis: one function makes each."""

OPEN_ORDERS = "orders:open"  # the relay's list: order id, scored by the time of its next look, ms since 1970


def order_key(order_id: str) -> str:
    """Return the key of an order, which is also the channel of its changes."""
    return f"order:{order_id}"


def reserve_key(order_id: str) -> str:
    """Return the key whose value takes the memory that an order will still need; the braces are Cluster's hash tag."""
    return f"{{{order_key(order_id)}}}:reserved"


def idempotency_key(key: str) -> str:
    """Return the key that remembers which order an Idempotency-Key stands for."""
    return f"idempotency:{key}"


def report_key(topping: str) -> str:
    """Return the key of a topping's counts."""
    return f"report:{topping}"


def seen_key(topping: str, order_id: str) -> str:
    """Return the key that remembers which pizzas of an order are counted; the braces are Redis Cluster's hash tag."""
    return f"{{{report_key(topping)}}}:seen:{order_id}"
