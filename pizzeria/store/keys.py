"""The keys in Redis: one function returns each. Both keys of an order are in one slot of a cluster, whatever its id."""

import re

_TAG = re.compile(r"[^{]*\{([^}]+)\}")  # of a key: what a cluster hashes instead of all of it

# How many orders were placed; the braces keep both keys in one slot of a cluster.
PLACED_ORDERS = "{orders:open}:placed"
OPEN_ORDERS = "orders:open"  # the outbox: order id, scored by the time when the relay next checks it, ms since 1970


def order_key(order_id: str) -> str:
    """Return the key of an order, which is also the channel of its changes.

    It has the id as it is, but %7D for `}` if that closes no hash tag, for then no other key could be in its slot.
    """
    key = f"order:{order_id}"
    return key.replace("}", "%7D") if "}" in key and not _TAG.match(key) else key


def reserve_key(order_id: str) -> str:
    """Return the key whose value reserves the memory that an order still needs; the braces are a cluster's hash tag."""
    key = order_key(order_id)
    tag = _TAG.match(key)
    return f"{{{tag[1]}}}:{key}:reserved" if tag else f"{{{key}}}:reserved"


def idempotency_key(key: str) -> str:
    """Return the key that stores the order of an Idempotency-Key."""
    return f"idempotency:{key}"


def report_key(topping: str) -> str:
    """Return the key of a topping's counts."""
    return f"report:{topping}"


def seen_key(topping: str, order_id: str) -> str:
    """Return the key of the bitmap of an order's counted pizzas; the braces are a cluster's hash tag."""
    return f"{{{report_key(topping)}}}:seen:{order_id}"
